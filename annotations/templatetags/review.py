"""Tags and filters of the pages."""

import json
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString

from annotations.display import Side, sentence_html
from annotations.escaping import escape
from annotations.keys import COMMANDS
from annotations.languages import get_language

register = template.Library()

EDGES = {command.name: command.words for command in COMMANDS if command.name.startswith(("start-", "end-"))}


@register.filter
def moment(seconds: float) -> datetime:
    """A time that is kept as seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


@register.simple_tag
def sentence(side: Side) -> SafeString:
    return sentence_html(side)


@register.simple_tag
def token_options(side: Side) -> SafeString:
    """The tokens as options of a <select>, numbered from 1 for people and from 0 for the form."""
    options = [
        f'<option value="{index}">{index + 1} {escape(token)}</option>'
        for index, token in enumerate(side.tokens())
    ]
    return SafeString("".join(options))  # the tokens are escaped


@register.simple_tag
def label_buttons(labels: list[dict], chosen: str) -> SafeString:
    """A button per label that sets it, or without a chosen label one that adds an entity."""
    return _label_buttons(translation.get_language(), tuple(tuple(label.items()) for label in labels), chosen)


@register.simple_tag
def edge_buttons(direction: str, keys: dict[str, str]) -> SafeString:
    return _edge_buttons(translation.get_language(), direction, tuple(keys[edge] for edge in EDGES))


# The same few fragments stand on every review page: each is rendered once per process.
@lru_cache(maxsize=4096)
def _label_buttons(interface_language: str, labels: tuple[tuple, ...], chosen: str) -> SafeString:
    context = {"labels": [dict(label) for label in labels], "chosen": chosen}
    return render_to_string("annotations/_label_buttons.html", context)


@lru_cache(maxsize=1024)
def _edge_buttons(interface_language: str, direction: str, keys: tuple[str, ...]) -> SafeString:
    commands = [
        {"name": name, "words": words, "key": key}
        for (name, words), key in zip(EDGES.items(), keys, strict=True)
    ]
    return render_to_string("annotations/_edge_buttons.html", {"direction": direction, "commands": commands})


@register.filter
def as_json(value: Any) -> str:
    """JSON for a data- attribute; the template escapes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@register.filter
def grouped(number: int) -> str:
    """12 345: thousands apart by a narrow no-break space, read alike in every language."""
    return f"{number:,}".replace(",", "\u202f")


@register.filter
def percent(part: int, whole: int) -> int:
    """Rounded down, so that 100 means all."""
    return 100 * part // whole if whole else 0


@register.filter
def language_name(tag: str) -> str:
    return get_language(tag).name


@register.filter
def get_key(keys: dict[str, str], name: str) -> str:
    """The key of a command as people write it."""
    return {"Enter": "⏎", "ArrowDown": "↓", "ArrowUp": "↑", "Escape": "Esc"}.get(keys[name], keys[name])


@register.filter
def language_direction(tag: str) -> str:
    return get_language(tag).direction

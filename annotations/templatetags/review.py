"""Tags and filters of the pages."""

import json
from typing import Any

from django import template
from django.utils.safestring import SafeString

from annotations.display import STATE_SIGNS, Side, sentence_html
from annotations.languages import get_language

register = template.Library()


@register.simple_tag
def sentence(side: Side) -> SafeString:
    return sentence_html(side)


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
def state_sign(state: str) -> str:
    return STATE_SIGNS[state]


@register.filter
def get_key(keys: dict[str, str], name: str) -> str:
    """The key of a command as people write it."""
    return {"Enter": "⏎", "ArrowDown": "↓", "ArrowUp": "↑", "Escape": "Esc"}.get(keys[name], keys[name])


@register.filter
def language_direction(tag: str) -> str:
    return get_language(tag).direction

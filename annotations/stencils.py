"""Templates that are rendered once for every shape they can have, and then only filled in.

A page of the review is a hundred small pieces of HTML, most of them the same on every page. A stencil is a
template rendered with holes in the place of what differs; filling them takes a fraction of rendering anew.

`shape` holds whatever the template decides by, hashable; `holes` what it only writes out, or asks whether it
is there at all. Both have the names that the template uses, with dots: {"pair.pk": 7}.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from functools import cached_property, lru_cache
from typing import Any

from django.template import Context
from django.template.loader import get_template
from django.utils.formats import localize
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from annotations.escaping import escape

_HOLE = re.compile(r"\x02([\w.]+)\x03")


class StencilMisused(Exception):
    """The template asks for a name that it was not given, or decides by what is a hole."""


class Fixed(dict):
    """A dictionary that nobody changes, for a shape."""

    @cached_property
    def _hash(self) -> int:
        return hash(tuple(self.items()))

    def __hash__(self) -> int:  # type: ignore[override]
        return self._hash


class Hole:
    """Stands for a value. Of what it is, the template may only ask whether it is empty."""

    def __init__(self, name: str, *, is_there: bool, misuses: list[str]) -> None:
        self.name, self.is_there, self.misuses = name, is_there, misuses

    def __str__(self) -> str:
        return f"\x02{self.name}\x03"

    __html__ = __str__

    def __bool__(self) -> bool:
        return self.is_there

    def __eq__(self, other: object) -> bool:
        if other != "NOTPROVIDED":  # which {% csrf_token %} asks
            self.misuses.append(f"{self.name} is compared with {other!r}")
        return False

    __hash__ = None  # type: ignore[assignment]

    def __getattr__(self, name: str) -> Any:
        self.misuses.append(f"{self.name}.{name}")
        raise AttributeError(name)


class Names:
    """What stands before the dot in `pair.pk`."""

    def __init__(self, path: str, values: dict[str, Any], misuses: list[str]) -> None:
        self.__dict__.update(values, _path=path, _misuses=misuses)

    def __getattr__(self, name: str) -> Any:
        self._misuses.append(f"{self._path}{name}")
        raise AttributeError(name)


class NamedContext(Context):
    """A context that notes what it is asked for and does not have."""

    misuses: list[str]

    def __getitem__(self, key: Any) -> Any:
        try:
            return super().__getitem__(key)
        except KeyError:
            self.misuses.append(key)
            raise


def fill(template: str, shape: Mapping[str, Hashable], holes: Mapping[str, Any]) -> SafeString:
    """The template with these values, in the active language. Raises StencilMisused."""
    there = tuple([(name, bool(value)) for name, value in holes.items()])
    pieces, names = _cut(template, get_language() or "", tuple(shape.items()), there)
    texts = {name: _text(holes[name]) for name in set(names)}
    filled = list(pieces)
    filled[1::2] = [texts[name] for name in names]
    return SafeString("".join(filled))  # the template's own escaping, and that of _text


def render_plainly(template: str, shape: Mapping[str, Hashable], holes: Mapping[str, Any]) -> SafeString:
    """What `fill` must come to, by the template alone."""
    return _render(template, {**shape, **holes}, [])


@lru_cache(maxsize=512)
def _cut(
    template: str, language: str, shape: tuple[tuple[str, Hashable], ...], there: tuple[tuple[str, bool], ...]
) -> tuple[list[str], list[str]]:
    """Text and holes in turn, with an empty text for each hole; and the names of the holes."""
    misuses: list[str] = []
    holes = {name: Hole(name, is_there=is_there, misuses=misuses) for name, is_there in there}
    rendered = _render(template, {**dict(shape), **holes}, misuses)
    if misuses:
        raise StencilMisused(f"{template}: {', '.join(sorted(set(misuses)))}")
    pieces = _HOLE.split(rendered)
    return [piece if n % 2 == 0 else "" for n, piece in enumerate(pieces)], pieces[1::2]


def _render(template: str, values: Mapping[str, Any], misuses: list[str]) -> SafeString:
    context = NamedContext(_tree(values, misuses))
    context.misuses = misuses
    return get_template(template).template.render(context)  # type: ignore[attr-defined]


def _tree(values: Mapping[str, Any], misuses: list[str], path: str = "") -> dict[str, Any]:
    """{"pair.pk": 7} as what a template finds under `pair`."""
    here: dict[str, Any] = {}
    below: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        first, dot, rest = name.partition(".")
        if dot:
            below.setdefault(first, {})[rest] = value
        else:
            here[first] = value
    for first, inner in below.items():
        here[first] = Names(f"{path}{first}.", _tree(inner, misuses, f"{path}{first}."), misuses)
    return here


def _text(value: Any) -> str:
    if type(value) is str:
        return escape(value)
    if isinstance(value, SafeString):
        return value
    return str(value) if type(value) is int else conditional_escape(localize(value))

"""Sentences as HTML: every token an element, entities around their tokens, in any direction."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from annotations.escaping import escape
from annotations.items import ACCEPTED, PENDING, REJECTED, Item
from annotations.languages import Language

SOURCE = "source"
STATE_NAMES = {
    PENDING: gettext_noop("suggested"),
    ACCEPTED: gettext_noop("accepted"),
    REJECTED: gettext_noop("rejected"),
}
STATE_SIGNS = {PENDING: "?", ACCEPTED: "✓", REJECTED: "✕"}
EXTRA_SIGN = "◇"


@dataclass(frozen=True, slots=True)
class Mark:
    """An entity drawn around tokens [start, end). state: an item's, or SOURCE; position: the item's.

    is_extra: suggested without a source entity.
    """

    start: int
    end: int
    label: str
    state: str
    hue: int
    position: int | None = None
    is_extra: bool = False

    @property
    def sign(self) -> str:
        return EXTRA_SIGN if self.is_extra else STATE_SIGNS[self.state]


@dataclass(frozen=True, slots=True)
class Side:
    """One sentence of a pair, ready to be shown."""

    name: str
    language: Language
    text: str
    offsets: Sequence[int]
    marks: Sequence[Mark]

    @property
    def n_tokens(self) -> int:
        return len(self.offsets) // 2

    @property
    def is_bidi(self) -> bool:
        """Whether letters run from right to left anywhere, so that every token must be isolated.

        Elsewhere isolation would only change line breaks, and leave the empty edge of a mark at a line's end.
        """
        return self.language.direction == "rtl" or (
            not self.text.isascii() and "rtl" in _strong_directions(self.text)
        )

    def tokens(self) -> list[str]:
        return [self.text[a:b] for a, b in zip(self.offsets[::2], self.offsets[1::2], strict=True)]


def marks_of(items: Sequence[Item], hues: dict[str, int]) -> list[Mark]:
    return [
        Mark(
            item.start,
            item.end,
            item.label,
            item.state,
            hues.get(item.label, 0),
            item.position,
            item.is_extra,
        )
        for item in items
        if item.start is not None and item.end is not None
    ]


def sentence_html(side: Side) -> SafeString:
    """The tokens of a sentence. No white space but the text's own stands between the elements.

    Entities that overlap cannot be drawn around each other: the first is, and the shared tokens of the others
    are marked as contested.
    """
    drawn, contested = _split_overlaps(side.marks)
    opening = {mark.start: mark for mark in drawn}
    closing = {mark.end: mark for mark in drawn}
    parts: list[str] = []
    previous_end = 0
    for index, token in enumerate(side.tokens()):
        start, end = side.offsets[2 * index], side.offsets[2 * index + 1]
        if index in closing:
            parts.append(_mark_end(closing[index]))
        if index and start > previous_end:
            parts.append(_gap(side.text[previous_end:start]))
        if index in opening:
            parts.append(_mark_start(opening[index]))
        direction = _own_direction(token, side.language.direction)
        parts.append(
            f'<span class="t{" contested" if index in contested else ""}" data-i="{index}"{direction}>'
            f"{escape(token)}</span>"
        )
        previous_end = end
    if side.n_tokens in closing:
        parts.append(_mark_end(closing[side.n_tokens]))
    return SafeString("".join(parts))  # every piece of text is escaped above


def _split_overlaps(marks: Sequence[Mark]) -> tuple[list[Mark], set[int]]:
    """The marks that can be drawn side by side, rejected ones last, and the tokens of the others."""
    drawn: list[Mark] = []
    taken: set[int] = set()
    contested: set[int] = set()
    for mark in sorted(marks, key=lambda mark: (mark.state == REJECTED, mark.start)):
        tokens = set(range(mark.start, mark.end))
        if not tokens & taken:
            drawn.append(mark)
            taken |= tokens
        elif mark.state != REJECTED:
            contested |= tokens & taken
    return drawn, contested


def _mark_start(mark: Mark) -> str:
    name = f"{mark.label}, {_(STATE_NAMES[mark.state])}" if mark.state in STATE_NAMES else mark.label
    item = "" if mark.position is None else f' data-position="{mark.position}"'
    state = f"{mark.state} extra" if mark.is_extra else mark.state
    return f'<span class="mark {state} hue-{mark.hue}"{item} role="group" aria-label="{escape(name)}">'


def _mark_end(mark: Mark) -> str:
    sign = "" if mark.position is None else f"<i>{mark.sign}</i>"
    return f'<span class="chip" aria-hidden="true">{sign}{escape(mark.label)}</span></span>'


def _gap(text: str) -> str:
    """What stands between two tokens: white space as one space, anything else as it is."""
    visible = text.strip()
    return f'<span class="between"> {escape(visible)} </span>' if visible else " "


def _own_direction(token: str, direction: str) -> str:
    """A dir attribute for a token whose first strong letter runs against its sentence."""
    if direction == "ltr" and token.isascii():
        return ""
    for strong in _strong_directions(token):
        return "" if strong == direction else f' dir="{strong}"'
    return ""


def _strong_directions(token: str) -> Iterator[str]:
    for character in token:
        match unicodedata.bidirectional(character):
            case "L":
                yield "ltr"
            case "R" | "AL":
                yield "rtl"

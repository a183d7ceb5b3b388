"""What a reviewer can do to one item, as pure functions from one snapshot to the next.

An edit travels as one word, perhaps with a value: `start-out`, `label:PER`, `pick:2`, `add:LOC`, `link`.
Edges are named in reading order: `start-out` takes in the word before, `end-out` the word after, whichever
side of the screen that is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _

from annotations.items import ACCEPTED, PENDING, REJECTED, Item


class EditRefused(Exception):
    """The edit does not fit the sentence or the other items; the message says why, to the reviewer.

    position: the item to look at.
    """

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message)
        self.position = position


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit as it was asked for.

    position: the item. first, last: selected target tokens, both included; of a link, the source and the
    target token.
    """

    verb: str
    value: str = ""
    position: int | None = None
    first: int | None = None
    last: int | None = None

    @property
    def word(self) -> str:
        if self.verb == "link":
            return f"link:{self.first}-{self.last}"
        return f"{self.verb}:{self.value}" if self.value else self.verb


@dataclass(frozen=True, slots=True)
class Sentence:
    """What an edit must fit: the target text with its token offsets, and the project's labels.

    suggestions: position -> spans by rank; rank 0 is the machine's choice, or None where it found nothing.
    source: the source sentence; links: how the machine aligned the two; entities: source spans by position.
    """

    text: str
    offsets: Sequence[int]
    labels: Sequence[str]
    suggestions: dict[int, dict[int, tuple[int, int] | None]] = field(default_factory=dict)
    source: Sentence | None = None
    links: set[tuple[int, int]] = field(default_factory=set)
    entities: dict[int, tuple[int, int]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.offsets) // 2

    def words(self, start: int | None, end: int | None) -> str:
        """The text of tokens [start, end), "" for no span."""
        if start is None or end is None:
            return ""
        return self.text[self.offsets[2 * start] : self.offsets[2 * end - 1]]


def _nudge(item: Item, edit: Edit, sentence: Sentence) -> Item:
    if item.start is None or item.end is None:
        raise EditRefused(_("This entity has no words yet: select some first."))
    by_start, by_end = {"start-out": (-1, 0), "start-in": (1, 0), "end-in": (0, -1), "end-out": (0, 1)}[
        edit.verb
    ]
    start, end = item.start + by_start, item.end + by_end
    if start < 0 or end > len(sentence):
        raise EditRefused(_("The sentence ends here."))
    if start >= end:
        raise EditRefused(_("One word is left. Reject the entity if it is wrong."))
    return replace(item, start=start, end=end, state=ACCEPTED)


def _label(item: Item, edit: Edit, sentence: Sentence) -> Item:
    state = item.state if item.is_missing else ACCEPTED
    return replace(item, label=known_label(edit, sentence), state=state)


def _pick(item: Item, edit: Edit, sentence: Sentence) -> Item:
    ranked = sentence.suggestions.get(item.position, {})
    rank = int(edit.value) if edit.value.isdecimal() else -1
    if rank not in ranked:
        raise EditRefused(_("There is no alternative %s.") % edit.value)
    span = ranked[rank]
    if span is None:
        return replace(item, start=None, end=None, state=PENDING)
    return replace(item, start=span[0], end=span[1], state=ACCEPTED)


def _place(item: Item, edit: Edit, sentence: Sentence) -> Item:
    """Give the item the selected words, and with place:LABEL its label too."""
    start, end = selected_words(edit)
    label = known_label(edit, sentence) if edit.value else item.label
    return replace(item, start=start, end=end, label=label, state=ACCEPTED)


def _accept(item: Item, edit: Edit, sentence: Sentence) -> Item:
    return replace(item, state=ACCEPTED)


def _reject(item: Item, edit: Edit, sentence: Sentence) -> Item:
    """Reject, or restore what was rejected: one key, both ways."""
    if item.state != REJECTED:
        return replace(item, state=REJECTED)
    return replace(item, state=ACCEPTED if item.has_span else PENDING)


def _none(item: Item, edit: Edit, sentence: Sentence) -> Item:
    if item.source_entity is None:
        raise EditRefused(_("An added entity has no source: reject it instead."))
    return replace(item, start=None, end=None, state=ACCEPTED)


VERBS: dict[str, Callable[[Item, Edit, Sentence], Item]] = {
    "start-out": _nudge,
    "start-in": _nudge,
    "end-in": _nudge,
    "end-out": _nudge,
    "label": _label,
    "pick": _pick,
    "place": _place,
    "accept": _accept,
    "reject": _reject,
    "none": _none,
}


def known_label(edit: Edit, sentence: Sentence) -> str:
    if edit.value not in sentence.labels:
        raise EditRefused(_("“%s” is not a label of this project.") % edit.value)
    return edit.value


def selected_words(edit: Edit) -> tuple[int, int]:
    if edit.first is None or edit.last is None:
        raise EditRefused(_("Select the words first."))
    return min(edit.first, edit.last), max(edit.first, edit.last) + 1

"""What a reviewer can do to one item, as pure functions from one snapshot to the next.

An edit travels as one word, perhaps with a value: `start-out`, `label:PER`, `pick:2`, `add:LOC`, `link`.
Edges are named in reading order: `start-out` takes in the word before, `end-out` the word after, whichever
side of the screen that is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _

from annotations.items import ACCEPTED, PENDING, REJECTED, Item, Snapshot, links_from


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


def apply_edit(before: Snapshot, edit: Edit, sentence: Sentence) -> Snapshot:
    """The review after the edit.

    Raises EditRefused when it does not fit: past the sentence, over another accepted item, unknown item.
    """
    if edit.verb == "link":
        return _link(before, edit, sentence)
    if edit.verb == "fill":
        return _fill(before, edit, sentence)
    if edit.verb == "reject-extras":
        return _reject_extras(before)
    if edit.verb == "add":
        item = _add(before, edit, sentence)
    elif edit.verb in VERBS:
        chosen = before.item(edit.position) if edit.position is not None else None
        if chosen is None:
            raise EditRefused(_("Choose an entity first."))
        item = VERBS[edit.verb](chosen, edit, sentence)
    else:
        raise EditRefused(_("There is no edit called “%s”.") % edit.verb)
    if before.status == "done" and item.state == PENDING:
        item = replace(item, state=ACCEPTED)  # a finished review has nothing pending
    if item.has_span or item.state != PENDING:
        item = replace(item, lost_words="")
    _check_fits(before, item, sentence)
    return before.with_item(item)


def accept_all(before: Snapshot, sentence: Sentence) -> Snapshot:
    """Everything pending is accepted. Raises EditRefused when two items would claim the same word."""
    for item in before.items:
        if item.lost_words and item.state == PENDING:
            raise EditRefused(
                _("“%s” is gone from the translation: choose its new words, or say that there are none.")
                % item.lost_words,
                item.position,
            )
    items = tuple(replace(item, state=ACCEPTED) if item.state == PENDING else item for item in before.items)
    after = replace(before, status="done", items=items)
    for item in items:
        _check_fits(after, item, sentence)
    return after


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
    return replace(item, label=_known_label(edit, sentence), state=state)


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
    start, end = _selection(edit)
    label = _known_label(edit, sentence) if edit.value else item.label
    return replace(item, start=start, end=end, label=label, state=ACCEPTED)


def _add(before: Snapshot, edit: Edit, sentence: Sentence) -> Item:
    start, end = _selection(edit)
    position = 1 + max((item.position for item in before.items), default=-1)
    return Item(position, ACCEPTED, start, end, _known_label(edit, sentence))


def _link(before: Snapshot, edit: Edit, sentence: Sentence) -> Snapshot:
    """Link two words, or take their link away: one edit, both ways."""
    if edit.first is None or edit.last is None:
        raise EditRefused(_("Choose a word of each sentence first."))
    n_source = len(sentence.source) if sentence.source else 0
    if edit.first >= n_source or edit.last >= len(sentence):
        raise EditRefused(_("There is no such word."))
    link = (edit.first, edit.last)
    added, removed = set(before.added_links), set(before.removed_links)
    if link in before.links(sentence.links):
        added.discard(link)
        removed |= {link} & sentence.links
    else:
        removed.discard(link)
        added |= {link} - sentence.links
    return replace(before, added_links=links_from(added), removed_links=links_from(removed))


def _fill(before: Snapshot, edit: Edit, sentence: Sentence) -> Snapshot:
    """Join the fragments of an entity, with what is between them: its linked words, or else the next item."""
    item = before.item(edit.position) if edit.position is not None else None
    if item is None:
        raise EditRefused(_("Choose an entity first."))
    start, end = joined_span(item, before, sentence) or (item.start, item.end)
    other = None
    if (start, end) == (item.start, item.end):
        other = nearest_fragment(item, before)
        if other is None or other.start is None or other.end is None:
            raise EditRefused(_("There is no other fragment to join."))
        if start is not None and end is not None:
            start, end = min(start, other.start), max(end, other.end)
    joined = replace(item, start=start, end=end, state=ACCEPTED)
    after = before.with_item(joined)
    if other is not None:
        after = after.with_item(replace(other, state=REJECTED))
    _check_fits(after, joined, sentence)
    return after


def _reject_extras(before: Snapshot) -> Snapshot:
    """Reject every pending suggestion that no source entity answers for."""
    items = tuple(replace(item, state=REJECTED) if item.is_extra else item for item in before.items)
    if items == before.items:
        raise EditRefused(_("No suggestion stands on the translation alone."))
    return replace(before, items=items)


def joined_span(item: Item, review: Snapshot, sentence: Sentence) -> tuple[int, int] | None:
    """From the first to the last word that is linked with the item's entity or is in its span."""
    first, last = sentence.entities.get(item.position, (0, 0))
    words = {j for i, j in review.links(sentence.links) if first <= i < last}
    if item.start is not None and item.end is not None:
        words |= {item.start, item.end - 1}
    return (min(words), max(words) + 1) if words else None


def nearest_fragment(item: Item, review: Snapshot) -> Item | None:
    """The item of the same label that stands nearest and is not rejected."""
    if item.start is None or item.end is None:
        return None
    others = [
        other
        for other in review.items
        if other.position != item.position and other.label == item.label and other.state != REJECTED
    ]
    gaps = [
        (max(other.start - item.end, item.start - other.end), other.position)
        for other in others
        if other.start is not None and other.end is not None
    ]
    return review.item(min(gaps)[1]) if gaps else None


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


def _known_label(edit: Edit, sentence: Sentence) -> str:
    if edit.value not in sentence.labels:
        raise EditRefused(_("“%s” is not a label of this project.") % edit.value)
    return edit.value


def _selection(edit: Edit) -> tuple[int, int]:
    if edit.first is None or edit.last is None:
        raise EditRefused(_("Select the words first."))
    return min(edit.first, edit.last), max(edit.first, edit.last) + 1


def _check_fits(review: Snapshot, item: Item, sentence: Sentence) -> None:
    if item.start is None or item.end is None:
        return
    if item.start < 0 or item.end > len(sentence):
        raise EditRefused(_("The sentence has only %s words.") % len(sentence))
    if item.state != ACCEPTED:
        return
    for other in review.items:
        if other.position != item.position and other.state == ACCEPTED and other.overlaps(item):
            raise EditRefused(
                _("“%(text)s” (%(label)s) holds a word of “%(own)s”: change or reject one of them.")
                % {
                    "text": sentence.words(other.start, other.end),
                    "label": other.label,
                    "own": sentence.words(item.start, item.end),
                },
                item.position,
            )

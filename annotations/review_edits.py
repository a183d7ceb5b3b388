"""What a reviewer can do to a whole review, as pure functions from one snapshot to the next.

`edits` holds what can be done to one of its items.
"""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext as _

from annotations.edits import VERBS, Edit, EditRefused, Sentence, known_label, selected_words
from annotations.items import ACCEPTED, PENDING, REJECTED, Item, Snapshot, links_from


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


def _add(before: Snapshot, edit: Edit, sentence: Sentence) -> Item:
    start, end = selected_words(edit)
    position = 1 + max((item.position for item in before.items), default=-1)
    return Item(position, ACCEPTED, start, end, known_label(edit, sentence))


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

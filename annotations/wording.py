"""How a sentence changes under review: a token split, tokens merged, a translation edited. Pure functions.

Only tokens move when a token is split or merged: the text stays as it was imported, to the code point.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.utils.translation import gettext as _

from annotations.edits import EditRefused
from annotations.items import ACCEPTED, PENDING, Item, Links, Snapshot
from annotations.tokens import tokenize

Range = tuple[int, int]
TokenMap = list[Range | None]  # old token -> the new tokens that it became, None where it is gone


@dataclass(frozen=True, slots=True)
class Wording:
    """One sentence: its text, and flat token offsets in code points."""

    text: str
    offsets: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.offsets) // 2

    def words(self, start: int, end: int) -> str:
        """The text of tokens [start, end)."""
        return self.text[self.offsets[2 * start] : self.offsets[2 * end - 1]]

    def tokens(self) -> list[str]:
        return [self.text[a:b] for a, b in zip(self.offsets[::2], self.offsets[1::2], strict=True)]


def split_token(before: Wording, index: int, part: str) -> Wording:
    """Cut token `index` in two, the first of which reads `part`. Raises EditRefused."""
    token = _token(before, index)
    if not part or part == token or not token.startswith(part):
        raise EditRefused(_("“%(token)s” cannot be cut after “%(part)s”.") % {"token": token, "part": part})
    cut = before.offsets[2 * index] + len(part)
    offsets = (*before.offsets[: 2 * index + 1], cut, cut, *before.offsets[2 * index + 1 :])
    return Wording(before.text, offsets)


def merge_tokens(before: Wording, first: int, last: int) -> Wording:
    """Make one token of tokens first..last, both included. Raises EditRefused across white space."""
    first, last = min(first, last), max(first, last)
    _token(before, last)
    if first == last:
        raise EditRefused(_("Choose two words that stand beside each other."))
    start, end = before.offsets[2 * first], before.offsets[2 * last + 1]
    if any(character.isspace() for character in before.text[start:end]):
        raise EditRefused(
            _(
                "Words with a space between them cannot become one. Where the translation has a space too "
                "many, edit the translation."
            )
        )
    return Wording(before.text, (*before.offsets[: 2 * first], start, end, *before.offsets[2 * last + 2 :]))


def rewrite(before: Wording, text: str, language: str) -> Wording:
    """Another text. What stands before and after the change keeps its tokens; only the rest is tokenised.

    Raises EditRefused when nothing is left, or nothing changed.
    """
    text = " ".join(text.split())
    if not text:
        raise EditRefused(_("A translation needs at least one word."))
    if text == before.text:
        raise EditRefused(_("The translation is as it was."))
    head = len(os.path.commonprefix([before.text, text]))
    longest_tail = min(len(before.text), len(text)) - head
    tail = min(len(os.path.commonprefix([before.text[::-1], text[::-1]])), longest_tail)
    left = [k for k in before.offsets if k < head]
    left = left[: len(left) // 2 * 2]
    moved = [k + len(text) - len(before.text) for k in before.offsets if k > len(before.text) - tail]
    right = moved[len(moved) % 2 :]
    begin, end = left[-1] if left else 0, right[0] if right else len(text)
    middle = [begin + k for k in tokenize(text[begin:end], language)]
    offsets = (*left, *middle, *right)
    if not offsets:
        raise EditRefused(_("A translation needs at least one word."))
    return Wording(text, offsets)


def token_map(before: Wording, after: Wording) -> TokenMap:
    """Where each token went: by place where the text is the same, else by the words that survive."""
    if before.text == after.text:
        return [_overlapping(after, *before.offsets[2 * k : 2 * k + 2]) for k in range(len(before))]
    mapping: TokenMap = [None] * len(before)
    matcher = SequenceMatcher(None, before.tokens(), after.tokens(), autojunk=False)
    for old, new, size in matcher.get_matching_blocks():
        for k in range(size):
            mapping[old + k] = (new + k, new + k + 1)
    return mapping


def map_span(span: Range, mapping: TokenMap) -> Range | None:
    """The span in the new tokens; None when one of its words is gone, or a new word came between them."""
    ranges = mapping[span[0] : span[1]]
    end = None
    for place in ranges:
        if place is None or (end is not None and place[0] > end):
            return None
        end = place[1]
    return (ranges[0][0], end) if ranges and ranges[0] and end is not None else None


def map_links(links: Links, side: str, mapping: TokenMap) -> Links:
    """Links in the new tokens of one side: a split word takes its links along to both parts."""
    moved = set()
    for i, j in links:
        place = mapping[i if side == "source" else j] or (0, 0)
        moved |= {(k, j) if side == "source" else (i, k) for k in range(*place)}
    return tuple(sorted(moved))


def map_snapshot(review: Snapshot, side: str, before: Wording, after: Wording) -> Snapshot:
    """A review in the new tokens of one side.

    Items whose words are gone are pending again, with the words they had. Raises EditRefused when two
    accepted items would share a token.
    """
    if before == after:
        return review
    mapping = token_map(before, after)
    items = review.items
    if side == "target":
        items = tuple(_map_item(item, mapping, before) for item in items)
        _check_apart(items, after)
    is_open = review.status == "done" and any(item.state == PENDING for item in items)
    return Snapshot(
        status="open" if is_open else review.status,
        is_flagged=review.is_flagged,
        note=review.note,
        items=items,
        added_links=map_links(review.added_links, side, mapping),
        removed_links=map_links(review.removed_links, side, mapping),
        text_version=review.text_version,
    )


def _map_item(item: Item, mapping: TokenMap, before: Wording) -> Item:
    if item.start is None or item.end is None:
        return item
    span = map_span((item.start, item.end), mapping)
    if span is not None:
        return item.moved(*span)
    return item.lost(before.words(item.start, item.end))


def _check_apart(items: Sequence[Item], after: Wording) -> None:
    accepted = sorted(
        (item.start, item.end) for item in items if item.state == ACCEPTED and item.start is not None
    )
    for (_start, end), (start, _end) in zip(accepted, accepted[1:], strict=False):
        if end is not None and start is not None and start < end:
            token = after.tokens()[start]
            raise EditRefused(_("“%s” would belong to two accepted entities.") % token)


def _token(wording: Wording, index: int) -> str:
    if not 0 <= index < len(wording):
        raise EditRefused(_("There is no such word."))
    return wording.tokens()[index]


def _overlapping(wording: Wording, start: int, end: int) -> Range | None:
    inside = [k for k in range(len(wording)) if _overlap(wording.offsets[2 * k : 2 * k + 2], start, end)]
    return (inside[0], inside[-1] + 1) if inside else None


def _overlap(place: Sequence[int], start: int, end: int) -> bool:
    return place[0] < end and start < place[1]

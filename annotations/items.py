"""A review as a value: its items and status, as they stand between two changes, and as history keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

PENDING, ACCEPTED, REJECTED = "pending", "accepted", "rejected"

Links = tuple[tuple[int, int], ...]  # (source token, target token)


@dataclass(frozen=True, slots=True)
class Item:
    """One entity under review; see ReviewItem. start and end are None where the target has no such span.

    lost_words: what it was, where an edit of the translation took the words and nobody has decided since.
    """

    position: int
    state: str
    start: int | None
    end: int | None
    label: str
    candidate: int | None = None
    source_entity: int | None = None
    lost_words: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "position": self.position,
            "state": self.state,
            "start": self.start,
            "end": self.end,
            "label": self.label,
            "candidate": self.candidate,
            "source_entity": self.source_entity,
            "lost_words": self.lost_words,
        }

    @property
    def has_span(self) -> bool:
        return self.start is not None

    @property
    def is_missing(self) -> bool:
        """The machine found no target for a source entity, and nobody has decided yet."""
        return self.start is None and self.state == PENDING

    @property
    def is_extra(self) -> bool:
        """A suggestion that stands on the target alone: a tagger saw it there."""
        return self.state == PENDING and self.candidate is not None and self.source_entity is None

    def moved(self, start: int, end: int) -> Item:
        return replace(self, start=start, end=end)

    def lost(self, words: str) -> Item:
        if self.state == REJECTED:
            return replace(self, start=None, end=None)
        return replace(self, start=None, end=None, state=PENDING, lost_words=words)

    def overlaps(self, other: Item) -> bool:
        if self.start is None or self.end is None or other.start is None or other.end is None:
            return False
        return self.start < other.end and other.start < self.end


def links_from(pairs: Iterable[Sequence[int]]) -> Links:
    """Links as JSON holds them, in order."""
    return tuple(sorted((i, j) for i, j in pairs))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A whole review at one version.

    added_links, removed_links: how the reviewer's alignment differs from the machine's, as sorted
    (source token, target token). text_version: of the pair, whose tokens all numbers count.
    adjudicates: it decides in the place of the pair's other reviews.
    """

    status: str
    is_flagged: bool
    note: str
    items: tuple[Item, ...]
    added_links: Links = ()
    removed_links: Links = ()
    text_version: int = 0
    adjudicates: bool = False

    def to_json(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "is_flagged": self.is_flagged,
            "note": self.note,
            "items": [item.to_json() for item in self.items],
            "added_links": list(self.added_links),
            "removed_links": list(self.removed_links),
            "text_version": self.text_version,
            "adjudicates": self.adjudicates,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Snapshot:
        return cls(
            status=data["status"],
            is_flagged=data["is_flagged"],
            note=data["note"],
            items=tuple(Item(**item) for item in data["items"]),
            added_links=links_from(data.get("added_links", ())),
            removed_links=links_from(data.get("removed_links", ())),
            text_version=data.get("text_version", 0),
            adjudicates=data.get("adjudicates", False),
        )

    def decides_as(self, other: Snapshot) -> bool:
        """Whether both say the same, wherever their suggestions came from."""

        def bare(snapshot: Snapshot) -> tuple[Item, ...]:
            return tuple(replace(item, candidate=None, source_entity=None) for item in snapshot.items)

        return replace(self, items=bare(self), text_version=0) == replace(
            other, items=bare(other), text_version=0
        )

    def item(self, position: int) -> Item | None:
        return next((item for item in self.items if item.position == position), None)

    def links(self, machine: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
        """The alignment as the reviewer sees it."""
        return set(machine) - set(self.removed_links) | set(self.added_links)

    def with_item(self, changed: Item) -> Snapshot:
        """The same review with one item changed, or added at the end."""
        if self.item(changed.position) is None:
            return replace(self, items=(*self.items, changed))
        return replace(
            self, items=tuple(changed if item.position == changed.position else item for item in self.items)
        )

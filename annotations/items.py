"""A review as a value: its items and status, as they stand between two changes, and as history keeps them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

PENDING, ACCEPTED, REJECTED = "pending", "accepted", "rejected"


@dataclass(frozen=True, slots=True)
class Item:
    """One entity under review; see ReviewItem. start and end are None where the target has no such span."""

    position: int
    state: str
    start: int | None
    end: int | None
    label: str
    candidate: int | None = None
    source_entity: int | None = None

    @property
    def has_span(self) -> bool:
        return self.start is not None

    @property
    def is_missing(self) -> bool:
        """The machine found no target for a source entity, and nobody has decided yet."""
        return self.start is None and self.state == PENDING

    def overlaps(self, other: Item) -> bool:
        if self.start is None or self.end is None or other.start is None or other.end is None:
            return False
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A whole review at one version. adjudicates: it decides in the place of the pair's other reviews."""

    status: str
    is_flagged: bool
    note: str
    items: tuple[Item, ...]
    adjudicates: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Snapshot:
        items = tuple(Item(**item) for item in data["items"])
        return cls(
            status=data["status"],
            is_flagged=data["is_flagged"],
            note=data["note"],
            items=items,
            adjudicates=data.get("adjudicates", False),
        )

    def decides_as(self, other: Snapshot) -> bool:
        """Whether both say the same, wherever their suggestions came from."""

        def bare(snapshot: Snapshot) -> tuple[Item, ...]:
            return tuple(replace(item, candidate=None, source_entity=None) for item in snapshot.items)

        return replace(self, items=bare(self)) == replace(other, items=bare(other))

    def item(self, position: int) -> Item | None:
        return next((item for item in self.items if item.position == position), None)

    def with_item(self, changed: Item) -> Snapshot:
        """The same review with one item changed, or added at the end."""
        if self.item(changed.position) is None:
            return replace(self, items=(*self.items, changed))
        return replace(
            self, items=tuple(changed if item.position == changed.position else item for item in self.items)
        )

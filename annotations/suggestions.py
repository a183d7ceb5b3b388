"""What the machine suggests for a pair, as items to review."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

from annotations.items import PENDING, Item
from annotations.models import Candidate, SourceEntity

Spans = dict[int, tuple[int, int] | None]


def find_candidates(pair_id: int, run_id: int | None) -> QuerySet[Candidate]:
    """A run's candidates of one pair, in the order of the source, then by rank."""
    candidates = Candidate.objects.filter(pair=pair_id, run=run_id) if run_id else Candidate.objects.none()
    return candidates.order_by("source_entity__start", "rank", "start")


def seed_items(pair_id: int, run_id: int | None, candidates: Iterable[Candidate]) -> tuple[Item, ...]:
    """The items that a review of these candidates starts from: every first choice, pending.

    A pair that no run has looked at asks for the target of every imported source entity.
    """
    if run_id is None:
        entities = SourceEntity.objects.filter(pair=pair_id, run=None).order_by("start")
        return tuple(
            Item(position, PENDING, None, None, entity.label, None, entity.pk)
            for position, entity in enumerate(entities)
        )
    chosen = [candidate for candidate in candidates if candidate.rank == 0]
    return tuple(
        Item(position, PENDING, c.start, c.end, c.label, c.pk, c.source_entity_id)
        for position, c in enumerate(chosen)
    )


def suggested_spans(items: Iterable[Item], candidates: Iterable[Candidate]) -> dict[int, Spans]:
    """Item position -> rank -> span, for the items that came from a source entity."""
    spans: dict[int | None, Spans] = {}
    for candidate in candidates:
        ranked = spans.setdefault(candidate.source_entity_id, {})
        if candidate.start is None or candidate.end is None:
            ranked[candidate.rank] = None
        else:
            ranked[candidate.rank] = (candidate.start, candidate.end)
    return {item.position: spans.get(item.source_entity, {}) for item in items if item.source_entity}


def source_spans(items: Iterable[Item]) -> dict[int, tuple[int, int]]:
    """Item position -> source tokens of its entity."""
    positions = {item.source_entity: item.position for item in items if item.source_entity}
    entities = SourceEntity.objects.filter(pk__in=positions).values_list("pk", "start", "end")
    return {positions[pk]: (start, end) for pk, start, end in entities}

"""From solved tables to Projection values: alternatives, confidence, margin, reason."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import numpy as np

from workers.project import Projection
from workers.project.batch import FlatBatch, Floats
from workers.project.solver import Solution
from workers.project.spantable import SpanTable
from workers.spans import ScoredSpan, Span

MAX_ALTERNATIVES = 9


def build_projections(
    flat: FlatBatch,
    table: SpanTable,
    solution: Solution,
    confidence: Floats,
    reasons: Sequence[str],
    null_score: float = 0.0,
) -> list[list[Projection]]:
    """One list per sentence, one Projection per entity.

    confidence, reasons: one per entity. A margin without anything to compare with is reported as 0.
    """
    with collector_paused():
        return _build(flat, table, solution, confidence, reasons, null_score)


@contextmanager
def collector_paused() -> Iterator[None]:
    """No search for cyclic garbage meanwhile: many small objects that make no cycles would start it often."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _build(
    flat: FlatBatch,
    table: SpanTable,
    solution: Solution,
    confidence: Floats,
    reasons: Sequence[str],
    null_score: float,
) -> list[list[Projection]]:
    projections: list[list[Projection]] = [[] for _ in flat.inputs]
    starts, ends, scores = table.start.tolist(), table.end.tolist(), table.score.tolist()
    first, rows = table.first.tolist(), solution.row.tolist()
    margins = np.where(np.isfinite(solution.margin), solution.margin, 0.0).tolist()
    confidences = np.clip(confidence, 0.0, 1.0).tolist()
    make = partial(tuple.__new__, ScoredSpan)  # ScoredSpan(*values) without a Python call for each
    place = 0
    for number, item in enumerate(flat.inputs):
        for entity in item.entities:
            row = rows[place]
            best = slice(first[place], min(first[place + 1], first[place] + MAX_ALTERNATIVES + 1))
            ranked = list(map(make, zip(starts[best], ends[best], scores[best], strict=True)))
            if best.start <= row < best.stop:
                del ranked[row - best.start]
            projections[number].append(
                Projection(
                    entity=entity,
                    span=Span(starts[row], ends[row]) if row >= 0 else None,
                    score=scores[row] if row >= 0 else null_score,
                    confidence=confidences[place],
                    margin=margins[place],
                    alternatives=tuple(ranked[:MAX_ALTERNATIVES]),
                    reason=reasons[place],
                )
            )
            place += 1
    return projections

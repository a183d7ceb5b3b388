"""Candidate spans of a whole batch in one table, and how pins and vetoes change it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workers.project.batch import FlatBatch, Floats, Ints


@dataclass(frozen=True, slots=True)
class SpanTable:
    """Candidate target spans, sorted by entity, then best score, then longest, then leftmost.

    entity, start, end, score: (rows,) arrays; first: (entities + 1,) where each entity's rows begin.
    A score above 0 is worth projecting; leaving the entity without a span scores 0.
    """

    entity: Ints
    start: Ints
    end: Ints
    score: Floats
    first: Ints

    @property
    def n_entities(self) -> int:
        return len(self.first) - 1

    def best(self) -> tuple[Ints, Floats]:
        """Row of each entity's best span (-1 where there is none) and its score (-inf there)."""
        rows = np.where(self.first[1:] > self.first[:-1], self.first[:-1], -1)
        return rows, np.where(rows >= 0, self.at(rows)[2], -np.inf)

    def at(self, rows: Ints) -> tuple[Ints, Ints, Floats]:
        """Start, end and score of some rows; (0, 0, 0.0) where the row is -1."""
        if not len(self.score):
            return np.zeros_like(rows), np.zeros_like(rows), np.zeros(len(rows))
        there = rows >= 0
        start, end = np.where(there, self.start[rows], 0), np.where(there, self.end[rows], 0)
        return start, end, np.where(there, self.score[rows], 0.0)


def window_spans(low: Ints, high: Ints, max_length: Ints) -> tuple[Ints, Ints, Ints]:
    """Every span [start, end) inside each window [low, high) of at most max_length words.

    low, high, max_length: (entities,). Returns (entity, start, end), each (rows,), grouped by entity.
    """
    width = np.maximum(high - low, 0)
    entity = np.repeat(np.arange(len(low)), width)
    start = np.arange(len(entity)) - np.repeat(np.cumsum(width) - width, width) + low[entity]
    lengths = np.minimum(high[entity] - start, max_length[entity])
    row = np.repeat(np.arange(len(entity)), lengths)
    size = np.arange(len(row)) - np.repeat(np.cumsum(lengths) - lengths, lengths) + 1
    return entity[row], start[row], start[row] + size


def build_table(
    n_entities: int, entity: Ints, start: Ints, end: Ints, score: Floats, *, keep_best: int
) -> SpanTable:
    """Sort candidate rows into a table and keep each entity's `keep_best` best."""
    order = np.lexsort((start, start - end, -np.round(score, 9), entity))
    entity = entity[order]
    counts = np.bincount(entity, minlength=n_entities)
    rank = np.arange(len(entity)) - np.repeat(np.cumsum(counts) - counts, counts)
    kept = order[rank < keep_best]
    first = np.concatenate([[0], np.cumsum(np.minimum(counts, keep_best))])
    return SpanTable(entity[rank < keep_best], start[kept], end[kept], score[kept], first)


def apply_reviews(table: SpanTable, flat: FlatBatch) -> SpanTable:
    """Drop what reviewers refused, and leave a pinned entity its pin as the only span, in nobody's way."""
    if not any(item.pins or item.vetoes for item in flat.inputs):
        return table
    keep: NDArray[np.bool_] = np.ones(len(table.entity), dtype=bool)
    pinned: list[tuple[int, int, int, float]] = []
    first_entity = np.searchsorted(flat.sentence, np.arange(len(flat.inputs)))
    row_sentence = flat.sentence[table.entity]
    for number, item in enumerate(flat.inputs):
        for index, spans in item.vetoes.items():
            for span in spans:
                keep &= ~(
                    (table.entity == first_entity[number] + index)
                    & (table.start == span.start)
                    & (table.end == span.end)
                )
        for index, span in item.pins.items():
            entity = int(first_entity[number]) + index
            mine = table.entity == entity
            same = mine & (table.start == span.start) & (table.end == span.end)
            score = float(table.score[same][0]) if same.any() else 0.0
            overlaps = (row_sentence == number) & (table.start < span.end) & (span.start < table.end)
            keep &= ~(mine | overlaps)
            pinned.append((entity, span.start, span.end, score))
    added = np.array(pinned, dtype=np.float64).reshape(-1, 4)
    return build_table(
        table.n_entities,
        np.concatenate([table.entity[keep], added[:, 0].astype(np.int64)]),
        np.concatenate([table.start[keep], added[:, 1].astype(np.int64)]),
        np.concatenate([table.end[keep], added[:, 2].astype(np.int64)]),
        np.concatenate([table.score[keep], added[:, 3]]),
        keep_best=len(table.entity) + 1,
    )


def pinned_entities(flat: FlatBatch) -> NDArray[np.bool_]:
    """(entities,) True where a reviewer fixed the span."""
    pinned = np.zeros(flat.n_entities, dtype=bool)
    first_entity = np.searchsorted(flat.sentence, np.arange(len(flat.inputs)))
    for number, item in enumerate(flat.inputs):
        for index in item.pins:
            pinned[first_entity[number] + index] = True
    return pinned

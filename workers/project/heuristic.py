"""Word-to-word projection: an entity's linked target words, joined over small gaps, filtered by length."""

import unicodedata
from collections.abc import Sequence

import numpy as np

from workers.project import Projection, ProjectionInput
from workers.project.batch import FlatBatch, Floats, Ints, flatten_batch
from workers.project.candidates import ngram_scores
from workers.project.confidence import evidence_confidence
from workers.project.evidence import find_reasons, gather_evidence
from workers.project.results import build_projections
from workers.project.solver import Solution
from workers.project.spantable import SpanTable, apply_reviews, build_table, pinned_entities

PRESETS: dict[str, dict[str, float | bool]] = {
    "enhanced": {"gap": 1, "min_ratio": 0.8, "drop_punctuation": False, "join_same_label": False},
    "original": {"gap": 1, "min_ratio": 0.0, "drop_punctuation": True, "join_same_label": True},
}


class WordToWord:
    """The longest run of target words linked to an entity.

    preset: "enhanced" is Politov et al. (2025), "original" is Garcia-Ferrero et al. (2022) as described
        (not as coded); every other option overrides the preset's value.
    gap: runs with at most this many words between them are joined. min_ratio: a run must have more than
        min_ratio x entity words. drop_punctuation: links to words of punctuation only are ignored.
    join_same_label: overlapping spans of one label become one span, kept by the first entity. Spans that
        overlap otherwise leave the longer one (the later of two equal ones).
    """

    name = "word-to-word"

    def __init__(
        self,
        *,
        preset: str = "enhanced",
        gap: int | None = None,
        min_ratio: float | None = None,
        drop_punctuation: bool | None = None,
        join_same_label: bool | None = None,
    ) -> None:
        if preset not in PRESETS:
            raise ValueError(f"unknown preset {preset!r}; known: {', '.join(PRESETS)}")
        values = PRESETS[preset]
        self.gap = int(values["gap"] if gap is None else gap)
        self.min_ratio = float(values["min_ratio"] if min_ratio is None else min_ratio)
        self.drop_punctuation = bool(
            values["drop_punctuation"] if drop_punctuation is None else drop_punctuation
        )
        self.join_same_label = bool(values["join_same_label"] if join_same_label is None else join_same_label)
        if self.gap < 0 or self.min_ratio < 0:
            raise ValueError(f"gap {self.gap} and min_ratio {self.min_ratio} must not be negative")

    @property
    def signature(self) -> str:
        return (
            f"{self.name}|gap:{self.gap}|ratio:{self.min_ratio:g}"
            f"|punctuation:{'drop' if self.drop_punctuation else 'keep'}"
            f"|same-label:{'join' if self.join_same_label else 'longest'}|v1"
        )

    def project(self, batch: Sequence[ProjectionInput]) -> list[list[Projection]]:
        flat = flatten_batch(batch)
        spans: list[tuple[int, int] | None] = [None] * flat.n_entities
        for entity, words in _linked_words(flat):
            runs = join_runs(self._content_words(flat, entity, words), self.gap)
            long_enough = [run for run in runs if run[1] - run[0] > self.min_ratio * flat.length[entity]]
            if long_enough:
                spans[entity] = max(long_enough, key=lambda run: (run[1] - run[0], -run[0]))
        wanted = list(spans)
        self._review(flat, spans)
        self._settle_overlaps(flat, spans)
        return _report(flat, spans, wanted)

    def _content_words(self, flat: FlatBatch, entity: int, words: list[int]) -> list[int]:
        if not self.drop_punctuation:
            return words
        tokens = flat.inputs[int(flat.sentence[entity])].target_tokens
        return [word for word in words if not _is_punctuation(tokens[word])]

    def _review(self, flat: FlatBatch, spans: list[tuple[int, int] | None]) -> None:
        """Put pins in place; drop refused spans and what overlaps a pin."""
        first = np.searchsorted(flat.sentence, np.arange(len(flat.inputs))).tolist()
        for number, item in enumerate(flat.inputs):
            for index, refused in item.vetoes.items():
                span = spans[first[number] + index]
                if span is not None and any(span == (veto.start, veto.end) for veto in refused):
                    spans[first[number] + index] = None
            for index, pin in item.pins.items():
                for other in range(first[number], first[number] + len(item.entities)):
                    span = spans[other]
                    if span is not None and span[0] < pin.end and pin.start < span[1]:
                        spans[other] = None
                spans[first[number] + index] = (pin.start, pin.end)

    def _settle_overlaps(self, flat: FlatBatch, spans: list[tuple[int, int] | None]) -> None:
        place = 0
        for item in flat.inputs:
            entities = range(place, place + len(item.entities))
            place += len(item.entities)
            for one in entities:
                for other in entities[one - entities.start + 1 :]:
                    kept, dropped = spans[one], spans[other]
                    if kept is None or dropped is None or kept[1] <= dropped[0] or dropped[1] <= kept[0]:
                        continue
                    label = item.entities[one - entities.start].label
                    if self.join_same_label and label == item.entities[other - entities.start].label:
                        spans[one] = (min(kept[0], dropped[0]), max(kept[1], dropped[1]))
                        spans[other] = None
                    elif kept[1] - kept[0] > dropped[1] - dropped[0]:
                        spans[other] = None
                    else:
                        spans[one] = None


def join_runs(words: Sequence[int], gap: int) -> list[tuple[int, int]]:
    """Half-open runs of sorted word positions, joined where at most `gap` words lie between them."""
    runs: list[tuple[int, int]] = []
    for word in words:
        if runs and word - runs[-1][1] <= gap:
            runs[-1] = (runs[-1][0], word + 1)
        else:
            runs.append((word, word + 1))
    return runs


def _linked_words(flat: FlatBatch) -> list[tuple[int, list[int]]]:
    """(entity, its linked target words, sorted, each once) for every entity with links."""
    if not len(flat.link_entity):
        return []
    width = int(flat.n_target.max())
    cells = np.unique(flat.link_entity * width + flat.link_target)
    entities, first = np.unique(cells // width, return_index=True)
    words = np.split(cells % width, first[1:])
    return [(int(entity), part.tolist()) for entity, part in zip(entities, words, strict=True)]


def _is_punctuation(token: str) -> bool:
    return all(unicodedata.category(character)[0] in "PS" for character in token)


def _report(
    flat: FlatBatch, spans: list[tuple[int, int] | None], wanted: list[tuple[int, int] | None]
) -> list[list[Projection]]:
    """Describe the outcome; the alternatives are the n-gram candidates by their linked words."""
    start = np.array([span[0] if span else 0 for span in spans], dtype=np.int64)
    end = np.array([span[1] if span else 0 for span in spans], dtype=np.int64)
    table, row = _with_chosen(flat, start, end)
    margin = np.maximum(table.at(row)[2] - _second_score(table, row), 0.0)
    pinned = pinned_entities(flat)
    collided = np.array(
        [was is not None and now is None for was, now in zip(wanted, spans, strict=True)], bool
    )
    evidence = gather_evidence(flat, start, end)
    confidence = np.where(pinned, 1.0, evidence_confidence(flat, evidence, margin, collided))
    reasons = find_reasons(flat, evidence, confidence, collided, margin)
    solution = Solution(row, margin, collided, np.ones(len(row), dtype=bool))
    return build_projections(flat, table, solution, confidence, reasons)


def _with_chosen(flat: FlatBatch, start: Ints, end: Ints) -> tuple[SpanTable, Ints]:
    """The n-gram table with every chosen span in it, and the row of each chosen span."""
    entity, starts, ends, scores = ngram_scores(flat, score="words")
    chosen = np.flatnonzero(end > start)
    known = (starts == start[entity]) & (ends == end[entity])
    missing = chosen[~np.isin(chosen, entity[known])]
    table = build_table(
        flat.n_entities,
        np.concatenate([entity, missing]),
        np.concatenate([starts, start[missing]]),
        np.concatenate([ends, end[missing]]),
        np.concatenate([scores, np.zeros(len(missing))]),
        keep_best=len(entity) + len(missing),
    )
    table = apply_reviews(table, flat)
    match = np.flatnonzero((table.start == start[table.entity]) & (table.end == end[table.entity]))
    row = np.full(flat.n_entities, -1, dtype=np.int64)
    row[table.entity[match]] = match
    return table, row


def _second_score(table: SpanTable, row: Ints) -> Floats:
    """Best score of each entity's other rows, 0 where there are none."""
    best_row, best_score = table.best()
    second = np.zeros(len(row))
    others = np.flatnonzero(best_row != row)
    second[others] = np.maximum(best_score[others], 0.0)
    chosen_first = np.flatnonzero((best_row == row) & (row >= 0))
    following = best_row[chosen_first] + 1
    has_next = following < table.first[chosen_first + 1]
    second[chosen_first[has_next]] = table.score[following[has_next]]
    return second

"""Candidate matching by alignment score: every target n-gram near the links is a candidate."""

from collections.abc import Sequence

import numpy as np

from workers.project import Projection, ProjectionInput
from workers.project.batch import FlatBatch, Floats, Ints, flatten_batch
from workers.project.confidence import evidence_confidence
from workers.project.evidence import find_reasons, gather_evidence
from workers.project.results import build_projections
from workers.project.solver import SOLVERS, solve
from workers.project.spantable import SpanTable, apply_reviews, build_table, pinned_entities, window_spans

SCORES = ("pairs", "words")
KEEP_BEST = 30


class NgramCandidates:
    """All target spans between an entity's first and last linked word, scored by their links.

    score: "pairs" is 2 x links between entity and span / (entity words + span words), the published score,
        which passes 1 with many-to-many links; "words" counts the words linked on each side instead of the
        pairs, so it is in [0, 1].
    solver: "greedy" as published, or "exact". min_score: a candidate must score more than this.
    max_length: longest candidate in words, 0 for any.
    Source: Politov et al. (2025), arXiv 2501.18750, candidate matching.
    """

    name = "ngram-candidates"

    def __init__(
        self, *, score: str = "pairs", solver: str = "greedy", min_score: float = 0.0, max_length: int = 0
    ) -> None:
        if score not in SCORES:
            raise ValueError(f"unknown candidate score {score!r}; known: {', '.join(SCORES)}")
        if solver not in SOLVERS:
            raise ValueError(f"unknown solver {solver!r}; known: {', '.join(SOLVERS)}")
        if min_score < 0 or max_length < 0:
            raise ValueError(f"min_score {min_score} and max_length {max_length} must not be negative")
        self.score, self.solver, self.min_score, self.max_length = score, solver, min_score, max_length

    @property
    def signature(self) -> str:
        return (
            f"{self.name}|score:{self.score}|solver:{self.solver}"
            f"|min:{self.min_score:g}|max-length:{self.max_length}|v1"
        )

    def project(self, batch: Sequence[ProjectionInput]) -> list[list[Projection]]:
        flat = flatten_batch(batch)
        entity, start, end, scores = ngram_scores(flat, score=self.score, max_length=self.max_length)
        keep = scores > self.min_score
        table = build_table(
            flat.n_entities, entity[keep], start[keep], end[keep], scores[keep], keep_best=KEEP_BEST
        )
        return solve_and_report(flat, table, solver=self.solver)


def ngram_scores(
    flat: FlatBatch, *, score: str = "pairs", max_length: int = 0
) -> tuple[Ints, Ints, Ints, Floats]:
    """Candidate rows (entity, start, end, score) of the whole batch; see NgramCandidates for the scores."""
    low, high = flat.window()
    longest = np.minimum(high - low, max_length) if max_length else high - low
    entity, start, end = window_spans(low, high, longest)
    sizes = flat.length[entity] + end - start
    if score == "pairs":
        return entity, start, end, 2 * _inside(flat.per_target(), entity, start, end) / sizes
    linked_target = _inside((flat.per_target() > 0).astype(np.float64), entity, start, end)
    linked_source = _linked_source_words(flat, entity, start, end)
    return entity, start, end, (linked_target + linked_source) / sizes


def solve_and_report(flat: FlatBatch, table: SpanTable, *, solver: str) -> list[list[Projection]]:
    """Apply reviews, solve, and describe every entity's outcome."""
    table = apply_reviews(table, flat)
    pinned = pinned_entities(flat)
    solution = solve(table, flat.sentence, solver=solver, pinned=pinned)
    start, end, _ = table.at(solution.row)
    evidence = gather_evidence(flat, start, end)
    margin = np.where(np.isfinite(solution.margin), solution.margin, 1.0)
    confidence = np.where(pinned, 1.0, evidence_confidence(flat, evidence, margin, solution.collided))
    reasons = find_reasons(flat, evidence, confidence, solution.collided, margin)
    return build_projections(flat, table, solution, confidence, reasons)


def _inside(per_target: Floats, entity: Ints, start: Ints, end: Ints) -> Floats:
    sums = np.concatenate([np.zeros((len(per_target), 1)), per_target.cumsum(axis=1)], axis=1)
    return np.asarray(sums[entity, end] - sums[entity, start])


def _linked_source_words(flat: FlatBatch, entity: Ints, start: Ints, end: Ints) -> Floats:
    """Entity words with a link into each candidate, one place of the entities at a time."""
    total = np.zeros(len(entity))
    place = flat.link_source - flat.start[flat.link_entity]
    width = int(flat.n_target.max(initial=0))
    for word in range(int(flat.length.max(initial=0))):
        rows = np.flatnonzero(flat.length[entity] > word)
        mine = place == word
        cells = flat.link_entity[mine] * width + flat.link_target[mine]
        marks = np.bincount(cells, minlength=flat.n_entities * width).reshape(flat.n_entities, width)
        total[rows] += _inside(marks.astype(np.float64), entity[rows], start[rows], end[rows]) > 0
    return total

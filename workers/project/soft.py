"""Our own method: rank spans by soft alignment, form and learnt edges; decide apart whether to project."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from workers.project import Projection, ProjectionInput
from workers.project.answers import describe_answers, describe_entities
from workers.project.batch import FlatBatch, Floats, Ints, flatten_batch
from workers.project.evidence import find_reasons, gather_evidence
from workers.project.ranker import (
    Decider,
    Ranker,
    decider_from,
    load_weights,
    log_softmax,
    ranker_from,
    sigmoid,
)
from workers.project.results import build_projections
from workers.project.solver import SOLVERS, TIME_LIMIT_S, Solution, solve
from workers.project.spanfeatures import Spans, describe_spans
from workers.project.spantable import apply_reviews, build_table, pinned_entities
from workers.project.statistics import PairStatistics, learn_statistics
from workers.project.words import number_words

KEEP_BEST = 20
BLOCK_CELLS = 400_000  # entities x longest target sentence, computed at a time
DEFAULT_THRESHOLD = 0.4


@dataclass(frozen=True, slots=True)
class SoftWeights:
    """ranker orders an entity's candidates; existence: is any of them right? rightness: is this one?
    absence: is it right to leave the entity out?"""

    ranker: Ranker
    existence: Decider
    rightness: Decider
    absence: Decider


class Soft:
    """Score every span near the evidence with a small ranker over alignment, length, form and edge features.

    The ranker gives each candidate its share; a classifier gives the probability that the entity has a
    counterpart at all. A span's score is the log odds of the counterpart, less those of `threshold`, plus
    the log of its share relative to the best candidate's: above 0 is worth projecting, and leaving the
    entity out scores 0. The assignment maximises the sum.

    solver: "exact" or "greedy". threshold: in (0, 1), lower projects more.
    statistics: what `learn` returned for a sample of the pairs' own languages; without it nothing is known
        about the pair of languages.
    time_limit_s: bound for one component of one sentence, see solver.py.
    """

    name = "soft"

    def __init__(
        self,
        *,
        solver: str = "exact",
        threshold: float = DEFAULT_THRESHOLD,
        statistics: Mapping[str, Any] | None = None,
        time_limit_s: float = TIME_LIMIT_S,
    ) -> None:
        if solver not in SOLVERS:
            raise ValueError(f"unknown solver {solver!r}; known: {', '.join(SOLVERS)}")
        if not 0 < threshold < 1:
            raise ValueError(f"threshold {threshold} must be between 0 and 1")
        self.solver, self.threshold, self.time_limit_s = solver, threshold, time_limit_s
        self.statistics = PairStatistics(statistics)
        self.n_learnt = int((statistics or {}).get("sentences", 0))
        self.version = load_weights("soft")["version"]

    @property
    def signature(self) -> str:
        return (
            f"{self.name}|solver:{self.solver}|threshold:{self.threshold:g}"
            f"|learnt-from:{self.n_learnt}|weights:{self.version}|v1"
        )

    def learn(self, batch: Sequence[ProjectionInput]) -> dict[str, Any]:
        """What the unlabelled pairs tell about their languages; JSON-able, for the `statistics` option."""
        return learn_statistics(batch)

    def project(self, batch: Sequence[ProjectionInput]) -> list[list[Projection]]:
        results: list[list[Projection]] = [[] for _ in batch]
        for numbers in _blocks(batch):
            try:
                found = self._project_block([batch[number] for number in numbers])
            except ValueError:
                flatten_batch(batch)  # names the sentence by its place in the whole batch
                raise
            for number, projections in zip(numbers, found, strict=True):
                results[number] = projections
        return results

    def _project_block(self, inputs: Sequence[ProjectionInput]) -> list[list[Projection]]:
        flat = flatten_batch(inputs)
        if not flat.n_entities:
            return [[] for _ in inputs]
        weights = soft_weights("links" if inputs[0].similarity is None else "similarity")
        words = number_words(flat, self.statistics.words)
        spans = describe_spans(flat, self.statistics, words)
        scores = weights.ranker.score(spans.features, spans.names)
        log_share = log_softmax(scores, spans.entity, flat.n_entities)
        top = _top_rows(spans, scores, flat.n_entities)
        scored = flat.tagger_score < 1.0
        of_entities = describe_entities(flat, self.statistics, words)
        answers, names = describe_answers(flat, spans, scores, log_share, top, of_entities)
        existence = weights.existence.log_odds(answers, names, scored)
        worth = _worth(spans, log_share, top, existence, self.threshold)
        table = apply_reviews(
            build_table(flat.n_entities, spans.entity, spans.start, spans.end, worth, keep_best=KEEP_BEST),
            flat,
        )
        pinned = pinned_entities(flat)
        solution = solve(
            table, flat.sentence, solver=self.solver, pinned=pinned, time_limit_s=self.time_limit_s
        )
        start, end, _ = table.at(solution.row)
        row = _rows_of(spans, start, end, flat.n_entities)
        absent = sigmoid(weights.absence.log_odds(answers, names, scored))
        answers, names = describe_answers(flat, spans, scores, log_share, row, of_entities)
        right = sigmoid(weights.rightness.log_odds(answers, names, scored))
        confidence = np.where(solution.row >= 0, right, absent)
        return self._report(flat, table, solution, np.where(pinned, 1.0, confidence), start, end)

    def _report(
        self, flat: FlatBatch, table: Any, solution: Solution, confidence: Floats, start: Ints, end: Ints
    ) -> list[list[Projection]]:
        evidence = gather_evidence(flat, start, end)
        margin = np.where(np.isfinite(solution.margin), solution.margin, 9.0)
        reasons = find_reasons(flat, evidence, confidence, solution.collided, margin / 3)
        return build_projections(flat, table, solution, confidence, reasons)


def soft_weights(kind: str) -> SoftWeights:
    """kind: "similarity" where the aligner gives a matrix, "links" where only links are known."""
    if kind not in _LOADED:
        values = load_weights("soft")[kind]
        _LOADED[kind] = SoftWeights(
            ranker_from(values["ranker"]),
            decider_from(values["existence"]),
            decider_from(values["rightness"]),
            decider_from(values["absence"]),
        )
    return _LOADED[kind]


_LOADED: dict[str, SoftWeights] = {}


def _blocks(batch: Sequence[ProjectionInput]) -> list[list[int]]:
    """Sentences of about equal target length together, with and without a similarity apart."""
    order = sorted(
        range(len(batch)), key=lambda k: (batch[k].similarity is None, len(batch[k].target_tokens))
    )
    blocks: list[list[int]] = []
    n_entities = 0
    for number in order:
        item = batch[number]
        n_entities += len(item.entities)
        same_kind = blocks and (batch[blocks[-1][0]].similarity is None) == (item.similarity is None)
        if not same_kind or n_entities * len(item.target_tokens) > BLOCK_CELLS:
            blocks.append([])
            n_entities = len(item.entities)
        blocks[-1].append(number)
    return blocks


def _top_rows(spans: Spans, scores: Floats, n_entities: int) -> Ints:
    """Row of each entity's best candidate, the first of equal ones; -1 for an entity without candidates."""
    top = np.full(n_entities, -1, dtype=np.int64)
    first = np.flatnonzero(np.diff(spans.entity, prepend=-1))
    if len(first):
        best = np.repeat(np.maximum.reduceat(scores, first), np.diff(first, append=len(scores)))
        rows = np.flatnonzero(scores == best)[::-1]
        top[spans.entity[rows]] = rows  # the first of equal rows is written last
    return top


def _worth(spans: Spans, log_share: Floats, top: Ints, existence: Floats, threshold: float) -> Floats:
    entity = spans.entity
    best = np.where(top >= 0, log_share[top], 0.0) if len(log_share) else np.zeros(len(top))
    cost = np.log(threshold / (1 - threshold))
    return np.asarray(existence[entity] - cost + log_share - best[entity])


def _rows_of(spans: Spans, start: Ints, end: Ints, n_entities: int) -> Ints:
    """The candidate row of each chosen span, -1 where there is none."""
    match = np.flatnonzero((spans.start == start[spans.entity]) & (spans.end == end[spans.entity]))
    rows = np.full(n_entities, -1, dtype=np.int64)
    rows[spans.entity[match]] = match
    return rows

"""Candidate matching with the spans of a target-side tagger, scored by links and tagger together."""

from collections.abc import Sequence

import numpy as np

from workers.project import Projection, ProjectionInput
from workers.project.batch import FlatBatch, Floats, Ints, flatten_batch
from workers.project.candidates import KEEP_BEST, solve_and_report
from workers.project.solver import SOLVERS
from workers.project.spantable import build_table


class NerCandidates:
    """What a tagger found on the target side are the candidates; its labels are only a part of the score.

    score = align_weight x 2 x links / (entity words + span words)
          + ner_weight x tagger score x share of the tagger's span x (1, or other_label for another label)
    Only spans with a link to the entity, or with the entity's label where it has no links, are candidates.
    sub_spans: parts of the tagger's spans are candidates too. min_score: a candidate must score more.
    Needs `target_entities` in every sentence. Source: Politov et al. (2025), arXiv 2501.18750, fusion of
    alignment and tagger scores.
    """

    name = "ner-candidates"

    def __init__(
        self,
        *,
        align_weight: float = 0.5,
        ner_weight: float = 0.5,
        other_label: float = 0.5,
        sub_spans: bool = True,
        solver: str = "exact",
        min_score: float = 0.0,
    ) -> None:
        if solver not in SOLVERS:
            raise ValueError(f"unknown solver {solver!r}; known: {', '.join(SOLVERS)}")
        if min(align_weight, ner_weight, other_label, min_score) < 0 or align_weight + ner_weight == 0:
            raise ValueError("weights and min_score must not be negative, nor both weights 0")
        self.align_weight, self.ner_weight, self.other_label = align_weight, ner_weight, other_label
        self.sub_spans, self.solver, self.min_score = sub_spans, solver, min_score

    @property
    def signature(self) -> str:
        return (
            f"{self.name}|align:{self.align_weight:g}|ner:{self.ner_weight:g}|other:{self.other_label:g}"
            f"|sub-spans:{'yes' if self.sub_spans else 'no'}|solver:{self.solver}|min:{self.min_score:g}|v1"
        )

    def project(self, batch: Sequence[ProjectionInput]) -> list[list[Projection]]:
        flat = flatten_batch(batch)
        for number, item in enumerate(batch):
            if item.target_entities is None:
                raise ValueError(f"sentence {number}: ner-candidates needs a tagger on the target side")
        entity, start, end, tagged = self._candidates(flat)
        n_links = flat.per_target().cumsum(axis=1)
        n_links = np.concatenate([np.zeros((flat.n_entities, 1)), n_links], axis=1)
        linked = n_links[entity, end] - n_links[entity, start]
        score = self.align_weight * 2 * linked / (flat.length[entity] + end - start)
        has_links = n_links[:, -1] > 0
        fits = (linked > 0) | (~has_links[entity] & (tagged > 0))
        total = score + self.ner_weight * tagged
        keep = fits & (total > self.min_score)
        table = build_table(
            flat.n_entities, entity[keep], start[keep], end[keep], total[keep], keep_best=KEEP_BEST
        )
        return solve_and_report(flat, table, solver=self.solver)

    def _candidates(self, flat: FlatBatch) -> tuple[Ints, Ints, Ints, Floats]:
        """(entity, start, end, tagger's part of the score) of every entity with every tagged span."""
        rows: list[tuple[int, int, int, float]] = []
        place = 0
        for item in flat.inputs:
            spans = self._tagged_spans(item)
            for entity in item.entities:
                rows.extend(
                    (place, start, end, score * (1.0 if label == entity.label else self.other_label))
                    for (start, end), (score, label) in spans.items()
                )
                place += 1
        table = np.array(rows, dtype=np.float64).reshape(-1, 4)
        entity, start, end = table[:, :3].astype(np.int64).T
        return entity, start, end, table[:, 3]

    def _tagged_spans(self, item: ProjectionInput) -> dict[tuple[int, int], tuple[float, str]]:
        spans: dict[tuple[int, int], tuple[float, str]] = {}
        for entity in item.target_entities or ():
            whole = entity.end - entity.start
            for start in range(entity.start, entity.end):
                for end in range(start + 1, entity.end + 1):
                    if self.sub_spans or end - start == whole:
                        spans[start, end] = (entity.score * (end - start) / whole, entity.label)
        return spans

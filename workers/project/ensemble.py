"""Several methods as voters; each answer is worth the confidence of the methods that gave it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from workers.project import Projection, ProjectionInput, get_projector
from workers.project.batch import FlatBatch, flatten_batch
from workers.project.results import build_projections
from workers.project.solver import solve
from workers.project.spantable import apply_reviews, build_table, pinned_entities

VOTERS = {"soft": 2.0, "ngram-candidates": 1.0, "word-to-word": 1.0}
ALTERNATIVE_SHARE = 0.1  # what a voter's second choice counts of its first
KEEP_BEST = 20


class Ensemble:
    """Every voter projects; spans compete with their voters' confidences, absences count against them.

    A span's score is the weighted mean of its voters' confidences, less the same for leaving the entity
    out; a voter's alternatives count a little. The assignment is exact. The confidence is the weighted mean
    of the voters' confidences in the answer, a voter of another answer adding half of its doubt.
    Projection.voters names who gave the answer.

    voters: method name -> weight; target-side entities add "ner-candidates" where a sentence has them.
    statistics: for the voters that learn, see Soft.
    """

    name = "ensemble"

    def __init__(
        self, *, voters: Mapping[str, float] | None = None, statistics: Mapping[str, Any] | None = None
    ) -> None:
        self.voters = dict(VOTERS if voters is None else voters)
        if not self.voters or self.name in self.voters or min(self.voters.values()) <= 0:
            raise ValueError(f"voters {self.voters} must be other methods with weights above 0")
        self.projectors = {
            name: get_projector(name, **({"statistics": statistics} if name == "soft" and statistics else {}))
            for name in self.voters
        }

    @property
    def signature(self) -> str:
        voters = "+".join(
            f"{self.voters[name]:g}x({projector.signature})" for name, projector in self.projectors.items()
        )
        return f"{self.name}|{voters}|v1"

    def learn(self, batch: Sequence[ProjectionInput]) -> dict[str, Any]:
        from workers.project.statistics import learn_statistics

        return learn_statistics(batch)

    def project(self, batch: Sequence[ProjectionInput]) -> list[list[Projection]]:
        flat = flatten_batch(batch)
        votes = {name: projector.project(batch) for name, projector in self.projectors.items()}
        weights = dict(self.voters)
        if batch and all(item.target_entities is not None for item in batch):
            votes.setdefault("ner-candidates", get_projector("ner-candidates").project(batch))
            weights.setdefault("ner-candidates", 1.0)
        flattened = {name: [p for sentence in found for p in sentence] for name, found in votes.items()}
        return self._decide(flat, flattened, weights)

    def _decide(
        self, flat: FlatBatch, votes: Mapping[str, Sequence[Projection]], weights: Mapping[str, float]
    ) -> list[list[Projection]]:
        total = sum(weights.values())
        rows: list[tuple[int, int, int, float]] = []
        for entity in range(flat.n_entities):
            support: dict[tuple[int, int], float] = defaultdict(float)
            against = 0.0
            for name, projections in votes.items():
                vote, weight = projections[entity], weights[name] / total
                for other in vote.alternatives[:3]:
                    support[other.start, other.end] += weight * ALTERNATIVE_SHARE * (1 - vote.confidence)
                if vote.span is None:
                    against += weight * vote.confidence
                else:
                    support[vote.span.start, vote.span.end] += weight * vote.confidence
            rows += [(entity, start, end, score - against) for (start, end), score in support.items()]
        values = np.array(rows, dtype=np.float64).reshape(-1, 4)
        entity_column, start_column, end_column = values[:, :3].astype(np.int64).T
        table = build_table(
            flat.n_entities, entity_column, start_column, end_column, values[:, 3], keep_best=KEEP_BEST
        )
        table, pinned = apply_reviews(table, flat), pinned_entities(flat)
        solution = solve(table, flat.sentence, pinned=pinned)
        start, end, _ = table.at(solution.row)
        confidence = np.zeros(flat.n_entities)
        voters: list[tuple[str, ...]] = []
        for entity in range(flat.n_entities):
            answer = (int(start[entity]), int(end[entity])) if solution.row[entity] >= 0 else None
            agree = [name for name, found in votes.items() if _answer(found[entity]) == answer]
            voters.append(tuple(agree))
            for name, projections in votes.items():
                sure = projections[entity].confidence
                part = sure if name in agree else (1 - sure) / 2
                confidence[entity] += weights[name] / total * part
        confidence = np.where(pinned, 1.0, confidence)
        reasons = self._reasons(votes, voters)
        results = build_projections(flat, table, solution, confidence, reasons)
        place = iter(voters)
        return [[replace(p, voters=next(place)) for p in sentence] for sentence in results]

    def _reasons(
        self, votes: Mapping[str, Sequence[Projection]], voters: Sequence[tuple[str, ...]]
    ) -> list[str]:
        first = next(iter(votes))
        reasons = []
        for entity, agree in enumerate(voters):
            if len(agree) < len(votes):
                reasons.append("methods-disagree")
            else:
                reasons.append(votes[first][entity].reason)
        return reasons


def _answer(projection: Projection) -> tuple[int, int] | None:
    return (projection.span.start, projection.span.end) if projection.span else None

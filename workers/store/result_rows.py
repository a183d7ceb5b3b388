"""The rows of what a chunk found: plain tuples, in the order of the columns that they are copied to."""

from typing import Any

import numpy as np

from annotations.models import Candidate
from workers.pairs import TAGGER, PairOutput
from workers.project import Projection
from workers.spans import Entity

MAX_ALTERNATIVES = 9
SIMILARITY_CELLS = 262_144  # a larger matrix (512 x 512 tokens) is used, but not kept
EXTRA_CONFIDENCE = 0.49  # at most: nothing in the source speaks for it, so nobody accepts it unseen
ONLY_TARGET = Candidate.ONLY_TARGET


def result_row(output: PairOutput) -> tuple[Any, ...]:
    alignment = output.alignment
    if alignment is None:
        return output.pair_id, output.status, output.message, list(output.flags), [], [], [], None
    similarity = alignment.similarity
    keep = similarity is not None and similarity.size <= SIMILARITY_CELLS
    return (
        output.pair_id,
        output.status,
        output.message,
        list(output.flags),
        alignment.links[:, 0].tolist(),
        alignment.links[:, 1].tolist(),
        alignment.scores.tolist(),
        np.ascontiguousarray(similarity, dtype="<f2").tobytes() if keep else None,
    )


def candidate_rows(projection: Projection, via: str) -> list[tuple[Any, ...]]:
    """The choice, then the alternatives, as the columns from `rank` to `voters`.

    An alternative is no answer of its own: `via` says of all how the choice was found.
    """
    label = projection.entity.label
    start, end = (projection.span.start, projection.span.end) if projection.span else (None, None)
    voters = list(projection.voters) or None
    decision = (projection.score, projection.confidence, projection.margin, projection.reason, via, voters)
    return [
        (0, start, end, label, *decision),
        *(
            (rank, other.start, other.end, label, other.score, None, None, "", via, None)
            for rank, other in enumerate(projection.alternatives[:MAX_ALTERNATIVES], start=1)
        ),
    ]


def direct_row(entity: Entity) -> tuple[Any, ...]:
    """The same of an entity that was tagged in the target: the tagger's probability is its confidence."""
    sure = min(1.0, entity.score)
    return 0, entity.start, entity.end, entity.label, entity.score, sure, None, "", TAGGER, None


def extra_row(entity: Entity) -> tuple[Any, ...]:
    """The same of one that no projection answers: held back in confidence, and marked with its own reason."""
    unsure = min(EXTRA_CONFIDENCE, entity.score)
    return 0, entity.start, entity.end, entity.label, entity.score, unsure, None, ONLY_TARGET, TAGGER, None

"""Projection: carry source entities to target spans. Methods are looked up by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from workers.spans import Entity, ScoredSpan, Span


@dataclass(frozen=True, slots=True)
class ProjectionInput:
    """One sentence pair, ready to be projected.

    links: int array (k, 2) of 0-based (source token i, target token j), any order, no repeats.
    link_scores: float array (k,), each in [0, 1].
    similarity: float16 array (n_source, n_target) of word-to-word similarity, or None when only
        hard links are known (Pharaoh files).
    target_entities: what a target-side tagger found, or None when none was run.
    pins: entity index -> span that a reviewer fixed. vetoes: entity index -> spans a reviewer refused.
    """

    source_tokens: Sequence[str]
    target_tokens: Sequence[str]
    entities: Sequence[Entity]
    links: NDArray[np.int32]
    link_scores: NDArray[np.float32]
    similarity: NDArray[np.float16] | None = None
    target_entities: Sequence[Entity] | None = None
    pins: Mapping[int, Span] = field(default_factory=dict)
    vetoes: Mapping[int, Sequence[Span]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Projection:
    """What one source entity became: a target span, or None when it found none ("missing").

    confidence: calibrated probability in [0, 1] that the decision (the span, or its absence) is right.
    margin: how much worse the best solution without this span is, in units of the method's score, >= 0.
    alternatives: at most nine other spans, best first.
    reason: why the confidence is low, one of REASONS, or "" when it is not.
    voters: for an ensemble, the methods that gave this very answer.
    """

    entity: Entity
    span: Span | None
    score: float
    confidence: float
    margin: float
    alternatives: tuple[ScoredSpan, ...] = ()
    reason: str = ""
    voters: tuple[str, ...] = ()


REASONS = {
    "no-link": "no word of the entity is linked",
    "fragments": "the linked words are not together",
    "methods-disagree": "the methods disagree",
    "length": "the span is unusually long or short",
    "collision": "another entity claims the same words",
    "tagger-unsure": "the source tagger is unsure",
    "close-call": "another span is nearly as good",
    "filtered": "the best span did not pass the filter",
    "only-target": "only the target tagger saw it",
}


class Projector(Protocol):
    """A projection method with its options fixed."""

    name: str

    @property
    def signature(self) -> str:
        """Method, options and version in one line; equal signatures give equal results."""
        ...

    def project(self, batch: Sequence[ProjectionInput]) -> list[list[Projection]]:
        """Project every sentence; one list per sentence, one Projection per entity, in entity order.

        Raises ValueError naming the sentence and the value when a link or an entity is out of range.
        """
        ...


METHODS = {
    "soft": "workers.project.soft.Soft",
    "ensemble": "workers.project.ensemble.Ensemble",
    "word-to-word": "workers.project.heuristic.WordToWord",
    "ngram-candidates": "workers.project.candidates.NgramCandidates",
    "ner-candidates": "workers.project.ner_candidates.NerCandidates",
}
DEFAULT_METHOD = "soft"


def get_projector(name: str, *, recalibration: Mapping[str, Any] | None = None, **options: Any) -> Projector:
    """The projector called `name` with `options`. Raises ValueError for an unknown name or option.

    recalibration: what `confidence.fit_recalibration` made of a project's reviews; it changes confidences
    and nothing else.
    """
    if name not in METHODS:
        raise ValueError(f"unknown projection method {name!r}; known: {', '.join(METHODS)}")
    module, _, attribute = METHODS[name].rpartition(".")
    try:
        projector: Projector = getattr(import_module(module), attribute)(**options)
    except TypeError as error:
        raise ValueError(f"options {sorted(options)} do not fit method {name!r}: {error}") from error
    if not recalibration:
        return projector
    from workers.project.confidence import Recalibrated, RecalibratedLearner

    wrapper = RecalibratedLearner if hasattr(projector, "learn") else Recalibrated
    return wrapper(projector, recalibration)

"""What the links say about each chosen span, in numbers that mean the same for every method."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workers.project.batch import FlatBatch, Floats, Ints

LOW_CONFIDENCE = 0.8


@dataclass(frozen=True, slots=True)
class Evidence:
    """Per entity, all (entities,) arrays; where there is no span the shares are 0.

    source_share: entity words with a link into the span / entity words.
    target_share: span words with a link to the entity / span words.
    outside_share: links of the entity that miss the span / its links.
    hull_share: linked target words / words from the first to the last of them (1 when together).
    length_ratio: span words / entity words. link_score: mean score of the links used.
    n_links: links of the entity.
    """

    source_share: Floats
    target_share: Floats
    outside_share: Floats
    hull_share: Floats
    length_ratio: Floats
    link_score: Floats
    n_links: Ints

    @property
    def coverage(self) -> Floats:
        """Harmonic mean of both shares."""
        total = self.source_share + self.target_share
        product = 2 * self.source_share * self.target_share
        return np.divide(product, total, out=np.zeros_like(total), where=total > 0)


def gather_evidence(flat: FlatBatch, start: Ints, end: Ints) -> Evidence:
    """start, end: (entities,) chosen target span, (0, 0) for none."""
    n = flat.n_entities
    entity, source, target = flat.link_entity, flat.link_source, flat.link_target
    inside = (target >= start[entity]) & (target < end[entity])
    n_links = np.bincount(entity, minlength=n)
    used = np.bincount(entity[inside], minlength=n)
    low, high = flat.window()
    return Evidence(
        source_share=_distinct(entity[inside], source[inside], n) / flat.length,
        target_share=_ratio(_distinct(entity[inside], target[inside], n), end - start),
        outside_share=_ratio(n_links - used, n_links),
        hull_share=_ratio(_distinct(entity, target, n), high - low),
        length_ratio=(end - start) / flat.length,
        link_score=_ratio(np.bincount(entity[inside], flat.link_score[inside], minlength=n), used),
        n_links=n_links,
    )


def find_reasons(
    flat: FlatBatch, evidence: Evidence, confidence: Floats, collided: NDArray[np.bool_], margin: Floats
) -> list[str]:
    """The likeliest cause of each low confidence, a key of REASONS, "" where it is not low.

    margin: (entities,) share of the score that is lost with the second best answer.
    """
    has_span = evidence.length_ratio > 0
    usual = (evidence.length_ratio >= 0.5) & (evidence.length_ratio <= 2.0)
    causes = [
        ("no-link", (evidence.n_links == 0) & ~has_span),
        ("collision", collided),
        ("filtered", ~has_span),
        ("tagger-unsure", flat.tagger_score < 0.5),
        ("no-link", evidence.n_links == 0),
        ("fragments", evidence.hull_share < 0.75),
        ("length", ~usual),
        ("close-call", margin < 0.25),
        ("tagger-unsure", flat.tagger_score < 0.8),
    ]
    reasons = np.full(flat.n_entities, "close-call", dtype=object)
    for name, applies in reversed(causes):
        reasons[applies] = name
    reasons[(confidence >= LOW_CONFIDENCE) & has_span] = ""
    return [str(reason) for reason in reasons]


def _distinct(entity: Ints, word: Ints, n_entities: int) -> Ints:
    """How many different words each entity has in these (entity, word) rows."""
    if not len(entity):
        return np.zeros(n_entities, dtype=np.int64)
    width = int(word.max()) + 1
    return np.bincount(np.unique(entity * width + word) // width, minlength=n_entities)


def _ratio(part: Floats | Ints, whole: Floats | Ints) -> Floats:
    zeros = np.zeros(len(whole), dtype=np.float64)
    return np.divide(part, whole, out=zeros, where=whole > 0)

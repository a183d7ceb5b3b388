"""Which entity each marked span of a translation belongs to.

Source: EasyProject, Chen et al. (2023), where spans are taken one after the other; here all of them are
assigned at once, the best total similarity wins, and nothing else is lost when one span fits nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workers.project.batch import Floats
from workers.project.forms import plain_form

MIN_SIMILARITY = 0.5
ORDER_BONUS = 0.02  # decides between equal texts: translations mostly keep the order


@dataclass(frozen=True, slots=True)
class MarkerMatch:
    """The span of one entity, an index into the marked spans, or None.

    similarity: of the span's text and the entity's, 0 to 1. rule: "similar", "left-over" (the only span and
    the only entity that remained) or "" without a span.
    """

    span: int | None
    similarity: float
    rule: str = ""


def match_marked_spans(
    span_texts: Sequence[str],
    entity_texts: Sequence[str],
    entity_translations: Sequence[str],
    *,
    min_similarity: float = MIN_SIMILARITY,
) -> list[MarkerMatch]:
    """One MarkerMatch per entity, no span used twice.

    span_texts: the marked parts of the translation, in its order. entity_texts: the entities in the source's
    order; entity_translations: each translated alone.
    Raises ValueError when there are not as many translations as entities.
    """
    from scipy.optimize import linear_sum_assignment

    if len(entity_texts) != len(entity_translations):
        raise ValueError(f"{len(entity_translations)} translations for {len(entity_texts)} entities")
    matches = [MarkerMatch(None, 0.0) for _ in entity_texts]
    if not span_texts or not entity_texts:
        return matches
    similarity = np.maximum(
        _similarities(entity_translations, span_texts), _similarities(entity_texts, span_texts)
    )
    gain = np.where(similarity >= min_similarity, similarity + _order_bonus(*similarity.shape), 0.0)
    for entity, span in zip(*linear_sum_assignment(gain, maximize=True), strict=True):
        if gain[entity, span] > 0:
            matches[entity] = MarkerMatch(int(span), float(similarity[entity, span]), "similar")
    used = {match.span for match in matches}
    free_spans = [span for span in range(len(span_texts)) if span not in used]
    free_entities = [entity for entity, match in enumerate(matches) if match.span is None]
    if len(free_spans) == len(free_entities) == 1:
        entity, span = free_entities[0], free_spans[0]
        matches[entity] = MarkerMatch(span, float(similarity[entity, span]), "left-over")
    return matches


def _similarities(entities: Sequence[str], spans: Sequence[str]) -> Floats:
    from rapidfuzz import fuzz
    from rapidfuzz.process import cdist

    left, right = [plain_form(text) for text in entities], [plain_form(text) for text in spans]
    return np.asarray(cdist(left, right, scorer=fuzz.ratio, dtype=np.float64) / 100)


def _order_bonus(n_entities: int, n_spans: int) -> Floats:
    entity, span = np.arange(n_entities)[:, None] / n_entities, np.arange(n_spans) / n_spans
    return np.asarray(ORDER_BONUS * (1.0 - np.abs(entity - span)))

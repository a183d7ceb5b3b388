"""Which pairs have finished reviews that differ: kept beside every write to a pair that has a gold review."""

from __future__ import annotations

from itertools import combinations

from django.utils import timezone

from annotations.items import ACCEPTED
from annotations.models import Disagreement, Review, ReviewItem, SentencePair

Entities = frozenset[tuple[int, int, str]]


def refresh_disagreement(pair: SentencePair) -> None:
    """Record that the pair's finished reviews differ, that they agree, or that an adjudicator has decided."""
    reviews = list(Review.objects.filter(pair=pair, status=Review.Status.DONE))
    if any(review.is_adjudication for review in reviews):
        Disagreement.objects.filter(pair=pair, resolved_at=None).update(resolved_at=timezone.now())
        return
    entities = accepted_entities(reviews)
    if len(set(entities.values())) < 2:
        Disagreement.objects.filter(pair=pair).delete()
        return
    scores = [span_f1(first, second) for first, second in combinations(entities.values(), 2)]
    values = {
        "project_id": pair.project_id,
        "reviewers": sorted(review.reviewer_id for review in reviews),
        "f1": sum(scores) / len(scores),
        "resolved_at": None,
    }
    Disagreement.objects.update_or_create(pair=pair, defaults=values)


def accepted_entities(reviews: list[Review]) -> dict[int, Entities]:
    """Key of each review -> its accepted (start, end, label), in one query."""
    found: dict[int, set[tuple[int, int, str]]] = {review.pk: set() for review in reviews}
    items = ReviewItem.objects.filter(review__in=found, state=ACCEPTED)
    for review, start, end, label in items.values_list("review", "start", "end", "label"):
        if start is not None and end is not None:
            found[review].add((start, end, label))
    return {review: frozenset(entities) for review, entities in found.items()}


def span_f1(first: Entities, second: Entities) -> float:
    """F1 of exact spans with labels; 1 where both have none."""
    if not first and not second:
        return 1.0
    return 2 * len(first & second) / (len(first) + len(second))

"""A run's first suggestions beside what people made gold of the same sentences."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from annotations.models import Candidate, Review, ReviewItem
from annotations.models.corpus import tokens_of
from workers.spans import Entity

BLOCK = 1_000


@dataclass(frozen=True, slots=True)
class ScoredPair:
    """Target tokens with the entities of the gold review and those that the run suggested."""

    tokens: list[str]
    gold: list[Entity]
    suggested: list[Entity]
    language: str
    domain: str


def gold_and_suggested(run_id: int) -> Iterator[ScoredPair]:
    """Every pair that the run has a result for and that has a gold review, in the order of the corpus.

    Of suggestions that share words the surer one counts, as in an export. Words that people changed since
    the run count as they are now; suggestions beyond their end are left out.
    """
    reviews = Review.objects.gold().filter(pair__results__run=run_id).select_related("pair")
    for review in reviews.order_by("pair_id").iterator(chunk_size=BLOCK):
        pair = review.pair
        tokens = tokens_of(pair.target_text, pair.target_offsets)
        items = ReviewItem.objects.filter(
            review=review, state=ReviewItem.State.ACCEPTED, start__isnull=False
        ).order_by("start")
        candidates = Candidate.objects.filter(run=run_id, pair=pair, rank=0, start__isnull=False)
        projected = candidates.exclude(reason=Candidate.ONLY_TARGET)
        found = projected.order_by("-confidence", "start").values_list("start", "end", "label")
        yield ScoredPair(
            tokens,
            _entities(items.values_list("start", "end", "label"), len(tokens)),
            _without_overlaps(_entities(found, len(tokens))),
            pair.target_language,
            pair.domain,
        )


def _entities(rows: Iterable[tuple[int | None, int | None, str]], n_tokens: int) -> list[Entity]:
    return [
        Entity(start, end, label)
        for start, end, label in rows
        if start is not None and end is not None and end <= n_tokens
    ]


def _without_overlaps(entities: list[Entity]) -> list[Entity]:
    kept: list[Entity] = []
    for entity in entities:
        if not any(entity.span.overlaps(other.span) for other in kept):
            kept.append(entity)
    return sorted(kept)

"""Reviews that two or more people made of one pair without seeing each other's, as entities over tokens.

An adjudicator's decision is not independent; what they had found before they adjudicated is, and is read from
the event that says what their review was until then. Decisions over many pairs at once are left out.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Q

from annotations.actions.disagreements import Entities, accepted_entities
from annotations.items import ACCEPTED, Snapshot
from annotations.models import PairResult, Project, Review, ReviewEvent, SentencePair

Links = frozenset[tuple[int, int]]

MOST_PAIRS = 20_000  # the newest; older ones say little about people at work now
BLOCK = 1_000


@dataclass(slots=True)
class SharedPair:
    """A pair with several finished reviews. opinions: reviewer -> entities, without adjudications.

    links: reviewer -> (source token, target token), of pairs where somebody drew or removed one.
    final: the entities of the gold review, where that is an adjudication.
    """

    pair_id: int
    n_tokens: int
    last_at: datetime
    opinions: dict[int, Entities] = field(default_factory=dict)
    links: dict[int, Links] = field(default_factory=dict)
    final: Entities | None = None


def load_shared_pairs(project: Project) -> list[SharedPair]:
    """In order of the pairs' keys; pairs with one independent review are not among them."""
    done = Review.objects.filter(pair__project=project, status=Review.Status.DONE, bulk=None)
    shared = done.values("pair").annotate(n=Count("pk")).filter(n__gte=2)
    pair_ids = sorted(shared.order_by("-pair").values_list("pair", flat=True)[:MOST_PAIRS])
    found: list[SharedPair] = []
    for first in range(0, len(pair_ids), BLOCK):
        found += _load_block(pair_ids[first : first + BLOCK])
    return [pair for pair in found if len(pair.opinions) > 1]


def _load_block(pair_ids: list[int]) -> list[SharedPair]:
    reviews: dict[int, list[Review]] = defaultdict(list)
    done = Review.objects.filter(pair__in=pair_ids, status=Review.Status.DONE).filter(
        Q(bulk=None) | Q(is_adjudication=True)
    )
    for review in done.order_by("pk"):
        reviews[review.pair_id].append(review)
    entities = accepted_entities([review for some in reviews.values() for review in some])
    earlier = _before_adjudication(pair_ids)
    linked = {pair for pair, own in reviews.items() if any(r.added_links or r.removed_links for r in own)}
    machine = _machine_links(linked)
    pairs = []
    for pair_id, offsets in SentencePair.objects.filter(pk__in=pair_ids).values_list("pk", "target_offsets"):
        own = reviews[pair_id]
        pair = SharedPair(pair_id, len(offsets) // 2, max(r.done_at or r.changed_at for r in own))
        for review in own:
            if not review.is_adjudication:
                pair.opinions[review.reviewer_id] = entities[review.pk]
                if pair_id in linked:
                    pair.links[review.reviewer_id] = _links(review, machine)
            elif review.pk in earlier:
                pair.opinions[review.reviewer_id] = earlier[review.pk]
            if review.is_gold and review.is_adjudication:
                pair.final = entities[review.pk]
        pairs.append(pair)
    return sorted(pairs, key=lambda pair: pair.pair_id)


def _machine_links(pair_ids: set[int]) -> dict[tuple[int | None, int], Links]:
    """(run, pair) -> how the run aligned the pair."""
    results = PairResult.objects.filter(pair__in=pair_ids)
    return {
        (run, pair): frozenset(zip(sources, targets, strict=True))
        for run, pair, sources, targets in results.values_list("run", "pair", "link_sources", "link_targets")
    }


def _links(review: Review, machine: dict[tuple[int | None, int], Links]) -> Links:
    """The alignment as the reviewer left it."""
    added = {(i, j) for i, j in review.added_links}
    removed = {(i, j) for i, j in review.removed_links}
    return frozenset(machine.get((review.run_id, review.pair_id), frozenset()) - removed | added)


def _before_adjudication(pair_ids: list[int]) -> dict[int, Entities]:
    """Review -> what its reviewer had found before adjudicating, where they had finished it."""
    events = ReviewEvent.objects.filter(
        review__pair__in=pair_ids, action=ReviewEvent.Action.ADJUDICATED, before__status="done"
    )
    found: dict[int, Entities] = {}
    for review, data in events.order_by("pk").values_list("review", "before"):
        before = Snapshot.from_json(data)
        if review not in found and not before.adjudicates:
            found[review] = frozenset(
                (item.start, item.end, item.label)
                for item in before.items
                if item.state == ACCEPTED and item.start is not None and item.end is not None
            )
    return found

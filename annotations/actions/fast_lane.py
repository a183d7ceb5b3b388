"""Accepting unseen what the machine is sure of, by a person who was shown first how well they would notice.

The person judges a sample: real suggestions above the threshold, and among them known errors, made from gold
or else from the suggestions themselves. Whoever overlooks too many of them does not get the lane. What is
accepted is accepted by that person, and every event says so.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from annotations.actions.locking import LockedReview
from annotations.actions.recording import record
from annotations.edits import EditRefused, Sentence
from annotations.items import Snapshot
from annotations.models import (
    BulkChange,
    Candidate,
    FastLane,
    ProjectionRun,
    Review,
    ReviewEvent,
    ReviewItem,
    SentencePair,
    User,
)
from annotations.querysets import SentencePairQuerySet
from annotations.review_edits import accept_all
from annotations.suggestions import find_candidates, seed_items

N_REAL, N_SEEDED = 12, 8
MISS_LIMIT = 0.25  # whoever overlooks more of the known errors looks at the sentences one by one
VALID_FOR = timedelta(hours=12)
MOST_AT_ONCE = 5_000
DRAWN_FROM = 2_000
ROUNDING = 1e-6
RIGHT, WRONG = "right", "wrong"

Entity = tuple[int, int, str]


class LaneClosed(Exception):
    """Nothing to judge, not judged yet, not well enough, or too long ago; the message says which."""


def eligible_pairs(run: ProjectionRun, threshold: float) -> SentencePairQuerySet:
    """Pairs that nobody has begun, every suggestion of which is at least as sure as the threshold."""
    suggested = Candidate.objects.filter(pair=OuterRef("pk"), run=run, rank=0)
    begun = Review.objects.filter(pair=OuterRef("pk"))
    unsure = suggested.filter(confidence__lt=threshold) | suggested.filter(confidence=None)
    return (
        SentencePair.objects.filter(
            project=run.project_id, target_language=run.target_language, shown_run=run, assigned_to=None
        )
        .filter(priority__lte=1 - threshold + ROUNDING)  # an index finds these; what follows decides
        .awaiting_review()
        .free()
        .filter(Exists(suggested), ~Exists(unsure), ~Exists(begun))
    )


@transaction.atomic
def open_lane(*, run: ProjectionRun, person: User, threshold: float) -> FastLane:
    """Draw the sample that the person has to judge. Raises LaneClosed when too little is there."""
    dice = random.Random()  # noqa: S311 (no secret)
    drawn = list(eligible_pairs(run, threshold).in_corpus_order()[:DRAWN_FROM])
    dice.shuffle(drawn)
    real = [(pair, _suggested(pair, run)) for pair in drawn[:N_REAL]]
    rest = drawn[N_REAL : N_REAL + 4 * N_SEEDED]
    sources = _gold_pairs(run) or [(pair, _suggested(pair, run)) for pair in rest]
    dice.shuffle(sources)
    labels = run.project.label_names
    seeded: list[tuple[SentencePair, list[Entity]]] = []
    for pair, entities in sources:
        wrong = spoil(entities, len(pair.target_offsets) // 2, labels, dice)
        if wrong is not None and len(seeded) < N_SEEDED:
            seeded.append((pair, wrong))
    if not real or len(seeded) < 2:
        raise LaneClosed("too few sentences are above this threshold to check them")
    sample = [{"pair": pair.pk, "items": items, "is_seeded": False} for pair, items in real]
    sample += [{"pair": pair.pk, "items": items, "is_seeded": True} for pair, items in seeded]
    dice.shuffle(sample)
    return FastLane.objects.create(
        project_id=run.project_id,
        person=person,
        run=run,
        threshold=threshold,
        sample=sample,
        n_seeded=len(seeded),
    )


@transaction.atomic
def answer_lane(*, lane: FastLane, answers: Sequence[str]) -> FastLane:
    """Hold the answers against what is known. A check is answered once. Raises LaneClosed otherwise."""
    lane = FastLane.objects.select_for_update().get(pk=lane.pk)
    if lane.answered_at is not None:
        raise LaneClosed("this check was answered before")
    judged = list(zip(lane.sample, answers, strict=True))
    lane.answers = list(answers)
    lane.n_missed = sum(one["is_seeded"] and answer == RIGHT for one, answer in judged)
    lane.n_rejected = sum(not one["is_seeded"] and answer == WRONG for one, answer in judged)
    lane.answered_at = timezone.now()
    lane.save(update_fields=["answers", "n_missed", "n_rejected", "answered_at"])
    return lane


def is_open(lane: FastLane) -> bool:
    """Whether the person may accept unseen now."""
    if lane.n_missed is None or lane.answered_at is None:
        return False
    return lane.n_missed <= MISS_LIMIT * lane.n_seeded and timezone.now() < lane.answered_at + VALID_FOR


def pairs_to_accept(lane: FastLane) -> list[int]:
    """The pairs above the lane's threshold, up to MOST_AT_ONCE, without those judged wrong in the sample."""
    judged_wrong = [
        one["pair"]
        for one, answer in zip(lane.sample, lane.answers, strict=True)
        if answer == WRONG and not one["is_seeded"]
    ]
    pairs = eligible_pairs(lane.run, lane.threshold).exclude(pk__in=judged_wrong)
    return sorted(pairs.order_by().values_list("pk", flat=True)[:MOST_AT_ONCE])


def accept_block(bulk: BulkChange, n: int) -> Iterator[tuple[int, Callable[[], bool]]]:
    """(pair, what accepts it), of the next n pairs of the step; all of them once its run is gone.

    Pairs that somebody began or changed since the step was asked for are left as they are.
    """
    keys = bulk.detail["pairs"]
    first = bisect_right(keys, bulk.after)
    block = keys[first : first + n]
    run = ProjectionRun.objects.filter(pk=bulk.detail["run"]).first()
    open_pairs: dict[int, SentencePair] = {}
    if run is not None:
        eligible = eligible_pairs(run, bulk.detail["threshold"]).select_related("project")
        locked = list(eligible.filter(pk__in=block).for_claiming().values_list("pk", flat=True))
        # asked again: a claim or a first edit that came before the lock left the pair's own row as it was
        open_pairs = eligible.in_bulk(locked)
    for key in block:
        pair = open_pairs.get(key)
        if pair is not None and run is not None:
            yield key, partial(_accept, pair, run, bulk.actor, bulk)
        else:
            yield key, bool  # nothing to do: False


def _accept(pair: SentencePair, run: ProjectionRun, person: User, bulk: BulkChange) -> bool:
    review = Review(pair=pair, reviewer=person, run=run, run_signature=run.signature)
    items = seed_items(pair.pk, run.pk, find_candidates(pair.pk, run.pk).filter(rank=0))
    before = Snapshot(Review.Status.OPEN, False, "", items, text_version=pair.text_version)
    sentence = Sentence(pair.target_text, pair.target_offsets, pair.project.label_names)
    try:
        after = accept_all(before, sentence)
    except EditRefused:
        return False  # two suggestions claim a word: somebody has to look
    action = ReviewEvent.Action.ACCEPTED_UNSEEN
    detail = f"above:{bulk.detail['threshold']}"
    record(LockedReview(pair, review, before), after, actor=person, action=action, detail=detail, bulk=bulk)
    return True


def spoil(
    entities: Sequence[Entity], n_tokens: int, labels: Sequence[str], dice: random.Random
) -> list[Entity] | None:
    """The entities with one error as machines make them: a boundary, the words, the label, or one left out.

    None where there is nothing to spoil.
    """
    if not entities:
        return None
    number = dice.randrange(len(entities))
    start, end, label = entities[number]
    others = [one for index, one in enumerate(entities) if index != number]
    taken = {token for one in others for token in range(one[0], one[1])}
    spans = {
        (start + 1, end),
        (start, end - 1),
        (start - 1, end),
        (start, end + 1),
        (start - 2, start),
        (end, end + 2),
    }
    wrong = [
        (a, b, label) for a, b in sorted(spans) if 0 <= a < b <= n_tokens and not taken & set(range(a, b))
    ]
    wrong += [(start, end, other) for other in labels if other != label]
    spoiled = [dice.choice(wrong)] if wrong and dice.random() > 0.15 else []
    return sorted([*others, *spoiled])


def _suggested(pair: SentencePair, run: ProjectionRun) -> list[Entity]:
    chosen = Candidate.objects.filter(pair=pair, run=run, rank=0, start__isnull=False).order_by("start")
    return [(c.start, c.end, c.label) for c in chosen if c.start is not None and c.end is not None]


def _gold_pairs(run: ProjectionRun) -> list[tuple[SentencePair, list[Entity]]]:
    """Pairs of the run's language that somebody looked at alone, the newest, with what they found."""
    gold = Review.objects.gold().filter(
        pair__project=run.project_id, pair__target_language=run.target_language, bulk=None
    )
    reviews = list(gold.select_related("pair").order_by("-pk")[: 10 * N_SEEDED])
    found: dict[int, list[Entity]] = {review.pk: [] for review in reviews}
    items = ReviewItem.objects.filter(review__in=reviews, state="accepted").order_by("start")
    for review, start, end, label in items.values_list("review", "start", "end", "label"):
        if start is not None and end is not None:
            found[review].append((start, end, label))
    usable = [(review.pair, found[review.pk]) for review in reviews if found[review.pk]]
    return usable if len(usable) >= N_SEEDED else []

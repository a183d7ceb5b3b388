"""Claims: a pair is leased to one reviewer at a time, so that two people never do the same by accident."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from annotations.models import Candidate, NameUse, RunDifference, SentencePair, User
from annotations.querysets import SentencePairQuerySet, WordsQuery

LEASE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Queue:
    """Which pairs a reviewer wants, and in what order; skipped ones always come as imported.

    doubt: only pairs with a reason to look, one of DOUBTS.
    """

    project_id: int
    order: str = "hardest"
    language: str = ""
    label: str = ""
    run: int | None = None
    comparison: int | None = None
    assigned: int | None = None
    skipped: bool = False
    doubt: str = ""

    def pairs(self) -> SentencePairQuerySet:
        pairs = SentencePair.objects.filter(project=self.project_id)
        pairs = pairs.skipped() if self.skipped else pairs.awaiting_review()
        if self.language:
            pairs = pairs.filter(target_language=self.language)
        if self.run:
            pairs = pairs.filter(shown_run=self.run)
        if self.comparison:
            differing = RunDifference.objects.filter(pair=OuterRef("pk"), comparison=self.comparison)
            pairs = pairs.filter(Exists(differing))
        if self.assigned:
            pairs = pairs.filter(assigned_to=self.assigned)
        if self.label:
            suggested = Candidate.objects.filter(
                pair=OuterRef("pk"), run=OuterRef("shown_run"), rank=0, label=self.label
            )
            pairs = pairs.filter(Exists(suggested))
        if self.doubt:
            pairs = DOUBTS[self.doubt](pairs, self)
        if self.skipped:
            return pairs.in_corpus_order()
        return ORDERS[self.order](pairs)


ORDERS = {
    "hardest": SentencePairQuerySet.hardest_first,
    "easiest": SentencePairQuerySet.easiest_first,
    "corpus": SentencePairQuerySet.in_corpus_order,
}


def _with_choice(pairs: SentencePairQuerySet, **like: object) -> SentencePairQuerySet:
    chosen = Candidate.objects.filter(pair=OuterRef("pk"), run=OuterRef("shown_run"), rank=0, **like)
    return pairs.filter(Exists(chosen))


def _with_disputed_name(pairs: SentencePairQuerySet, queue: Queue) -> SentencePairQuerySet:
    """Pairs with a name that gold decides differently elsewhere, as the last report on names found."""
    uses = NameUse.objects.filter(project=queue.project_id)
    if queue.language:
        uses = uses.filter(language=queue.language)
    names = uses.order_by("name").values_list("name", flat=True).distinct()[:MAX_NAMES]
    found = Q(pk__in=[])
    for name in names:
        found |= Q(search_text__words=WordsQuery(name))
    return pairs.filter(found)


MAX_NAMES = 200  # in one query
DOUBTS: dict[str, Callable[[SentencePairQuerySet, Queue], SentencePairQuerySet]] = {
    "missing": lambda pairs, queue: _with_choice(pairs, start__isnull=True),
    "disputed": lambda pairs, queue: _with_choice(pairs, reason="methods-disagree"),
    "names": _with_disputed_name,
}


@transaction.atomic(savepoint=False)
def claim_next(queue: Queue, user: User) -> SentencePair | None:
    """Lease the next pair of the queue to the user: first what they left unfinished, then what is free.

    Rows that another reviewer is just claiming are passed over, not waited for. None when nothing is left.
    """
    return (
        _lease_first(queue.pairs().claimed_by(user), user)
        or _lease_second_opinion(queue, user)
        or _lease_first(queue.pairs().free(), user)
    )


@transaction.atomic(savepoint=False)
def claim_following(
    queue: Queue, user: User, finished: SentencePair, *, ahead: int | None = None
) -> SentencePair | None:
    """As claim_next, for one who has just finished a pair: what is open in their other windows comes last.

    ahead: the pair that claim_ahead gave them, which is on their screen by now; theirs if it still can be.
    Among skipped pairs it goes on from there, so that one who skips again is not led in a circle.
    """
    if ahead is not None and (pair := _lease_ahead(queue, user, ahead)):
        return pair
    pairs = queue.pairs()
    if queue.skipped:
        pairs = pairs.filter(pk__gt=finished.pk)
    return (
        _lease_second_opinion(queue, user)
        or _lease_first(pairs.free(), user)
        or _lease_first(pairs.claimed_by(user), user)
    )


@transaction.atomic(savepoint=False)
def claim_ahead(queue: Queue, user: User, here: SentencePair) -> SentencePair | None:
    """Lease the pair that will come after `here`, so that it can be shown without waiting.

    It is given back with the page, like the one in hand; one that was leased ahead before is kept.
    """
    pairs = queue.pairs().exclude(pk=here.pk)
    if queue.skipped:
        pairs = pairs.filter(pk__gt=here.pk)
    return _lease_second_opinion(queue, user, not_this=here.pk) or _lease_first(pairs.free(), user)


@transaction.atomic
def claim_pair(pair_id: int, user: User) -> User | None:
    """Lease this pair to the user unless another person is on it: that person is returned then."""
    pair = SentencePair.objects.select_for_update(no_key=True).get(pk=pair_id)
    if pair.is_claimed_by_other(user):
        return pair.claimed_by
    _lease(pair, user)
    return None


@transaction.atomic
def take_over(pair_id: int, user: User) -> None:
    """Lease the pair to the user whoever has it; the other's work stays in their own review."""
    _lease(SentencePair.objects.select_for_update(no_key=True).get(pk=pair_id), user)


def renew_claim(pair_id: int, user: User) -> bool:
    """The heartbeat. False when the claim is gone: it ran out and someone else has the pair."""
    claim = SentencePair.objects.filter(pk=pair_id, claimed_by=user)
    return claim.update(claimed_until=timezone.now() + LEASE) == 1


def release_claim(pair_id: int, user: User) -> None:
    """Give the pair back at once; what was edited stays in the user's review."""
    SentencePair.objects.filter(pk=pair_id, claimed_by=user).update(claimed_by=None, claimed_until=None)


def _lease_second_opinion(queue: Queue, user: User, *, not_this: int = 0) -> SentencePair | None:
    """A pair that several people are to review, once somebody has: at once, so that few are half done."""
    if queue.skipped or queue.label or queue.run or queue.comparison or queue.doubt or queue.assigned:
        return None
    pairs = SentencePair.objects.filter(project=queue.project_id).wanting_more_reviews(user)
    pairs = pairs.free_for(user)
    if queue.language:
        pairs = pairs.filter(target_language=queue.language)
    return _lease_one(pairs.exclude(pk=not_this).in_corpus_order(), user)


def _lease_ahead(queue: Queue, user: User, ahead: int) -> SentencePair | None:
    waiting = SentencePair.objects.filter(project=queue.project_id, pk=ahead).claimed_by(user)
    reviewable = Q(status__in=["suggested", "skipped"]) | Q(more_reviews__gt=0)
    return _lease_one(waiting.filter(reviewable), user)


def _lease_first(pairs: SentencePairQuerySet, user: User) -> SentencePair | None:
    """Of those that are given to this person, or to nobody."""
    return _lease_one(pairs.open_to(user), user)


def _lease_one(pairs: SentencePairQuerySet, user: User) -> SentencePair | None:
    pair = pairs.for_claiming().first()
    if pair is not None:
        _lease(pair, user)
    return pair


def _lease(pair: SentencePair, user: User) -> None:
    pair.claimed_by, pair.claimed_until = user, timezone.now() + LEASE
    pair.save(update_fields=["claimed_by", "claimed_until"])

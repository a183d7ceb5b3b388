"""Claims: a pair is leased to one reviewer at a time, so that two people never do the same by accident."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from annotations.models import Candidate, SentencePair, User
from annotations.querysets import SentencePairQuerySet

LEASE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Queue:
    """Which pairs a reviewer wants, and in what order; skipped ones always come as imported."""

    project_id: int
    order: str = "hardest"
    language: str = ""
    label: str = ""
    run: int | None = None
    skipped: bool = False

    def pairs(self) -> SentencePairQuerySet:
        pairs = SentencePair.objects.filter(project=self.project_id)
        pairs = pairs.skipped() if self.skipped else pairs.awaiting_review()
        if self.language:
            pairs = pairs.filter(target_language=self.language)
        if self.run:
            pairs = pairs.filter(shown_run=self.run)
        if self.label:
            suggested = Candidate.objects.filter(
                pair=OuterRef("pk"), run=OuterRef("shown_run"), rank=0, label=self.label
            )
            pairs = pairs.filter(Exists(suggested))
        if self.skipped:
            return pairs.in_corpus_order()
        return ORDERS[self.order](pairs)


ORDERS = {
    "hardest": SentencePairQuerySet.hardest_first,
    "easiest": SentencePairQuerySet.easiest_first,
    "corpus": SentencePairQuerySet.in_corpus_order,
}


@transaction.atomic(savepoint=False)
def claim_next(queue: Queue, user: User) -> SentencePair | None:
    """Lease the next pair of the queue to the user: first what they left unfinished, then what is free.

    Rows that another reviewer is just claiming are passed over, not waited for. None when nothing is left.
    """
    return _lease_first(queue.pairs().claimed_by(user), user) or _lease_first(queue.pairs().free(), user)


@transaction.atomic(savepoint=False)
def claim_following(queue: Queue, user: User, finished: SentencePair) -> SentencePair | None:
    """As claim_next, for one who has just finished a pair: what is open in their other windows comes last.

    Among skipped pairs it goes on from there, so that one who skips again is not led in a circle.
    """
    pairs = queue.pairs()
    if queue.skipped:
        pairs = pairs.filter(pk__gt=finished.pk)
    return _lease_first(pairs.free(), user) or _lease_first(pairs.claimed_by(user), user)


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


def _lease_first(pairs: SentencePairQuerySet, user: User) -> SentencePair | None:
    pair = pairs.for_claiming().first()
    if pair is not None:
        _lease(pair, user)
    return pair


def _lease(pair: SentencePair, user: User) -> None:
    pair.claimed_by, pair.claimed_until = user, timezone.now() + LEASE
    pair.save(update_fields=["claimed_by", "claimed_until"])

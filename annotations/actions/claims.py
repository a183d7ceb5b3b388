"""Claims: a pair is leased to one reviewer at a time, so that two people never do the same by accident."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from annotations.models import Candidate, NameUse, RunDifference, SentencePair, User
from annotations.prepared import fetch_one
from annotations.querysets import SentencePairQuerySet, WordsQuery
from annotations.rows import PAIR

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
    "extra": lambda pairs, queue: _with_choice(pairs, reason=Candidate.ONLY_TARGET),
    "names": _with_disputed_name,
}


@transaction.atomic(savepoint=False)
def claim_next(queue: Queue, user: User) -> SentencePair | None:
    """Lease the next pair of the queue to the user: first what they left unfinished, then what is free.

    Rows that another reviewer is just claiming are passed over, not waited for. None when nothing is left.
    """
    return _lease_first(queue, user, ("own", "second", "free"))


@transaction.atomic(savepoint=False)
def claim_following(
    queue: Queue, user: User, finished: SentencePair, *, ahead: int | None = None
) -> SentencePair | None:
    """As claim_next, for one who has just finished a pair: what is open in their other windows comes last.

    ahead: the pair that claim_ahead gave them, which is on their screen by now; theirs if it still can be.
    Among skipped pairs it goes on from there, so that one who skips again is not led in a circle.
    """
    ways = ("second", "free after", "own after")
    return _lease_first(queue, user, ("ahead", *ways) if ahead else ways, here=finished.pk, ahead=ahead)


@transaction.atomic(savepoint=False)
def claim_ahead(queue: Queue, user: User, here: SentencePair) -> SentencePair | None:
    """Lease the pair that will come after `here`, so that it can be shown without waiting.

    It is given back with the page, like the one in hand; one that was leased ahead before is kept.
    """
    return _lease_first(queue, user, ("second", "free after"), here=here.pk)


@transaction.atomic
def claim_pair(pair_id: int, user: User) -> User | None:
    """Lease this pair to the user unless another person is on it: that person is returned then."""
    pair = SentencePair.objects.select_for_update(no_key=True).get(pk=pair_id)
    if not SentencePair.objects.filter(pk=pair_id).free_for(user).exists():
        return pair.claimed_by
    _lease(pair_id, user)
    return None


def take_over(pair_id: int, user: User) -> None:
    """Lease the pair to the user whoever has it; the other's work stays in their own review."""
    _lease(pair_id, user)


def renew_claim(pair_id: int, user: User) -> bool:
    """The heartbeat. False when the claim is gone: it ran out and someone else has the pair."""
    claim = SentencePair.objects.filter(pk=pair_id, claimed_by=user)
    return claim.update(claimed_until=Now() + LEASE) == 1


def release_claim(pair_id: int, user: User) -> None:
    """Give the pair back at once; what was edited stays in the user's review."""
    SentencePair.objects.filter(pk=pair_id, claimed_by=user).update(claimed_by=None, claimed_until=None)


def _lease(pair_id: int, user: User) -> None:
    """By the database's clock, which is one, while web processes on several machines have several."""
    SentencePair.objects.filter(pk=pair_id).update(claimed_by=user, claimed_until=Now() + LEASE)


# ---------------------------------------------------------------- which pair is next, as one statement

# Stand in the queries for values of the call; no row has such a key.
USER, HERE, AHEAD = -1, -2, -3
LEASE_FIRST = f"""
UPDATE annotations_sentencepair AS pair
SET claimed_by_id = %(user)s, claimed_until = statement_timestamp() + %(lease)s
WHERE id = coalesce({{ways}}) RETURNING {PAIR.of("pair")}
"""  # noqa: S608 (names of columns)


def _lease_first(
    queue: Queue, user: User, ways: tuple[str, ...], *, here: int = 0, ahead: int | None = None
) -> SentencePair | None:
    """Lease the pair that the first of the ways finds; those after it are not even tried."""
    make = _statement.__wrapped__ if queue.doubt == "names" else _statement  # its names are read anew
    statement, values = make(queue, ways)
    if not statement:
        return None
    row = fetch_one(statement, {**values, "user": user.pk, "here": here, "ahead": ahead, "lease": LEASE})
    return None if row is None else PAIR.instance(row)


@lru_cache(maxsize=1024)
def _statement(queue: Queue, ways: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
    """The statement, and those of its values that are the queue's; "" where no way can find a pair."""
    parts: list[str] = []
    values: dict[str, Any] = {}
    for way in ways:
        pairs = WAYS[way](queue, User(pk=USER))
        if pairs is None:
            continue
        try:
            sql, own = pairs.for_claiming().only("pk")[:1].query.sql_with_params()
        except EmptyResultSet:
            continue  # no pair can be like that
        names = []
        for value in own:
            name = {USER: "user", HERE: "here", AHEAD: "ahead"}.get(value, f"queue_{len(values)}")
            names.append(f"%({name})s")
            if name.startswith("queue_"):
                values[name] = value
        parts.append(f"({sql})" % tuple(names))
    return LEASE_FIRST.format(ways=", ".join(parts)) if parts else "", values


def _second_opinion(queue: Queue, user: User) -> SentencePairQuerySet | None:
    """A pair that several people are to review, once somebody has: at once, so that few are half done."""
    if queue.skipped or queue.label or queue.run or queue.comparison or queue.doubt or queue.assigned:
        return None
    pairs = SentencePair.objects.filter(project=queue.project_id).wanting_more_reviews(user)
    pairs = pairs.free_for(user)
    if queue.language:
        pairs = pairs.filter(target_language=queue.language)
    return pairs.exclude(pk=HERE).in_corpus_order()


def _ahead(queue: Queue, user: User) -> SentencePairQuerySet:
    waiting = SentencePair.objects.filter(project=queue.project_id, pk=AHEAD).claimed_by(user)
    return waiting.filter(Q(status__in=["suggested", "skipped"]) | Q(more_reviews__gt=0))


def _after(queue: Queue) -> SentencePairQuerySet:
    return queue.pairs().filter(pk__gt=HERE) if queue.skipped else queue.pairs().exclude(pk=HERE)


# Of those that are given to this person, or to nobody.
WAYS: dict[str, Callable[[Queue, User], SentencePairQuerySet | None]] = {
    "own": lambda queue, user: queue.pairs().claimed_by(user).open_to(user),
    "free": lambda queue, user: queue.pairs().free().open_to(user),
    "own after": lambda queue, user: _after(queue).claimed_by(user).open_to(user),
    "free after": lambda queue, user: _after(queue).free().open_to(user),
    "second": _second_opinion,
    "ahead": _ahead,
}

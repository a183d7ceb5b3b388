"""Claims: a pair is leased to one reviewer at a time, so that two people never do the same by accident."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from annotations.actions.queue import Queue
from annotations.models import Claim, SentencePair, User
from annotations.prepared import fetch_one
from annotations.querysets import SentencePairQuerySet
from annotations.rows import PAIR

LEASE = timedelta(minutes=10)


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
    _lock(pair_id)
    while not _lease(pair_id, user):
        holder = User.objects.filter(claims__pair=pair_id).exclude(pk=user.pk).first()
        if holder is not None:  # and has not given it back just now
            return holder
    return None


@transaction.atomic
def take_over(pair_id: int, user: User) -> None:
    """Lease the pair to the user whoever has it; the other's work stays in their own review."""
    _lock(pair_id)
    _lease(pair_id, user, from_anybody=True)


def renew_claim(pair_id: int, user: User) -> bool:
    """The heartbeat. False when the claim is gone: it ran out and someone else has the pair."""
    claim = Claim.objects.filter(pair=pair_id, reviewer=user)
    return claim.update(until=Now() + LEASE) == 1


def release_claim(pair_id: int, user: User) -> None:
    """Give the pair back at once; what was edited stays in the user's review."""
    Claim.objects.filter(pair=pair_id, reviewer=user).delete()


# The key of the claims decides between two at once. Times are of the database's clock, which is one, while
# web processes on several machines have several.
TAKE = """
INSERT INTO annotations_claim AS held (pair_id, reviewer_id, until)
{what}
ON CONFLICT (pair_id) DO UPDATE SET reviewer_id = excluded.reviewer_id, until = excluded.until
WHERE held.reviewer_id = excluded.reviewer_id OR held.until < statement_timestamp() OR {from_anybody}
RETURNING pair_id
"""
LEASE_PAIR = TAKE.format(
    what="VALUES (%(pair)s, %(user)s, statement_timestamp() + %(lease)s)", from_anybody="%(from_anybody)s"
)


def _lease(pair_id: int, user: User, *, from_anybody: bool = False) -> bool:
    """Whether the pair is the user's now: it was free, or their own."""
    values = {"pair": pair_id, "user": user.pk, "lease": LEASE, "from_anybody": from_anybody}
    return fetch_one(LEASE_PAIR, values) is not None


def _lock(pair_id: int) -> None:
    """Whoever changes a pair's words, or decides over many pairs, looks at its claim under this lock."""
    SentencePair.objects.select_for_update(no_key=True).only("pk").get(pk=pair_id)


# ---------------------------------------------------------------- which pair is next, as one statement

# Stand in the queries for values of the call; no row has such a key.
USER, HERE, AHEAD = -1, -2, -3
LEASE_FIRST = f"""
WITH pair AS (
    {{ways}} LIMIT 1
), claim AS (
    {
    TAKE.format(what="SELECT id, %(user)s, statement_timestamp() + %(lease)s FROM pair", from_anybody="false")
}
)
SELECT EXISTS (SELECT FROM claim), {PAIR.of("pair")} FROM pair
"""  # noqa: S608 (names of columns)


def _lease_first(
    queue: Queue, user: User, ways: tuple[str, ...], *, here: int = 0, ahead: int | None = None
) -> SentencePair | None:
    """Lease the pair that the first of the ways finds; those after it are not even tried.

    The pair is locked with its claim, and read as it is under the lock. A claim that was made after this
    statement began is not seen by it, but stands in its way: then it is asked again.
    """
    make = _statement.__wrapped__ if queue.doubt == "names" else _statement  # its names are read anew
    statement, values = make(queue, ways)
    if not statement:
        return None
    values = {**values, "user": user.pk, "here": here, "ahead": ahead, "lease": LEASE}
    while row := fetch_one(statement, values):
        is_taken, *columns = row
        if is_taken:
            pair: SentencePair = PAIR.instance(columns)
            pair.holder_id = user.pk
            return pair
    return None


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
            wanted = pairs if way in OWN else pairs.for_claiming()
            sql, own = wanted.only(*PAIR.names)[:1].query.sql_with_params()
        except EmptyResultSet:
            continue  # no pair can be like that
        names = []
        for value in own:
            name = {USER: "user", HERE: "here", AHEAD: "ahead"}.get(value, f"queue_{len(values)}")
            names.append(f"%({name})s")
            if name.startswith("queue_"):
                values[name] = value
        parts.append(f"SELECT * FROM ({sql}) AS way_{len(parts)}" % tuple(names))  # noqa: S608
    return LEASE_FIRST.format(ways=" UNION ALL ".join(parts)) if parts else "", values


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


# What is the person's already is not locked, only its claim: another one who locked the pair, and found the
# claim in the way, would hide it from them.
OWN = {"own", "own after", "ahead"}
# Of those that are given to this person, or to nobody.
WAYS: dict[str, Callable[[Queue, User], SentencePairQuerySet | None]] = {
    "own": lambda queue, user: queue.pairs().claimed_by(user).open_to(user),
    "free": lambda queue, user: queue.pairs().free().open_to(user),
    "own after": lambda queue, user: _after(queue).claimed_by(user).open_to(user),
    "free after": lambda queue, user: _after(queue).free().open_to(user),
    "second": _second_opinion,
    "ahead": _ahead,
}

"""While a new release is rolled out, the one before still claims in columns of the pair (until 0028)."""

from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from annotations.actions.claims import LEASE, Queue, claim_next, claim_pair
from annotations.models import Claim, Project, SentencePair, User
from factories import make_pair

BEFORE = "UPDATE annotations_sentencepair SET claimed_by_id = %s, claimed_until = %s WHERE id = %s"


def claims_in_columns(pair: SentencePair, user: User | None, until: datetime | None = None) -> bool:
    """As the release before claims a pair, or gives it back; whether it got its way."""
    with connection.cursor() as cursor:
        cursor.execute(BEFORE, [user and user.pk, until or (user and timezone.now() + LEASE), pair.pk])
    pair.refresh_from_db()
    return pair.claimed_by == user


def test_what_the_release_before_claims_is_held_here(project: Project, ana: User, ben: User) -> None:
    pair = make_pair(project)
    assert claims_in_columns(pair, ben)
    assert claim_next(Queue(project.pk), ana) is None
    assert claim_pair(pair.pk, ana) == ben
    assert claim_next(Queue(project.pk), ben) == pair  # whose next request came to the new release
    assert claims_in_columns(pair, None)
    assert claim_next(Queue(project.pk), ana) == pair


def test_the_release_before_is_not_given_what_is_held_here(pair: SentencePair, ana: User, ben: User) -> None:
    assert claim_next(Queue(pair.project_id), ana) == pair
    assert not claims_in_columns(pair, ben)
    assert pair.claimed_by == pair.claim.reviewer == ana  # so that it goes on to the next
    assert claims_in_columns(pair, ana)
    Claim.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert claims_in_columns(pair, ben)
    assert Claim.objects.get().reviewer == ben


def test_a_decision_of_the_release_before_is_kept_whoever_holds_the_pair(
    pair: SentencePair, ana: User, ben: User
) -> None:
    assert claims_in_columns(pair, ben, timezone.now() - timedelta(seconds=1))
    assert claim_pair(pair.pk, ana) is None
    pair.refresh_from_db()
    pair.status = "reviewed"
    pair.save()  # every column, as they were
    pair.refresh_from_db()
    assert pair.status == "reviewed"
    assert pair.claim.reviewer == ana

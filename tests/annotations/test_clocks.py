"""Leases and claims rest on the database's clock alone: a machine with a wrong one takes nothing away."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from annotations.actions.claims import LEASE, claim_pair, renew_claim
from annotations.models import Claim, ProjectionRun, RunChunk, SentencePair, User, WorkerReport
from annotations.workforce import live_reports
from workers import store

DAY = timedelta(days=1)


@pytest.fixture(params=[DAY, -DAY], ids=["a day ahead", "a day behind"])
def wrong_clock(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Of this process; PostgreSQL has its own."""
    real = timezone.now

    def now() -> datetime:
        return real() + request.param

    monkeypatch.setattr(timezone, "now", now)
    yield


@pytest.fixture
def chunk(pair: SentencePair) -> RunChunk:
    run = pair.shown_run
    ProjectionRun.objects.filter(pk=run.pk).update(status="running", prepared_at=timezone.now())
    return RunChunk.objects.create(run=run, first_pair_id=pair.pk, last_pair_id=pair.pk, n_pairs=1)


def test_a_chunk_in_hand_is_not_given_away_and_a_lost_one_is(chunk: RunChunk, wrong_clock: None) -> None:
    assert store.claim_chunk(chunk.run_id, uuid4())
    assert store.claim_chunk(chunk.run_id, uuid4()) is None
    RunChunk.objects.filter(pk=chunk.pk).update(lease_until=database_time() - timedelta(seconds=1))
    assert store.claim_chunk(chunk.run_id, uuid4())


def test_a_claimed_sentence_stays_so_and_is_free_when_its_time_is_over(
    pair: SentencePair, ana: User, ben: User, wrong_clock: None
) -> None:
    assert claim_pair(pair.pk, ana) is None
    assert claim_pair(pair.pk, ben) == ana
    assert renew_claim(pair.pk, ana)
    assert abs(pair.claim.until - database_time() - LEASE) < timedelta(minutes=1)
    Claim.objects.update(until=database_time() - timedelta(seconds=1))
    assert claim_pair(pair.pk, ben) is None


@pytest.mark.django_db
def test_a_living_worker_is_not_taken_for_dead(wrong_clock: None) -> None:
    WorkerReport.objects.create(worker="celery@here", pid=1, started_at=timezone.now())
    assert live_reports().exists()


def database_time() -> datetime:
    """By the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]

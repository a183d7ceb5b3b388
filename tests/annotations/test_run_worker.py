"""A run through a real broker and a real worker: to its end, past kill -9, past a lost message."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import StringIO
from unittest.mock import patch

import pytest
import redis
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction

from annotations.actions.runs import cancel_run, launch_run, resume_run
from annotations.models import (
    Candidate,
    PairResult,
    ProjectionRun,
    RunChunk,
    SentencePair,
    SourceEntity,
)
from factories import make_project
from make_runs import add_pairs
from workers.align import DEFAULT_ALIGNER

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

WORD_TO_WORD = {"method": "word-to-word", "aligner": "simalign"}


def launch(project, **choices):
    return launch_run(
        project=project, user=project.created_by, target_language="es", **WORD_TO_WORD | choices
    )


def ended(run):
    run.refresh_from_db()
    return not run.is_active


def check_every_pair_once(run, pairs):
    """One result per pair, and counters that say what the tables hold."""
    results = PairResult.objects.filter(run=run)
    assert Counter(results.values_list("pair", flat=True)) == Counter(pair.pk for pair in pairs)
    choices = Candidate.objects.filter(run=run, rank=0)
    assert run.n_pairs == run.n_done == len(pairs)
    assert run.n_failed == results.filter(status__in=["failed", "empty"]).count()
    assert run.n_candidates == choices.filter(start__isnull=False).count()
    assert run.n_missing == choices.filter(start__isnull=True).count()
    assert not RunChunk.objects.filter(run=run).exclude(status="done").exists()


def test_the_command_projects_labelled_and_unlabelled_pairs(live_worker):
    project = make_project()
    pairs = add_pairs(project, 4) + add_pairs(project, 4, labelled=False)

    out = StringIO()
    call_command("run_projection", str(project.pk), "--method", "soft", "--chunk-size", "3", stdout=out)

    run = ProjectionRun.objects.get()
    assert (run.status, run.error) == ("done", "")
    check_every_pair_once(run, pairs)
    found = Candidate.objects.get(run=run, pair=pairs[0], rank=0, label="LOC")
    assert pairs[0].target_tokens[found.start : found.end] == ["Madrid"]
    assert SourceEntity.objects.filter(run=run, pair=pairs[4], label="LOC").exists()
    assert run.statistics
    assert f"aligner:{DEFAULT_ALIGNER}:" in run.signature and "method:soft" in run.signature
    assert out.getvalue().endswith(f"Done: 8 of 8 pairs\n{run.signature}\n")


@pytest.fixture
def short_lease(monkeypatch):
    """Dead workers are noticed within seconds, by the workers and by this process."""
    monkeypatch.setenv("RUN_LEASE_S", "3")


@contextmanager
def stuck_in_save(run, pair, wait_until):
    """Hold the pair's row, so that the worker is caught in the middle of saving its chunk."""
    with transaction.atomic():
        SentencePair.objects.select_for_update().get(pk=pair.pk)
        chunks = RunChunk.objects.filter(run=run, first_pair_id__lte=pair.pk, last_pair_id__gte=pair.pk)
        wait_until(lambda: chunks.filter(status="running").exists(), why="a worker has the chunk")
        wait_until(lambda: lock_is_awaited(), why="the worker waits for the pair")
        yield


def lock_is_awaited():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
            " WHERE NOT l.granted AND a.datname = current_database()"
        )
        return cursor.fetchone() is not None


def test_it_survives_a_killed_worker(short_lease, start_worker, wait_until):
    project = make_project()
    pairs = add_pairs(project, 12)
    worker = start_worker()

    run = launch(project, chunk_size=3)
    with stuck_in_save(run, pairs[4], wait_until):
        worker.kill()
    run.refresh_from_db()
    assert (run.status, run.n_done) == ("running", 3)
    start_worker()
    wait_until(lambda: ended(run), why="the run is finished")

    assert (run.status, run.error) == ("done", "")
    check_every_pair_once(run, pairs)
    assert RunChunk.objects.filter(run=run, attempts=2).count() == 1


def test_it_survives_a_killed_pool_child_without_waiting_for_its_lease(live_worker, wait_until):
    project = make_project()
    pairs = add_pairs(project, 12)

    run = launch(project, chunk_size=3)
    with stuck_in_save(run, pairs[4], wait_until):
        live_worker.kill_pool_child()
    wait_until(lambda: ended(run), why="the run is finished", within_s=100)

    assert (run.status, run.error) == ("done", "")
    check_every_pair_once(run, pairs)


def test_it_survives_a_broker_that_lost_its_messages(live_broker, start_worker, wait_until):
    project = make_project()
    pairs = add_pairs(project, 4)
    run = launch(project)
    with redis.Redis(unix_socket_path=str(settings.DATA_FOLDER.broker_socket)) as client:
        waiting = [json.loads(message)["headers"]["task"] for message in client.lrange("cpu", 0, -1)]
        assert "workers.tasks.start_run" in waiting
        client.flushall()

    start_worker()
    wait_until(lambda: ended(run), why="the run is finished")

    assert run.status == "done"
    check_every_pair_once(run, pairs)


def test_it_wakes_a_run_that_stands_still(short_lease, live_broker, start_worker, wait_until):
    """The worker was there all the time: it is the look around, not the start, that finds the run."""
    project = make_project()
    pairs = add_pairs(project, 4)
    start_worker()
    with redis.Redis(unix_socket_path=str(settings.DATA_FOLDER.broker_socket)) as client:
        wait_until(lambda: not client.hlen("unacked") and not client.llen("cpu"), why="the worker is idle")
    with patch("annotations.actions.runs.start_run.delay"):
        run = launch(project)
    wait_until(lambda: ended(run), why="the run is finished")

    assert run.status == "done"
    check_every_pair_once(run, pairs)


def test_it_is_cancelled_in_the_middle_of_a_chunk_and_resumed(live_worker, wait_until):
    project = make_project()
    pairs = add_pairs(project, 12)

    run = launch(project, chunk_size=3)
    with stuck_in_save(run, pairs[4], wait_until):
        run = in_another_connection(lambda: cancel_run(run=run))
    wait_until(lambda: not run.chunks.filter(status="running").exists(), why="the chunk is given back")
    run.refresh_from_db()
    assert (run.status, run.n_done, run.results.count()) == ("cancelled", 3, 3)

    resume_run(run=run)
    wait_until(lambda: ended(run), why="the run is finished")
    assert (run.status, run.error) == ("done", "")
    check_every_pair_once(run, pairs)


def test_a_model_that_does_not_load_fails_the_run_and_not_the_worker(live_worker, wait_until):
    project = make_project()
    pairs = add_pairs(project, 2)

    broken = launch(project, aligner_options={"model": "/no/such/folder"})
    wait_until(lambda: ended(broken), why="the broken run ends")
    assert broken.status == "failed"
    assert "aligner simalign could not be loaded" in broken.error and "/no/such/folder" in broken.error

    run = launch(project)
    wait_until(lambda: ended(run), why="the next run is finished")
    check_every_pair_once(run, pairs)


def in_another_connection(action):
    """What another person's request does, while this test's transaction is open."""
    with ThreadPoolExecutor(max_workers=1) as pool:

        def act():
            try:
                return action()
            finally:
                connection.close()

        return pool.submit(act).result()

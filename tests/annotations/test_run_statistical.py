"""A run whose aligner learns from the run's own pairs: once, kept, and used alike by every chunk."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from annotations.actions.runs import launch_run
from annotations.models import PairResult, WordTable
from make_runs import add_pairs
from workers import store, tasks

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def no_messages():
    with (
        patch.object(tasks.start_run, "delay"),
        patch.object(tasks.process_chunk, "delay"),
        patch.object(tasks, "count_worker_slots", lambda _queue: 1),
    ):
        yield


def launch(project, **choices):
    return launch_run(
        project=project,
        user=project.created_by,
        target_language="es",
        aligner="statistical",
        method="word-to-word",
        chunk_size=4,
        **choices,
    )


def test_what_the_aligner_learnt_is_used_for_every_chunk(project):
    add_pairs(project, 8)
    run = launch(project)
    tasks.start_run(run.pk)
    run.refresh_from_db()
    table = WordTable.objects.get(run=run)
    assert run.prepared_at and f"learnt={table.digest}" in run.signature
    with patch("workers.lexical_learning.learn_table", side_effect=AssertionError("learnt twice")):
        tasks.process_chunk(run.pk)
        tasks._words.cache_clear()  # as another process, which reads the table from the database
        tasks.process_chunk(run.pk)
    run.refresh_from_db()
    assert (run.status, run.n_done, run.n_failed) == ("done", 8, 0), run.error
    assert not run.chunks.exclude(signature="").exists()  # every chunk had the same table
    assert all(result.link_sources for result in PairResult.objects.filter(run=run))


def test_options_reach_the_aligner_and_a_wrong_one_ends_the_run(project):
    add_pairs(project, 2)
    run = launch(project, aligner_options={"diagonal": 8, "max_pairs": 2})
    tasks.start_run(run.pk)
    assert "diagonal=8 max_pairs=2" in store.get_signature(run.pk)
    other = launch_after(run, project, aligner_options={"diagonal": -1})
    tasks.start_run(other.pk)
    other.refresh_from_db()
    assert other.status == "failed" and "diagonal must not be negative" in other.error


def launch_after(run, project, **choices):
    run.status = "cancelled"
    run.save(update_fields=["status"])
    return launch(project, **choices)


def test_the_queue_of_a_run_is_where_its_messages_go(project):
    add_pairs(project, 2)
    run = launch(project, queue="gpu")
    assert tasks.route_run("workers.tasks.process_chunk", (run.pk,)) == {"queue": "gpu"}
    assert tasks.route_run("workers.tasks.start_run", (run.pk,)) == {"queue": "gpu"}
    assert tasks.route_run("workers.tasks.start_run", (0,)) is None  # deleted meanwhile
    assert tasks.route_run("annotations.tasks.make_export", (run.pk,)) is None

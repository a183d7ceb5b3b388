"""The tasks, called in this process: what they keep when things go wrong, and whom they send on."""

from unittest.mock import patch
from uuid import uuid4

import numpy as np
import pytest
from django.db import OperationalError

from annotations.actions.runs import launch_run
from annotations.models import Candidate, ProjectionRun, RunChunk
from factories import make_project
from make_runs import add_pairs, prepare_run
from workers import tasks
from workers.align import Alignment
from workers.project import Projection
from workers.spans import Span
from workers.stages import Stages

pytestmark = pytest.mark.django_db


class Diagonal:
    """Links token k with token k."""

    name = signature = "diagonal"

    def align(self, pairs):
        found = []
        for source, target in pairs:
            n = min(len(source), len(target))
            links = np.stack([np.arange(n), np.arange(n)], axis=1).astype(np.int32)
            found.append(Alignment(links, np.ones(n, np.float32)))
        return found


class SamePlace:
    """Projects an entity to where it stood, as sure as it was told; learns how many pairs there are."""

    name = "same-place"

    def __init__(self, statistics):
        self.statistics = statistics
        self.signature = f"same-place learnt {statistics.get('n_pairs', 'nothing')}"

    def learn(self, batch):
        return {"n_pairs": len(batch), "confidence": 0.625}

    def project(self, batch):
        sure = self.statistics["confidence"]
        return [
            [Projection(entity, Span(entity.start, entity.end), 1.0, sure, 0.0) for entity in item.entities]
            for item in batch
        ]


@pytest.fixture
def sent():
    """The run ids that start_run and process_chunk were sent."""
    with patch.object(tasks.start_run, "delay") as start, patch.object(tasks.process_chunk, "delay") as chunk:
        yield {"start": start, "chunk": chunk}


@pytest.fixture
def toy_stages():
    def load(config):
        return Stages(Diagonal(), SamePlace(config.statistics))

    with (
        patch("workers.stages.load_stages", load),
        patch.object(tasks, "count_worker_slots", lambda _queue: 3),
    ):
        yield


@pytest.fixture
def run():
    project = make_project()
    add_pairs(project, 4)
    return launch_run(project=project, user=project.created_by, target_language="es", chunk_size=2)


def test_what_a_method_learnt_is_kept_once_and_used_for_every_chunk(run, sent, toy_stages):
    assert tasks.start_run(run.pk) == {"messages": 3}
    run.refresh_from_db()
    assert run.statistics == {"n_pairs": 4, "confidence": 0.625}
    assert "method:same-place learnt 4|" in run.signature
    assert sent["chunk"].call_count == 3

    assert tasks.process_chunk(run.pk)["n_done"] == 2
    assert sent["chunk"].call_count == 4  # it passed the baton on
    assert tasks.process_chunk(run.pk)["n_done"] == 2
    assert sent["chunk"].call_count == 4  # nothing is left to do
    assert tasks.process_chunk(run.pk) == {}
    run.refresh_from_db()
    assert run.status == "done"
    assert set(Candidate.objects.values_list("confidence", flat=True)) == {0.625}
    assert not run.chunks.exclude(signature="").exists()


def test_a_run_is_prepared_once_however_often_it_is_started(run, sent, toy_stages):
    tasks.start_run(run.pk)
    with patch.object(SamePlace, "learn", side_effect=AssertionError("learns again")):
        assert tasks.start_run(run.pk) == {"messages": 3}
    assert run.chunks.count() == 2


def test_nothing_is_sent_for_a_run_that_was_cancelled_meanwhile(run, sent, toy_stages):
    def cancel(*_):
        ProjectionRun.objects.update(status="cancelled")
        return {}

    with patch.object(SamePlace, "learn", cancel):
        assert tasks.start_run(run.pk) == {"messages": 0}
    sent["chunk"].assert_not_called()
    run.refresh_from_db()
    assert (run.status, run.prepared_at) == ("cancelled", None)


def test_learning_that_fails_fails_the_run_with_the_reason(run, sent, toy_stages):
    with patch.object(SamePlace, "learn", side_effect=ZeroDivisionError("no words")):
        tasks.start_run(run.pk)
    run.refresh_from_db()
    assert run.status == "failed"
    assert "could not learn from a sample of the pairs: ZeroDivisionError: no words" in run.error


def test_a_setting_that_no_worker_can_use_fails_the_run(run, sent, settings):
    settings.MODEL_DTYPE = "float99"
    tasks.start_run(run.pk)
    run.refresh_from_db()
    assert run.status == "failed"
    assert run.error.startswith("this worker's settings: unknown dtype 'float99'; known: ")


def test_a_chunk_records_its_own_failure_and_the_run_goes_on(run, sent, toy_stages):
    tasks.start_run(run.pk)
    sent["chunk"].reset_mock()
    with patch("workers.pipeline.process", side_effect=KeyError("who knows\0")):
        assert tasks.process_chunk(run.pk) == {}
    failed = run.chunks.get(status="failed")
    assert failed.error == "KeyError: 'who knows\\x00'"
    sent["chunk"].assert_called_once_with(run.pk)
    tasks.process_chunk(run.pk)
    run.refresh_from_db()
    assert (run.status, run.n_done) == ("failed", 2)


def test_memory_that_runs_out_fails_the_run_and_leaves_the_chunk_to_resume(run, sent, toy_stages):
    tasks.start_run(run.pk)
    sent["chunk"].reset_mock()
    with patch.object(Diagonal, "align", side_effect=MemoryError):
        tasks.process_chunk(run.pk)
    run.refresh_from_db()
    assert (run.status, run.error) == ("failed", "alignment ran out of memory: MemoryError")
    assert set(run.chunks.values_list("status", "attempts")) == {("queued", 0)}
    sent["chunk"].assert_not_called()


def test_a_database_that_is_away_for_a_moment_fails_nothing(run, sent, toy_stages):
    tasks.start_run(run.pk)
    token = uuid4()
    away = patch("workers.store.save_chunk", side_effect=OperationalError("away"))
    with patch.object(tasks, "token_of", lambda _: token):
        with away, pytest.raises(OperationalError):
            tasks.process_chunk(run.pk)
        assert RunChunk.objects.filter(status="running", claim_token=token).count() == 1
        assert tasks.process_chunk(run.pk)["n_done"] == 2  # the same message, again
    assert run.chunks.get(status="done").attempts == 2


def test_a_worker_with_other_versions_leaves_its_signature(run, sent, toy_stages):
    tasks.start_run(run.pk)
    with patch("workers.signature.VERSION", "99"):
        tasks.process_chunk(run.pk)
    tasks.process_chunk(run.pk)
    first, second = run.chunks.all()
    assert first.signature.startswith("projector:99|") and second.signature == ""


def test_it_wakes_prepared_and_waiting_runs_each_in_its_way(run, sent):
    prepared = prepare_run(run)
    add_pairs(run.project, 1, language="de")
    waiting = launch_run(project=run.project, user=run.created_by, target_language="de")
    assert tasks.wake_runs(2, only_stalled=False) == {"runs": 2}
    assert [call.args for call in sent["chunk"].call_args_list] == [(prepared.pk,)] * 2
    sent["start"].assert_called_once_with(waiting.pk)
    assert tasks.wake_runs(2, only_stalled=True) == {"runs": 0}

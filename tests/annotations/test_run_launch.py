"""Launching, cancelling and resuming runs: what is refused, and what is left behind."""

from datetime import timedelta
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from kombu.exceptions import OperationalError

from annotations.actions.runs import cancel_run, delete_run, launch_run, resume_run
from annotations.models import (
    Candidate,
    PairResult,
    ProjectionRun,
    Review,
    ReviewItem,
    RunChunk,
    SentencePair,
    SourceEntity,
)
from factories import make_pair, make_project, make_run
from make_runs import add_pairs, prepare_run
from projector_site.celery import app
from workers import store
from workers.align import ALIGNERS, DEFAULT_ALIGNER
from workers.choices import known_names
from workers.project import DEFAULT_METHOD, METHODS
from workers.tag import DEFAULT_TAGGER

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    project = make_project()
    add_pairs(project, 3)
    return project


@pytest.fixture
def sent(django_capture_on_commit_callbacks):
    """Runs the body's commits and gives the ids that start_run was sent."""

    class Sent:
        def __enter__(self):
            self.patched = patch("annotations.actions.runs.start_run.delay")
            self.delay = self.patched.start()
            self.commits = django_capture_on_commit_callbacks(execute=True)
            self.commits.__enter__()
            return self

        def __exit__(self, *error):
            self.commits.__exit__(*error)
            self.patched.stop()

        @property
        def run_ids(self):
            return [call.args[0] for call in self.delay.call_args_list]

    return Sent()


def launch(project, **choices):
    return launch_run(project=project, user=project.created_by, **{"target_language": "es"} | choices)


def test_it_queues_a_run_with_the_defaults(project, sent):
    with sent:
        run = launch(project)
        assert sent.run_ids == []  # only once it is committed
    assert sent.run_ids == [run.pk]
    run.refresh_from_db()
    assert (run.status, run.route) == ("queued", "bitext")
    assert (run.tagger, run.aligner, run.method) == (DEFAULT_TAGGER, DEFAULT_ALIGNER, DEFAULT_METHOD)
    assert run.created_by == project.created_by


@pytest.mark.parametrize(
    ("choices", "field", "message"),
    [
        ({"target_language": "xx"}, "target_language", "No pair of xx is in this scope."),
        ({"route": "telepathy"}, "route", "Unknown route 'telepathy'; known: bitext"),
        ({"method": "magic"}, "method", "Unknown method 'magic'; known: "),
        ({"aligner": ""}, "aligner", "Unknown aligner ''"),
        ({"tagger": "none"}, "tagger", "Unknown tagger 'none'"),
        ({"method_options": [1]}, "method_options", "Options are a JSON object"),
        ({"aligner_options": None}, "aligner_options", "Options are a JSON object"),
        ({"scope": "some"}, "scope", "Unknown scope 'some'; known: all, unreviewed, filter"),
        ({"scope": "filter"}, "scope_filter", "Give the domain or the document"),
        ({"scope": "filter", "scope_filter": {"id": 1}}, "scope_filter", "domain or document"),
        ({"scope": "filter", "scope_filter": {"domain": 1}}, "scope_filter", "domain or document"),
        ({"scope": "all", "scope_filter": {"domain": "a"}}, "scope_filter", "scope 'filter' only"),
        ({"scope": "filter", "scope_filter": {"domain": "a"}}, "target_language", "No pair of es"),
        ({"chunk_size": 0}, "chunk_size", "between 1 and 1000 pairs, not 0"),
        ({"chunk_size": 5000}, "chunk_size", "not 5000"),
    ],
)
def test_it_refuses_what_no_run_can_use(project, choices, field, message):
    with pytest.raises(ValidationError) as refused:
        launch(project, **choices)
    assert message in refused.value.message_dict[field][0]
    assert not ProjectionRun.objects.exists()


def test_it_refuses_a_scope_in_which_all_is_reviewed(project):
    SentencePair.objects.update(status="reviewed")
    with pytest.raises(ValidationError, match="No pair of es"):
        launch(project, scope="unreviewed")


def test_there_is_one_active_run_per_project_and_language(project):
    add_pairs(project, 1, language="de")
    launch(project)
    with pytest.raises(ValidationError, match="already under way"):
        launch(project)
    launch(project, target_language="de")
    other = make_project()
    add_pairs(other, 1)
    launch(other)
    assert ProjectionRun.objects.count() == 3


def test_a_broker_that_is_away_does_not_lose_the_run(project, django_capture_on_commit_callbacks):
    broken = patch("annotations.actions.runs.start_run.delay", side_effect=OperationalError("away"))
    with broken, django_capture_on_commit_callbacks(execute=True):
        run = launch(project)
    assert store.take_runs_to_wake(only_stalled=False) == [(run.pk, False)]


def test_it_cancels_a_run_and_keeps_what_is_done(project):
    run = prepare_run(launch(project, chunk_size=1))
    cancelled = cancel_run(run=run)
    run.refresh_from_db()
    assert run.status == cancelled.status == "cancelled"
    assert run.finished_at is not None
    assert store.claim_chunk(run.pk, uuid4()) is None
    assert run.chunks.count() == 3
    launch(project)  # the way is free


@pytest.mark.parametrize("status", ["done", "failed", "cancelled"])
def test_it_cancels_only_active_runs(project, status):
    run = launch(project)
    ProjectionRun.objects.update(status=status)
    with pytest.raises(ValidationError, match="there is nothing to cancel"):
        cancel_run(run=run)


def test_it_resumes_a_failed_run_and_tries_failed_chunks_again(project, sent):
    run = prepare_run(launch(project, chunk_size=1))
    for _ in range(3):
        store.fail_chunk(store.claim_chunk(run.pk, uuid4()), "no luck")
    run.refresh_from_db()
    assert run.status == "failed"
    with sent:
        resume_run(run=run)
    run.refresh_from_db()
    assert (run.status, run.error, run.finished_at) == ("running", "", None)
    assert sent.run_ids == [run.pk]
    assert set(run.chunks.values_list("status", "attempts", "error")) == {("queued", 0, "")}
    assert store.claim_chunk(run.pk, uuid4()) is not None


def test_it_resumes_a_run_that_was_cancelled_before_it_was_prepared(project, sent):
    run = cancel_run(run=launch(project))
    with sent:
        resume_run(run=run)
    run.refresh_from_db()
    assert run.status == "queued"
    assert store.claim_run(run.pk, uuid4())


def test_resuming_leaves_the_chunk_that_a_worker_still_has_in_hand(project):
    run = prepare_run(launch(project, chunk_size=1))
    claim = store.claim_chunk(run.pk, uuid4())
    resume_run(run=cancel_run(run=run))
    chunk = RunChunk.objects.get(pk=claim.chunk_id)
    assert (chunk.status, chunk.claim_token) == ("running", claim.token)


def test_resuming_an_active_run_asks_the_workers_again(project, sent):
    run = prepare_run(launch(project))
    ProjectionRun.objects.update(moved_at=timezone.now() - timedelta(hours=1))
    with sent:
        resume_run(run=run)
    run.refresh_from_db()
    assert sent.run_ids == [run.pk]
    assert run.status == "running"
    assert timezone.now() - run.moved_at < timedelta(minutes=1)


def test_it_refuses_to_resume_a_run_that_is_done(project):
    run = launch(project)
    ProjectionRun.objects.update(status="done")
    with pytest.raises(ValidationError, match="The run is done"):
        resume_run(run=run)


def test_it_refuses_to_resume_beside_another_active_run(project):
    first = cancel_run(run=launch(project))
    launch(project)
    with pytest.raises(ValidationError, match="already under way"):
        resume_run(run=first)
    first.refresh_from_db()
    assert first.status == "cancelled"


def test_a_deleted_run_leaves_reviews_and_other_runs(project):
    pair = make_pair(project)
    run, other = pair.shown_run, make_run(project)
    other_entity = SourceEntity.objects.create(pair=pair, run=other, start=0, end=1, label="PER")
    tagged = SourceEntity.objects.create(pair=pair, run=run, start=0, end=1, label="PER")
    review = Review.objects.create(pair=pair, reviewer=project.created_by, run=run, run_signature="kept")
    item = ReviewItem.objects.create(
        review=review,
        position=0,
        label="PER",
        start=0,
        end=1,
        candidate=run.candidates.first(),
        source_entity=tagged,
    )
    delete_run(run=run)
    item.refresh_from_db()
    review.refresh_from_db()
    pair.refresh_from_db()
    assert (item.label, item.candidate, item.source_entity) == ("PER", None, None)
    assert (review.run, review.run_signature) == (None, "kept")
    assert (pair.shown_run, pair.status, pair.priority) == (None, "new", 0.0)
    assert list(ProjectionRun.objects.all()) == [other]
    assert SourceEntity.objects.filter(pk=other_entity.pk).exists()
    assert SourceEntity.objects.filter(run=None, pair=pair).count() == 2
    assert not Candidate.objects.exists() and not PairResult.objects.exists()


def test_every_name_comes_with_a_line_on_it_and_the_default_first():
    names = known_names()
    assert set(names["method"]) == set(METHODS) and set(names["aligner"]) == set(ALIGNERS)
    assert next(iter(names["method"])) == DEFAULT_METHOD
    assert all(line for field in names.values() for line in field.values())


def test_every_worker_looks_after_runs():
    assert "workers.tasks:RunKeeper" in app.steps["consumer"]

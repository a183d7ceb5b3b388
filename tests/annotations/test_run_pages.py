"""The pages of runs: who may see and do what, and what they say while a run goes on."""

from datetime import timedelta
from unittest.mock import patch
from uuid import uuid4

import pytest
from celery import current_app
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from annotations.actions.runs import cancel_run, launch_run
from annotations.models import ProjectionRun
from make_runs import add_pairs, prepare_run, save_next_chunk
from workers import store

pytestmark = pytest.mark.django_db

LAUNCH = {
    "target_language": "es",
    "scope": "all",
    "route": "bitext",
    "method": "word-to-word",
    "aligner": "simalign",
    "tagger": "spacy-en",
    "chunk_size": "100",
}


@pytest.fixture(autouse=True)
def forget_workers():
    cache.clear()


@pytest.fixture
def run(project):
    add_pairs(project, 4)
    return launch_run(project=project, user=project.created_by, target_language="es", chunk_size=2)


def page(client, name, pk):
    return client.get(reverse(f"annotations:{name}", args=[pk]))


# --- launching


def test_an_owner_launches_a_run(project, olga, sign_in, django_capture_on_commit_callbacks):
    add_pairs(project, 2)
    client = sign_in(olga)
    form = page(client, "run_launch", project.pk).content.decode()
    assert "Spanish (2)" in form and 'value="word-to-word"' in form
    sending = patch("annotations.actions.runs.start_run.delay")
    with sending as delay, django_capture_on_commit_callbacks(execute=True):
        answer = client.post(reverse("annotations:run_launch", args=[project.pk]), LAUNCH)
    run = ProjectionRun.objects.get()
    assert answer.url == run.get_absolute_url()
    assert (run.method, run.created_by, run.method_options, run.scope_filter) == (
        "word-to-word",
        olga,
        {},
        {},
    )
    delay.assert_called_once_with(run.pk)


def test_it_takes_options_and_a_filter(project, olga, sign_in):
    add_pairs(project, 2, domain="news")
    given = {
        "scope": "filter",
        "domain": "news",
        "aligner_options": '{"method": "argmax"}',
        "chunk_size": "20",
    }
    sign_in(olga).post(reverse("annotations:run_launch", args=[project.pk]), LAUNCH | given)
    run = ProjectionRun.objects.get()
    assert (run.scope, run.scope_filter) == ("filter", {"domain": "news"})
    assert (run.aligner_options, run.chunk_size) == ({"method": "argmax"}, 20)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"scope": "filter"}, "Give the domain or the document"),
        ({"scope": "filter", "domain": "sport"}, "No pair of es is in this scope."),
        ({"method": "magic"}, "Select a valid choice"),
        ({"method_options": "{"}, "Enter a valid JSON"),
        ({"method_options": "[1]"}, "Options are a JSON object"),
        ({"chunk_size": "0"}, "greater than or equal to 1"),
    ],
)
def test_it_says_what_is_wrong_with_a_launch(project, olga, sign_in, given, message):
    add_pairs(project, 2)
    answer = sign_in(olga).post(reverse("annotations:run_launch", args=[project.pk]), LAUNCH | given)
    assert message in answer.content.decode()
    assert not ProjectionRun.objects.exists()


def test_a_second_run_is_refused_in_a_sentence(run, olga, sign_in):
    answer = sign_in(olga).post(reverse("annotations:run_launch", args=[run.project_id]), LAUNCH)
    assert "already under way" in answer.content.decode()
    assert ProjectionRun.objects.count() == 1


def test_a_project_without_sentences_offers_no_form(project, olga, sign_in):
    assert "Import some first" in page(sign_in(olga), "run_launch", project.pk).content.decode()


# --- who may what


@pytest.mark.parametrize("name", ["run_launch", "run_cancel", "run_resume"])
@pytest.mark.parametrize("user", ["adam", "ana", "vera", "stranger"])
def test_only_owners_launch_cancel_and_resume(run, sign_in, request, name, user):
    client = sign_in(request.getfixturevalue(user))
    pk = run.project_id if name == "run_launch" else run.pk
    assert client.post(reverse(f"annotations:{name}", args=[pk]), LAUNCH).status_code == 404
    run.refresh_from_db()
    assert run.status == "queued"


@pytest.mark.parametrize("name", ["runs", "run", "run_progress"])
def test_members_see_runs_and_strangers_do_not(run, sign_in, vera, stranger, name):
    pk = run.project_id if name == "runs" else run.pk
    assert page(sign_in(vera), name, pk).status_code == 200
    assert page(sign_in(stranger), name, pk).status_code == 404


@pytest.mark.parametrize("name", ["run_cancel", "run_resume"])
def test_it_rejects_get(run, olga, sign_in, name):
    assert page(sign_in(olga), name, run.pk).status_code == 405


def test_viewers_get_no_buttons(run, vera, olga, sign_in):
    assert "run_cancel" not in page(sign_in(vera), "run", run.pk).content.decode()
    cancel = reverse("annotations:run_cancel", args=[run.pk])
    assert cancel not in page(sign_in(vera), "run", run.pk).content.decode()
    assert cancel in page(sign_in(olga), "run", run.pk).content.decode()


# --- watching


def test_the_progress_is_asked_for_until_the_run_has_ended(run, olga, sign_in):
    client = sign_in(olga)
    prepare_run(run)
    save_next_chunk(run)
    text = page(client, "run_progress", run.pk).content.decode()
    assert 'hx-trigger="every 2s"' in text
    assert "2 / 4" in text and "50 %" in text and "less than a minute" in text
    assert "<html" not in text
    save_next_chunk(run)
    text = page(client, "run_progress", run.pk).content.decode()
    assert "hx-trigger" not in text and "4 / 4" in text and "All sentences are done." in text


def test_it_shows_failed_chunks_and_sentences_with_their_reasons(run, olga, sign_in):
    prepare_run(run)
    save_next_chunk(run, "failed", "alignment failed: no luck")
    store.fail_chunk(store.claim_chunk(run.pk, uuid4()), "the database ate it")
    text = page(sign_in(olga), "run", run.pk).content.decode()
    assert "1 failed chunk" in text and "the database ate it" in text
    assert "2 sentences with a problem" in text and "alignment failed: no luck" in text
    assert "1 of 2 chunks failed; resume the run to try them again" in text
    assert reverse("annotations:run_resume", args=[run.pk]) in text


def test_it_shows_the_signature_and_where_others_differ(run, olga, sign_in):
    prepare_run(run)
    claim = store.claim_chunk(run.pk, uuid4())
    store.save_chunk(claim, [], seconds=1, signature="method:word-to-word|model:y")
    text = page(sign_in(olga), "run", run.pk).content.decode()
    assert text.count("method:word-to-word") == 1 and text.index("model:x") < text.index("model:y")


def test_it_says_when_nobody_works_on_the_run(run, olga, sign_in, live_broker, tmp_path, monkeypatch):
    ProjectionRun.objects.update(moved_at=timezone.now() - timedelta(minutes=5))

    def said():
        return page(sign_in(olga), "run_progress", run.pk).content.decode()

    assert "No worker answers. The run goes on by itself when one is started." in said()
    monkeypatch.setitem(current_app.conf, "broker_write_url", f"redis+socket://{tmp_path / 'none'}")
    assert "No worker answers." in said()  # remembered for some seconds
    cache.clear()
    assert "The task queue cannot be reached." in said()


def test_it_says_that_the_workers_are_busy_with_other_runs(run, olga, sign_in):
    ProjectionRun.objects.update(moved_at=timezone.now() - timedelta(minutes=5))
    with patch("annotations.workforce.find_workers", return_value=["celery@here"]):
        assert "The run waits for its turn" in page(sign_in(olga), "run_progress", run.pk).content.decode()


def test_it_does_not_ask_for_workers_while_one_holds_a_chunk(run, olga, sign_in):
    prepare_run(run)
    store.claim_chunk(run.pk, uuid4())
    ProjectionRun.objects.update(moved_at=timezone.now() - timedelta(minutes=5))
    with patch("annotations.workforce.find_workers") as ask:
        page(sign_in(olga), "run_progress", run.pk)
    ask.assert_not_called()


# --- cancelling and resuming


def test_an_owner_cancels_and_resumes(run, olga, sign_in):
    client = sign_in(olga)
    answer = client.post(reverse("annotations:run_cancel", args=[run.pk]), follow=True)
    run.refresh_from_db()
    assert run.status == "cancelled" and "What was projected stays" in answer.content.decode()
    answer = client.post(reverse("annotations:run_resume", args=[run.pk]), follow=True)
    run.refresh_from_db()
    assert run.status == "queued" and "asked to go on" in answer.content.decode()


def test_what_cannot_be_done_is_said(run, olga, sign_in):
    cancel_run(run=run)
    answer = sign_in(olga).post(reverse("annotations:run_cancel", args=[run.pk]), follow=True)
    assert "there is nothing to cancel" in answer.content.decode()

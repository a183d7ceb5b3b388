"""Runs in Django admin."""

from unittest.mock import patch

import pytest
from django.test import Client

from annotations.actions.runs import launch_run
from annotations.models import ProjectionRun
from factories import make_user
from make_runs import add_pairs

pytestmark = pytest.mark.django_db

ADD = "/admin/annotations/projectionrun/add/"
LIST = "/admin/annotations/projectionrun/"


@pytest.fixture
def admin_client():
    client = Client()
    client.force_login(make_user("root", is_staff=True, is_superuser=True))
    return client


def filled_in(project, **fields):
    return {
        "project": project.pk,
        "target_language": "es",
        "route": "bitext",
        "method": "word-to-word",
        "method_options": "{}",
        "aligner": "simalign",
        "aligner_options": '{"method": "argmax"}',
        "tagger": "spacy-en",
        "tagger_options": "{}",
        "scope": "all",
        "scope_filter": "{}",
        "chunk_size": "50",
    } | fields


def test_it_launches_a_run(project, admin_client, django_capture_on_commit_callbacks):
    add_pairs(project, 2)
    assert b"word-to-word" in admin_client.get(ADD).content
    sending = patch("annotations.actions.runs.start_run.delay")
    with sending as delay, django_capture_on_commit_callbacks(execute=True):
        answer = admin_client.post(ADD, filled_in(project))
    assert answer.status_code == 302, answer.content.decode()
    run = ProjectionRun.objects.get()
    delay.assert_called_once_with(run.pk)
    assert (run.created_by.username, run.chunk_size) == ("root", 50)
    assert run.aligner_options == {"method": "argmax"}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"target_language": "xx"}, "No pair of xx is in this scope."),
        ({"scope": "filter"}, "Give the domain or the document"),
        ({"scope_filter": "[1]"}, "A filter is an object"),
        ({"method": "magic"}, "Select a valid choice"),
        ({"chunk_size": "0"}, "between 1 and 1000"),
    ],
)
def test_it_says_what_is_wrong(project, admin_client, fields, message):
    add_pairs(project, 2)
    answer = admin_client.post(ADD, filled_in(project, **fields))
    assert answer.status_code == 200
    assert message in answer.content.decode()
    assert not ProjectionRun.objects.exists()


def test_it_refuses_a_second_active_run(project, admin_client):
    add_pairs(project, 2)
    launch_run(project=project, user=project.created_by, target_language="es")
    answer = admin_client.post(ADD, filled_in(project))
    assert "already under way" in answer.content.decode()
    assert ProjectionRun.objects.count() == 1


def test_it_cancels_and_resumes_from_the_list(project, admin_client):
    add_pairs(project, 2)
    run = launch_run(project=project, user=project.created_by, target_language="es")
    assert f"/admin/annotations/projectionrun/{run.pk}/change/" in admin_client.get(LIST).content.decode()
    for action, status in [("cancel", "cancelled"), ("resume", "queued")]:
        answer = admin_client.post(LIST, {"action": action, "_selected_action": [run.pk]}, follow=True)
        run.refresh_from_db()
        assert run.status == status
        assert f"Run {run.pk} is {status} now." in answer.content.decode()


def test_a_run_is_shown_but_not_changed(project, admin_client):
    add_pairs(project, 2)
    run = launch_run(project=project, user=project.created_by, target_language="es")
    change = f"/admin/annotations/projectionrun/{run.pk}/change/"
    assert admin_client.get(change).status_code == 200
    assert admin_client.post(change, filled_in(project, method="ngram-candidates")).status_code == 403


def test_it_asks_before_it_deletes_and_leaves_active_runs(project, admin_client):
    add_pairs(project, 2)
    run = launch_run(project=project, user=project.created_by, target_language="es")
    chosen = {"action": "delete", "_selected_action": [run.pk]}
    assert "Keep them" in admin_client.post(LIST, chosen).content.decode()
    answer = admin_client.post(LIST, chosen | {"confirmed": "yes"}, follow=True)
    assert "cancel it first" in answer.content.decode()
    ProjectionRun.objects.update(status="cancelled")
    answer = admin_client.post(LIST, chosen | {"confirmed": "yes"}, follow=True)
    assert f"Run {run.pk} is deleted." in answer.content.decode()
    assert not ProjectionRun.objects.exists()

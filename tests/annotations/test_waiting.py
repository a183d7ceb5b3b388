"""Pages whose work waits say so when no worker is there, at the first look already."""

import pytest
from celery import current_app
from django.core.cache import cache
from django.urls import reverse

from annotations.models import Project, ProjectionRun, User
from factories import make_pair, make_training


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    cache.delete("answering-workers")


def page_of(name: str, project: Project, olga: User, sign_in) -> str:
    return sign_in(olga).get(reverse(f"annotations:{name}", args=[project.pk])).content.decode()


@pytest.fixture
def waiting(project: Project) -> Project:
    pair = make_pair(project)
    ProjectionRun.objects.filter(pk=pair.shown_run_id).update(status="queued")
    make_training(project)
    return project


PAGES = ["dashboard", "names", "rerun", "runs", "run_launch", "project", "trainings", "training_launch"]


def test_no_worker_is_said(waiting: Project, olga: User, sign_in, live_broker: str) -> None:
    for name in PAGES:
        assert "No worker answers." in page_of(name, waiting, olga, sign_in), name


@pytest.mark.django_db(transaction=True)
def test_nothing_is_said_where_a_worker_is_there(waiting: Project, olga: User, sign_in, live_worker) -> None:  # noqa: ANN001
    for name in PAGES:
        assert "No worker answers." not in page_of(name, waiting, olga, sign_in), name


def test_a_queue_that_is_away_is_said(waiting: Project, olga: User, sign_in, tmp_path, monkeypatch) -> None:  # noqa: ANN001
    monkeypatch.setitem(current_app.conf, "broker_write_url", f"redis+socket://{tmp_path / 'none'}")
    assert "The task queue cannot be reached." in page_of("dashboard", waiting, olga, sign_in)


def test_nothing_is_said_where_nothing_waits(project: Project, olga: User, sign_in, live_broker: str) -> None:
    make_pair(project)
    assert "No worker answers." not in page_of("runs", project, olga, sign_in)

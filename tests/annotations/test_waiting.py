"""Pages whose work waits say so when no worker is there, at the first look already."""

import pytest
from django.core.cache import cache
from django.urls import reverse
from kombu.exceptions import OperationalError

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


@pytest.mark.parametrize("name", PAGES)
def test_no_worker_is_said(name: str, waiting: Project, olga: User, sign_in, monkeypatch) -> None:
    monkeypatch.setattr("annotations.workforce.find_workers", lambda: [])
    assert "No worker answers." in page_of(name, waiting, olga, sign_in)
    cache.delete("answering-workers")
    monkeypatch.setattr("annotations.workforce.find_workers", lambda: ["celery@one"])
    assert "No worker answers." not in page_of(name, waiting, olga, sign_in)


def test_a_queue_that_is_away_is_said(waiting: Project, olga: User, sign_in, monkeypatch) -> None:
    def away() -> list[str]:
        raise OperationalError("no broker")

    monkeypatch.setattr("annotations.workforce.find_workers", away)
    assert "The task queue cannot be reached." in page_of("dashboard", waiting, olga, sign_in)


def test_nothing_is_said_where_nothing_waits(project: Project, olga: User, sign_in, monkeypatch) -> None:
    monkeypatch.setattr("annotations.workforce.find_workers", lambda: [])
    make_pair(project)
    assert "No worker answers." not in page_of("runs", project, olga, sign_in)

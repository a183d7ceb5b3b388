"""A worker's processes and the task they were at, when one of them is killed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from projector_site.celery import app

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def times_started(live_broker: str, tmp_path: Path) -> Callable[[], int]:
    """A task that sleeps is sent; how many times it was begun."""
    app.send_task("services.sleeping.sleep", [str(tmp_path / "started"), 60])
    return lambda: len((tmp_path / "started").read_text().split()) if (tmp_path / "started").exists() else 0


def test_the_task_of_a_killed_pool_process_is_begun_again(start_worker, times_started, wait_until) -> None:
    worker = start_worker(include="services.sleeping")
    wait_until(lambda: times_started() == 1, why="the task is begun")
    worker.kill_pool_child()
    wait_until(lambda: times_started() == 2, why="another process begins it")


def test_the_task_of_a_killed_worker_is_begun_by_the_next(start_worker, times_started, wait_until) -> None:
    worker = start_worker(include="services.sleeping")
    wait_until(lambda: times_started() == 1, why="the task is begun")
    worker.kill()
    start_worker(include="services.sleeping")
    wait_until(lambda: times_started() == 2, why="the next worker begins it")


def test_a_busy_pool_process_ends_with_its_worker(start_worker, times_started, wait_until) -> None:
    worker = start_worker(include="services.sleeping")
    wait_until(lambda: times_started() == 1, why="the task is begun")
    pool = worker.pool_children()
    worker.process.kill()  # only the parent
    wait_until(lambda: not any(child.is_running() for child in pool), why="they are gone", within_s=10)

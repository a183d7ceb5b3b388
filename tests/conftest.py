"""What every test may ask for: a real PostgreSQL, a real broker, real workers.

Database tests (`@pytest.mark.django_db`) need nothing more: with DATABASE_URL unset, a PostgreSQL of the
suite's own starts at the first of them.

A test that sends tasks asks for `live_broker`; one that needs them done asks for `live_worker`, or for
`start_worker` to start several, kill them and start again. Workers are other processes and see only what is
committed, so such a test is marked `django_db(transaction=True)` (or uses `live_server`):

    @pytest.mark.django_db(transaction=True)
    def test_it_survives_a_killed_worker(start_worker, project):
        worker = start_worker()
        launch_run(...)
        wait_until(lambda: RunChunk.objects.filter(status="done").exists(), why="a chunk is done")
        worker.kill_pool_child()          # or worker.kill(): the worker and all its children, with -9
        start_worker()                    # a new one; what the dead worker had taken is queued again
        wait_until(lambda: run_is_finished(), why="the run is finished")
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest
from django.conf import settings
from django.utils import translation

from projector_site.services.account import Account, servers_account
from projector_site.services.broker import broker_program, requeue_unacknowledged
from projector_site.services.postgres import THROW_AWAY_SETTINGS, make_database, postgres_program
from projector_site.services.process import Child, Program

PROJECT_ROOT = Path(__file__).parent.parent


def wait_until(condition: Callable[[], object], *, why: str, within_s: float = 60) -> None:
    """Wait for something that another process does; `why` names it when it does not come."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {within_s:.0f} s in vain until {why}")
        time.sleep(0.05)


@pytest.fixture(autouse=True)
def interface_language() -> Iterator[None]:
    """English again after a test whose last request was in another language, which Django leaves active."""
    yield
    translation.deactivate()


@pytest.fixture(name="wait_until", scope="session")
def _wait_until() -> Callable[..., None]:
    return wait_until


@pytest.fixture(scope="session")
def prepared_folder() -> Account | None:
    """The suite's data folder, and the account its servers run under."""
    account = servers_account()
    settings.DATA_FOLDER.prepare(account)
    return account


def run_server(program: Program) -> Iterator[None]:
    if program.before_start:
        program.before_start()
    child = Child(program, settings.DATA_FOLDER.logs / f"{program.name}.log")
    try:
        wait_until(lambda: child.has_ended() or program.ready(), why=f"the {program.name} answers")
        if child.has_ended():
            raise child.failure()
        yield
    finally:
        child.stop()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, request: pytest.FixtureRequest
) -> Iterator[None]:
    """pytest-django's hook before the test database is made: here the server itself starts."""
    if os.environ.get("DATABASE_URL"):
        yield
        return
    account = request.getfixturevalue("prepared_folder")
    server = run_server(postgres_program(settings.DATA_FOLDER, account, settings=THROW_AWAY_SETTINGS))
    next(server)
    make_database(settings.DATA_FOLDER)
    yield
    server.close()


@pytest.fixture(scope="session")
def running_broker(prepared_folder: Account | None) -> Iterator[None]:
    yield from run_server(broker_program(settings.DATA_FOLDER, prepared_folder))


@pytest.fixture
def live_broker(running_broker: None) -> str:
    """The address of a real broker with nothing in it; the product's settings already point at it."""
    import redis

    with redis.Redis(unix_socket_path=str(settings.DATA_FOLDER.broker_socket)) as client:
        client.flushall()
    return settings.CELERY_BROKER_URL


@pytest.fixture
def database_url(transactional_db: None) -> str:
    """The test database, for a process that a test starts."""
    from django.db import connection

    return url_of(connection.settings_dict)


class LiveWorker:
    """A Celery worker as a process of its own, on the test database."""

    numbers = count(1)  # several workers need names of their own

    def __init__(self, *, concurrency: int, include: str) -> None:
        from django.db import connection

        self.log = settings.DATA_FOLDER.logs / "worker.log"
        command = [sys.executable, "-m", "celery", "-A", "projector_site", "worker"]
        command += ["--concurrency", str(concurrency), "--loglevel", "INFO", "-Q", "cpu"]
        command += ["--without-gossip", "--without-mingle", "--hostname", f"worker-{next(self.numbers)}@%h"]
        command += ["--include", include] if include else []
        environment = {
            "DATABASE_URL": url_of(connection.settings_dict),
            "PYTHONPATH": os.pathsep.join([str(PROJECT_ROOT), str(PROJECT_ROOT / "tests")]),
            "OMP_NUM_THREADS": "1",
            "TOKENIZERS_PARALLELISM": "false",
        }
        requeue_unacknowledged(settings.DATA_FOLDER)
        self.child = Child(Program("worker", command, environment, stop_within_s=3), self.log)
        self.process = psutil.Process(self.child.process.pid)
        self._log_start = self.log.stat().st_size
        wait_until(lambda: self.is_ready() or self.child.has_ended(), why="the worker is ready")
        if self.child.has_ended():
            raise self.child.failure()

    def is_ready(self) -> bool:
        return " ready." in self.log.read_text(errors="replace")[self._log_start :]

    def pool_children(self) -> list[psutil.Process]:
        return self.process.children()

    def kill_pool_child(self) -> None:
        """kill -9 one process of the pool; Celery gives its task to another."""
        self.pool_children()[0].send_signal(signal.SIGKILL)

    def kill(self) -> None:
        """kill -9 the worker with all its children, as a power cut would."""
        self.child.kill_group()
        self.child.process.wait()

    def stop(self) -> None:
        self.child.stop()


@pytest.fixture
def start_worker(live_broker: str, transactional_db: None) -> Iterator[Callable[..., LiveWorker]]:
    """Starts a worker, ready when it returns: `worker = start_worker(concurrency=1)`.

    `include` names a module with tasks of the test's own.
    """
    started: list[LiveWorker] = []

    def start(*, concurrency: int = 1, include: str = "") -> LiveWorker:
        started.append(LiveWorker(concurrency=concurrency, include=include))
        return started[-1]

    yield start
    for worker in started:
        worker.kill()


@pytest.fixture
def live_worker(start_worker: Callable[..., LiveWorker]) -> LiveWorker:
    """A worker that is ready for tasks, until the test ends."""
    return start_worker()


def url_of(database: dict) -> str:
    """The settings of a connection as a DATABASE_URL, for a process that a test starts."""
    options = "&".join(f"{name}={quote(str(value))}" for name, value in database["OPTIONS"].items())
    login = quote(database["USER"]) + (f":{quote(database['PASSWORD'])}" if database["PASSWORD"] else "")
    address = f"{database['HOST']}:{database['PORT']}" if database["PORT"] else database["HOST"]
    return f"postgres://{login}@{address}/{quote(database['NAME'])}?{options}"


def run_manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`manage.py` in a process of its own, as a user runs it."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT_ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture(name="run_manage", scope="session")
def _run_manage() -> Callable[..., subprocess.CompletedProcess[str]]:
    return run_manage

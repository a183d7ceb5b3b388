"""One installation through its life, in the order of this file: start, deaths, stops, later starts."""

import os
import pty
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from annotations.models import User
from services.running import NOT_INHERITED, PROJECT_ROOT, Browser, Up

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def first_start(start_up: Callable[..., Up]) -> Up:
    return start_up("--no-demo")


def all_gone(processes: list[psutil.Process]) -> bool:
    return not any(process.is_running() and process.status() != "zombie" for process in processes)


def run_up(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """An `up` that is expected to give up by itself."""
    return subprocess.run(
        [sys.executable, "manage.py", "up", *options],
        cwd=PROJECT_ROOT,
        env={name: value for name, value in os.environ.items() if name not in NOT_INHERITED} | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_it_shows_a_page_and_its_style_sheet(first_start: Up) -> None:
    status, path, page = Browser(first_start.address).get("/password/")
    assert (status, path) == (200, "/sign-in/?next=/password/")
    style_sheet = page.split('rel="stylesheet" href="')[1].split('"')[0]
    assert Browser(first_start.address).get(style_sheet)[0] == 200


def test_its_sign_in_link_works_once(first_start: Up) -> None:
    link = first_start.sign_in_path
    browser = Browser(first_start.address)
    assert "signs you in once" in browser.get(link)[2]
    assert "signs you in once" in browser.get(link)[2], "looking used it up"
    status, path, page = browser.post(link)
    assert (status, path) == (200, "/password/")
    assert "owner" in page

    stranger = Browser(first_start.address)
    assert "used already" in stranger.get(link)[2]
    stranger.get("/sign-in/")  # for the CSRF cookie
    assert stranger.post(link)[0] == 410
    assert stranger.get("/password/")[1].startswith("/sign-in/")


def test_it_keeps_its_secrets_to_itself(first_start: Up) -> None:
    for name in ("secret-key", "postgres-password"):
        assert (first_start.data_folder / name).stat().st_mode & 0o777 == 0o600
    for name in ("postgres", "broker", "logs", "media"):
        assert (first_start.data_folder / name).stat().st_mode & 0o077 == 0


def test_it_refuses_a_second_start(first_start: Up) -> None:
    second = run_up("--port", "0", "--data-folder", str(first_start.data_folder))
    assert second.returncode == 1
    assert f"already runs on the data folder {first_start.data_folder}" in second.stderr
    assert first_start.address in second.stderr
    assert Browser(first_start.address).get("/sign-in/")[0] == 200


@pytest.mark.parametrize("name", ["database", "broker", "worker", "web"])
def test_it_brings_back_a_killed_server(first_start: Up, name: str, wait_until: Callable[..., None]) -> None:
    before = first_start.children()
    replaced = {name, "worker"} if name == "broker" else {name}  # the worker follows the broker
    before[name].kill()

    def all_are_back() -> bool:
        now = first_start.children()
        return now.keys() == before.keys() and all(now[other] != before[other] for other in replaced)

    wait_until(all_are_back, why=f"{name} is back")
    wait_until(lambda: answers(first_start.address), why="the page answers again")
    assert f"{name} was killed by SIGKILL; starting it again." in first_start.output


def answers(address: str) -> bool:
    try:
        return Browser(address).get("/sign-in/")[0] == 200
    except OSError:
        return False


def test_ctrl_c_leaves_nothing(first_start: Up, wait_until: Callable[..., None]) -> None:
    processes = first_start.all_processes()
    first_start.process.send_signal(signal.SIGINT)
    assert first_start.process.wait(30) == 0
    assert all_gone(processes)
    assert "Projector has stopped." in first_start.output


def test_a_closed_terminal_leaves_nothing(
    first_start: Up, start_up: Callable[..., Up], wait_until: Callable[..., None]
) -> None:
    # Not its controlling terminal: under make, too, nobody sends SIGHUP when it closes.
    controller, terminal = pty.openpty()
    second = start_up("--no-demo", terminal=terminal)
    os.close(terminal)
    shown = b""
    while b"Ctrl-C stops it" not in shown:
        shown += os.read(controller, 4096)
    assert b"sign_in_link owner" in shown, "the owner of the first start was not found again"
    processes = second.all_processes()
    os.close(controller)
    assert second.process.wait(30) == 0
    assert all_gone(processes)


def test_a_killed_supervisor_leaves_nothing_and_starts_again(
    first_start: Up, start_up: Callable[..., Up], wait_until: Callable[..., None]
) -> None:
    third = start_up("--no-demo")
    processes = third.all_processes()
    third.process.kill()
    third.process.wait()
    wait_until(lambda: all_gone(processes), why="the servers are gone", within_s=15)
    fourth = start_up("--no-demo")
    assert Browser(fourth.address).get("/sign-in/")[0] == 200
    fourth.process.send_signal(signal.SIGHUP)
    assert fourth.process.wait(30) == 0


@pytest.mark.django_db(transaction=True)
def test_addresses_in_the_environment_replace_the_embedded_servers(
    start_up: Callable[..., Up], live_broker: str, database_url: str
) -> None:
    up = start_up("--no-demo", DATABASE_URL=database_url, CELERY_BROKER_URL=live_broker)
    try:
        assert up.children().keys() == {"worker", "web"}
        assert User.objects.get().username == "owner"  # in the database that was named
        browser = Browser(up.address)
        browser.get(up.sign_in_path)
        assert browser.post(up.sign_in_path)[1] == "/password/"
    finally:
        up.stop()


def test_it_says_that_the_port_is_taken(data_folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = run_up("--port", str(port), "--data-folder", str(data_folder.parent / "another"))
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"Projector cannot run: Port {port} of 127.0.0.1 cannot be used")
    assert "--port" in refused.stderr


def test_it_says_that_the_database_does_not_answer(data_folder: Path, live_broker: str) -> None:
    refused = run_up(
        *("--port", "0", "--data-folder", str(data_folder.parent / "third")),
        DATABASE_URL="postgres://nobody@localhost:9/nowhere",
        CELERY_BROKER_URL=live_broker,
    )
    assert refused.returncode == 1
    assert "The database does not answer: connection" in refused.stderr


def test_it_says_that_the_data_folder_cannot_be_written(data_folder: Path) -> None:
    (data_folder.parent / "a-file").touch()
    refused = run_up("--port", "0", "--data-folder", str(data_folder.parent / "a-file" / "data"))
    assert refused.returncode == 1
    assert "cannot be written (Not a directory" in refused.stderr
    assert "--data-folder" in refused.stderr


def test_its_help_explains_ports_data_folder_and_workers() -> None:
    shown = run_up("--help").stdout
    for word in ("--port", "--data-folder", "--workers", "PROJECTOR_DATA", "DATABASE_URL"):
        assert word in shown

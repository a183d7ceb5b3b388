"""Starting, bringing back and stopping, on small programs of the system."""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from projector_site.services.errors import ServiceError, StopRequested
from projector_site.services.process import LARGEST_LOG_BYTES, Child, Program, start_new_log_when_large
from projector_site.services.supervisor import Supervisor

SLEEP = ["sleep", "60"]
STUBBORN = [sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"]
WITH_GRANDCHILD = ["sh", "-c", "sleep 60 & echo $!; wait"]


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path, said: list[str]) -> Iterator[Supervisor]:
    supervisor = Supervisor(tmp_path, said.append)
    yield supervisor
    supervisor.stop()


def watch_until(supervisor: Supervisor, done: Callable[[], bool], within_s: float = 20) -> None:
    """Let the supervisor watch, in this thread as in life, until `done()` or the time is over."""
    deadline = time.monotonic() + within_s
    pause = supervisor.pause

    def pause_and_look(seconds: float | None) -> None:
        if done():
            raise StopRequested
        assert time.monotonic() < deadline, "the supervisor did not come to it"
        pause(min(seconds, 0.05) if seconds is not None else 0.05)

    supervisor.pause = pause_and_look
    with pytest.raises(StopRequested):
        supervisor.watch()
    supervisor.pause = pause


def test_it_brings_back_at_once_then_waits_longer(supervisor: Supervisor, said: list[str]) -> None:
    supervisor.start(Program("short", ["sh", "-c", "echo out of paper; exit 3"]))
    watch_until(supervisor, lambda: len([line for line in said if "ended with status 3" in line]) >= 3)
    assert said[0] == "short ended with status 3; starting it again."
    assert said[1] == "  | out of paper"
    assert "starting it again in 1 s (see " in said[2]
    assert "starting it again in 2 s (see " in said[3]


def test_a_follower_is_restarted_with_its_leader(supervisor: Supervisor) -> None:
    supervisor.start(Program("leader", SLEEP))
    supervisor.start(Program("follower", SLEEP, follows="leader"))
    supervisor.start(Program("other", SLEEP))
    before = {name: child.process.pid for name, child in supervisor.children.items()}
    supervisor.children["leader"].process.kill()

    def now() -> dict[str, int]:
        return {name: child.process.pid for name, child in supervisor.children.items()}

    watch_until(supervisor, lambda: now()["follower"] != before["follower"])
    assert now()["leader"] != before["leader"]
    assert now()["other"] == before["other"]


def test_a_program_waits_while_it_cannot_start(supervisor: Supervisor, said: list[str]) -> None:
    refusals = ["not yet"]

    def before_start() -> None:
        if refusals and supervisor.children:
            raise ServiceError(refusals.pop())

    supervisor.start(Program("waiting", SLEEP, before_start=before_start))
    first = supervisor.children["waiting"].process
    first.kill()
    watch_until(supervisor, lambda: supervisor.children["waiting"].process is not first)
    assert "waiting has to wait: not yet" in said


def test_it_stops_in_reverse_order(supervisor: Supervisor, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    for name in ("first", "second", "third"):
        ready = tmp_path / f"{name}.ready"
        script = f"trap 'echo {name} >> {trace}; exit' TERM; touch {ready}; sleep 60 & wait"
        supervisor.start(Program(name, ["sh", "-c", script], ready=ready.exists))
        supervisor.wait_until_ready(name)
    supervisor.stop()
    assert trace.read_text().split() == ["third", "second", "first"]


def test_it_kills_what_does_not_listen(supervisor: Supervisor, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    command = [*STUBBORN[:2], STUBBORN[2].replace("time.sleep", f"open({str(ready)!r}, 'w'); time.sleep")]
    supervisor.start(Program("stubborn", command, ready=ready.exists, stop_within_s=0.2))
    supervisor.wait_until_ready("stubborn")
    process = supervisor.children["stubborn"].process
    supervisor.stop()
    assert process.returncode == -signal.SIGKILL


def test_it_kills_the_children_of_a_child(
    supervisor: Supervisor, tmp_path: Path, wait_until: Callable[..., None]
) -> None:
    log = tmp_path / "parent.log"
    supervisor.start(Program("parent", WITH_GRANDCHILD, ready=lambda: log.read_text().strip() != ""))
    supervisor.wait_until_ready("parent")
    grandchild = psutil.Process(int(log.read_text()))
    supervisor.stop()
    wait_until(lambda: not grandchild.is_running() or grandchild.status() == "zombie", why="it is gone")


def test_a_program_that_dies_at_start_says_why(supervisor: Supervisor) -> None:
    supervisor.start(Program("broken", ["sh", "-c", "echo no paper >&2; exit 2"], ready=lambda: False))
    with pytest.raises(ServiceError, match="(?s)broken ended with status 2; its log is .*no paper"):
        supervisor.wait_until_ready("broken")


def test_it_answers_with_what_a_command_wrote(supervisor: Supervisor) -> None:
    assert supervisor.run(Program("talk", ["sh", "-c", "echo a link; echo a warning >&2"])) == "a link\n"
    assert supervisor.children == {}
    with pytest.raises(ServiceError, match="(?s)fail ended with status 1.*because"):
        supervisor.run(Program("fail", ["sh", "-c", "echo because >&2; exit 1"]))


def test_a_stop_during_a_command_leaves_nothing(supervisor: Supervisor) -> None:
    supervisor.stop_requested = True
    with pytest.raises(StopRequested):
        supervisor.run(Program("long", SLEEP))
    process = supervisor.children["long"].process
    supervisor.stop()
    assert process.returncode == -signal.SIGTERM


def test_a_large_log_makes_way_for_a_new_one(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    with open(log, "wb") as file:
        file.truncate(LARGEST_LOG_BYTES + 1)
    start_new_log_when_large(log)
    assert not log.exists()
    assert (tmp_path / "web.old.log").exists()
    child = Child(Program("web", ["echo", "hello"]), log)
    child.process.wait()
    assert child.last_lines() == "  | hello"

"""Starts programs in order, brings back the ones that die, stops all in reverse order."""

import os
import select
import signal
import time
from collections.abc import Callable
from pathlib import Path

from projector_site.services.errors import ServiceError, StopRequested
from projector_site.services.process import Child, Program

STABLE_AFTER_S = 30.0
STDIN = 0
LONGEST_BACK_OFF_S = 30.0
START_WITHIN_S = 60.0


class Supervisor:
    """One thread, one loop. Every wait goes through `pause`, so a signal is answered at once."""

    def __init__(self, logs: Path, say: Callable[[str], None]) -> None:
        self.logs = logs
        self.say = say
        self.children: dict[str, Child] = {}
        self.failures: dict[str, int] = {}
        self.due: dict[str, float] = {}  # name -> when to start it again
        self.stop_requested = False
        self._wake_read, self._wake_write = os.pipe()
        self._poll = select.poll()
        self._poll.register(self._wake_read, select.POLLIN)

    def handle_signals(self) -> None:
        """Ctrl-C, SIGTERM and a closed terminal ask for a stop; a child's end wakes the loop."""
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGINT, self._request_stop)
        signal.signal(signal.SIGTERM, self._request_stop)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup asks to outlive the terminal
            signal.signal(signal.SIGHUP, self._request_stop)
            if os.isatty(
                STDIN
            ):  # SIGHUP goes to the session's leader, which need not pass it on: make does not
                self._poll.register(STDIN, select.POLLHUP)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def _request_stop(self, *_: object) -> None:
        self.stop_requested = True

    def pause(self, seconds: float | None) -> None:
        """Wait for a signal or for `seconds`. Raises StopRequested."""
        if not self.stop_requested:
            for descriptor, _ in self._poll.poll(None if seconds is None else seconds * 1000):
                if descriptor == self._wake_read:
                    os.read(self._wake_read, 4096)
                else:
                    self.stop_requested = True  # the terminal is gone
        if self.stop_requested:
            raise StopRequested

    def run(self, program: Program) -> str:
        """Run a command to its end; what it wrote to its standard output, less than a pipe holds.

        Raises ServiceError if it fails.
        """
        child = Child(program, self.logs / f"{program.name}.log", capture=True)
        self.children[program.name] = child
        while not child.has_ended():
            self.pause(1)
        del self.children[program.name]
        if child.process.returncode:
            raise child.failure()
        output, _ = child.process.communicate()
        return output.decode(errors="replace")

    def start(self, program: Program) -> None:
        """Start a program without waiting for it to answer."""
        if program.before_start:
            program.before_start()
        self.children[program.name] = Child(program, self.logs / f"{program.name}.log")

    def wait_until_ready(self, name: str) -> None:
        """Raises ServiceError if the program ends, or does not answer in time."""
        child = self.children[name]
        is_ready = child.program.ready
        deadline = time.monotonic() + START_WITHIN_S
        while is_ready and not is_ready():
            if child.has_ended():
                raise child.failure()
            if time.monotonic() > deadline:
                raise ServiceError(
                    f"{name} does not answer after {START_WITHIN_S:.0f} s; its log is {child.log}, "
                    f"last lines:\n{child.last_lines()}"
                )
            self.pause(0.03)

    def watch(self) -> None:
        """Bring back what dies, until a stop is requested (StopRequested)."""
        while True:
            self.pause(self._until_next_start())
            for name, child in self.children.items():
                if name not in self.due and child.has_ended():
                    self._plan_restart(name, child)
            now = time.monotonic()
            for name in [name for name, when in self.due.items() if when <= now]:
                self._restart(name)

    def _until_next_start(self) -> float | None:
        return max(0.0, min(self.due.values()) - time.monotonic()) if self.due else None

    def _plan_restart(self, name: str, child: Child) -> None:
        child.kill_group()
        was_stable = time.monotonic() - child.started_at > STABLE_AFTER_S
        failures = 0 if was_stable else self.failures.get(name, 0)
        delay = min(LONGEST_BACK_OFF_S, 2.0 ** (failures - 1)) if failures else 0.0
        self.failures[name] = failures + 1
        self.due[name] = time.monotonic() + delay
        again = f"starting it again in {delay:.0f} s (see {child.log})" if delay else "starting it again"
        self.say(f"{name} {child.ending()}; {again}.")
        if child.process.returncode > 0 and not failures:
            self.say(child.last_lines())

    def _restart(self, name: str) -> None:
        program = self.children[name].program
        del self.due[name]
        try:
            self.start(program)
        except ServiceError as error:
            self.due[name] = time.monotonic() + 1
            self.say(f"{name} has to wait: {error}")
            return
        for follower in [child for child in self.children.values() if child.program.follows == name]:
            follower.stop()
            self.due[follower.program.name] = time.monotonic()

    def stop(self) -> None:
        """Stop everything in reverse order of starting."""
        for child in reversed(self.children.values()):
            child.stop()
        self.children.clear()

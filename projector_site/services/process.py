"""One child process: started in its own session, tied to our life, stopped with everything it started."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from projector_site.services.account import Account
from projector_site.services.errors import ServiceError

PR_SET_PDEATHSIG = 1
LARGEST_LOG_BYTES = 20_000_000

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(signal_number: int) -> None:
    """Ask the kernel to send us `signal_number` when the thread that started us ends (Linux only)."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)


@dataclass(frozen=True)
class Program:
    """A server: how to start it, how to know that it answers, how to stop it.

    `stop_within_s` after `stop_signal` the whole process group is killed. `death_signal` is what the kernel
    sends when the supervisor itself is killed. `before_start` runs before each start and may raise
    ServiceError. `follows`: restart this one after that one was restarted.
    """

    name: str
    command: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    account: Account | None = None
    ready: Callable[[], bool] | None = None
    before_start: Callable[[], object] | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within_s: float = 5
    death_signal: signal.Signals = signal.SIGKILL
    follows: str = ""


class Child:
    """A running program and its log file. `capture`: its standard output is a pipe to read from."""

    def __init__(self, program: Program, log: Path, *, capture: bool = False) -> None:
        self.program = program
        self.log = log
        self.capture = capture
        self.process = self._spawn()
        self.started_at = time.monotonic()

    def _spawn(self) -> subprocess.Popen[bytes]:
        program, account = self.program, self.program.account
        supervisor = os.getpid()

        def in_the_child() -> None:
            die_with_parent(program.death_signal)
            if os.getppid() != supervisor:  # it died before the kernel was told
                os._exit(1)

        start_new_log_when_large(self.log)
        with open(self.log, "ab") as log:
            return subprocess.Popen(
                program.command,
                env={**os.environ, **program.environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if self.capture else log,
                stderr=log,
                start_new_session=True,
                preexec_fn=in_the_child,  # noqa: PLW1509 - the supervisor has one thread
                cwd="/" if account else None,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def ending(self) -> str:
        code = self.process.returncode
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"

    def kill_group(self) -> None:
        """Kill what the process left in its session, itself included."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def stop(self) -> None:
        """Ask, wait, then kill; returns when the process is gone."""
        if not self.has_ended():
            self.process.send_signal(self.program.stop_signal)
            try:
                self.process.wait(self.program.stop_within_s)
            except subprocess.TimeoutExpired:
                self.kill_group()
                self.process.wait()
        self.kill_group()

    def last_lines(self, n_lines: int = 15) -> str:
        try:
            with open(self.log, "rb") as log:
                log.seek(max(0, self.log.stat().st_size - 20_000))
                lines = log.read().decode(errors="replace").splitlines()
        except OSError:
            return ""
        return "\n".join(f"  | {line}" for line in lines[-n_lines:])

    def failure(self) -> ServiceError:
        return ServiceError(
            f"{self.program.name} {self.ending()}; its log is {self.log}, last lines:\n{self.last_lines()}"
        )


def start_new_log_when_large(log: Path) -> None:
    """Keep one older log; a server that runs for months must not fill the disk."""
    if log.exists() and log.stat().st_size > LARGEST_LOG_BYTES:
        log.replace(log.with_suffix(".old.log"))

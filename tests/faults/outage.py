"""An installation with people in it, and ways for its servers to be gone for a while."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import psutil

from faults.person import BROKEN, SiteError

if TYPE_CHECKING:
    from faults.chaos import Chaos

PAGE_SAYS_WITHIN_S = 45


class Outage:
    """An installation with somebody in it, and what goes wrong with it for a while."""

    def __init__(self, chaos: Chaos, seconds: float) -> None:
        self.chaos, self.seconds = chaos, seconds
        self.installation = chaos.installation
        self.failures: list[str] = []

    # --- ways for a server to be gone

    @contextmanager
    def stopped(self, *names: str, kill: bool = False) -> Iterator[None]:
        """Servers ended, and nobody to bring them back: their supervisor sleeps."""
        supervisor = psutil.Process(self.installation.up.process.pid)
        children = self.installation.up.children()
        supervisor.suspend()
        try:
            for name in names:
                family = [children[name], *children[name].children(recursive=True)]
                for process in family if kill else family[:1]:
                    process.send_signal(signal.SIGKILL if kill else signal.SIGINT)
                psutil.wait_procs(family, timeout=20)
            yield
        finally:
            supervisor.resume()

    @contextmanager
    def hanging(self, name: str) -> Iterator[None]:
        """A server that takes connections and answers nothing."""
        server = self.installation.up.children()[name]
        family = [server, *server.children(recursive=True)]
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.suspend()
        try:
            yield
        finally:
            for process in family:
                with suppress(psutil.NoSuchProcess):
                    process.resume()

    # --- what people see

    def expect(self, path: str, *words: str, form: Callable[[], dict] | None = None) -> None:
        """The page, or what answers the form, comes to say one of these while the fault lasts."""
        end = time.monotonic() + PAGE_SAYS_WITHIN_S
        seen = ""
        while time.monotonic() < end:
            try:
                _, _, seen = self.chaos.person.send(path, form() if form else None)
            except SiteError as error:
                seen = error.page
            except BROKEN as error:
                seen = f"no answer: {error}"
            if any(word in seen for word in words):
                return
            time.sleep(1)
        self.failures.append(f"{path} does not say {' or '.join(words)!r}: {' '.join(seen.split())[:300]}")

    @contextmanager
    def people(self) -> Iterator[Callable[..., None]]:
        """A way to start activities; at the end everybody has insisted until theirs is done."""
        threads: list[threading.Thread] = []

        def start(*names: str) -> None:
            threads.extend(threading.Thread(target=self._act, args=[name]) for name in names)
            for thread in threads[-len(names) :]:
                thread.start()
            time.sleep(self.chaos.chance.uniform(0.2, 1.5))

        yield start
        for thread in threads:
            thread.join()

    def _act(self, name: str) -> None:
        try:
            self.chaos.act(name)
        except Exception as error:  # noqa: BLE001 - whatever went wrong is what this looks for
            self.failures.append(f"{name}: {type(error).__name__}: {error}")

    def last(self, since: float) -> None:
        """Wait until the fault has lasted as long as it should."""
        time.sleep(max(0.0, self.seconds - (time.monotonic() - since)))

    def newest(self, table: str) -> int:
        return int(self.installation.state(f"SELECT max(id) FROM annotations_{table}"))

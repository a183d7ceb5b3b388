"""Thirty annotators and an owner at a site of its own, all at once; for bench_scale.py."""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psutil
from django.core.management import call_command

from annotations.models import Project, User
from benchmarks.bench_review import Annotator
from benchmarks.scale_pages import pages_of, promote
from projector_site.services.programs import free_port

TESTS = Path(__file__).parents[1]
READS_S = 4.0  # a person on one sentence, on average
OWNER_PAUSE_S = 2.0
STARTS_WITHIN_S = 30
WORDS = ("said", "court", "judges", "yesterday", "baba", "office of")


class Times:
    """Milliseconds by kind of request, and what went wrong."""

    def __init__(self) -> None:
        self.spent: dict[str, list[float]] = defaultdict(list)
        self.errors: list[str] = []

    @contextmanager
    def taking(self, kind: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        except Exception as error:  # noqa: BLE001 - counted and shown
            self.errors.append(f"{kind}: {type(error).__name__}: {str(error)[:200]}")
        else:
            self.spent[kind].append(1000 * (time.perf_counter() - started))

    def report(self) -> None:
        print("| request | n | p50 ms | p95 ms | p99 ms | most |\n|---|---|---|---|---|---|")
        for kind, times in sorted(self.spent.items()):
            cuts = statistics.quantiles(times, n=100) if len(times) > 1 else times * 99
            most = max(times)
            print(
                f"| {kind} | {len(times)} | {cuts[49]:.0f} | {cuts[94]:.0f} | {cuts[98]:.0f} | {most:.0f} |"
            )
        print(f"\n{len(self.errors)} errors")
        for error in self.errors[:20]:
            print(f"  {error}")


def be_annotator(annotator: Annotator, project: Project, times: Times, end: float, seed: int) -> None:
    """Accepts what is shown; now and then looks up a word, a history, or the start page."""
    chance = random.Random(seed)  # noqa: S311
    while time.monotonic() < end:
        time.sleep(chance.expovariate(1 / READS_S))
        with times.taking("accept"):
            annotator.accept()
        draw = chance.random()
        if draw < 0.03:
            words = quote(chance.choice(WORDS))
            look(annotator, times, "search", f"/projects/{project.pk}/sentences/?q={words}")
        elif draw < 0.06:
            pair = chance.randint(1, 100_000)
            look(annotator, times, "history", f"/sentences/{pair}/history/")
        elif draw < 0.10:
            with times.taking("review page"):
                _, location, _ = annotator.send("GET", f"/projects/{project.pk}/review/")
                _, _, annotator.page = annotator.send("GET", location)


def be_owner(owner: Annotator, project: Project, times: Times, end: float) -> None:
    """Goes round every page that looks over many rows."""
    while time.monotonic() < end:
        for name, address in pages_of(project).items():
            if time.monotonic() > end:
                return
            time.sleep(OWNER_PAUSE_S)
            look(owner, times, f"owner: {name}", address)


def look(person: Annotator, times: Times, kind: str, address: str) -> None:
    with times.taking(kind):
        status, _, page = person.send("GET", address)
        if status not in {200, 302}:
            raise RuntimeError(f"{status} at {address}: {page[:200]}")


@contextmanager
def site(log: Path) -> Iterator[tuple[str, psutil.Process]]:
    """gunicorn as in docs/production.md: its address, and its first process."""
    call_command("collectstatic", interactive=False, verbosity=0)
    port = free_port("127.0.0.1", 0)
    command = [sys.executable, "-m", "gunicorn", "projector_site.wsgi", "--bind", f"127.0.0.1:{port}"]
    command += ["--worker-class", "gthread", "--workers", "2", "--threads", "4", "--preload"]
    environment = {**os.environ, "ALLOWED_HOSTS": "127.0.0.1", "PYTHONPATH": str(TESTS.parent)}
    with log.open("w") as output:
        server = subprocess.Popen(command, env=environment, stdout=output, stderr=output)  # noqa: S603
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(address)
        yield address, psutil.Process(server.pid)
    finally:
        server.terminate()
        server.wait(20)


def wait_for(address: str) -> None:
    end = time.monotonic() + STARTS_WITHIN_S
    while True:
        try:
            urllib.request.urlopen(f"{address}/health/live/", timeout=2).close()  # noqa: S310
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def memory_of(server: psutil.Process) -> str:
    sizes = [process.memory_info().rss / 1e6 for process in server.children()]
    return ", ".join(f"{size:.0f} MB" for size in sizes)


def measure_people(project: Project, n_users: int, minutes: float) -> None:
    log = Path(os.environ["PROJECTOR_DATA"], "gunicorn.log")
    times = Times()
    with site(log) as (address, server):
        people = [Annotator(project, number, address) for number in range(n_users)]
        owner = Annotator(project, n_users, address)
        promote(project, User.objects.get(username=f"bench-{n_users}"))
        end = time.monotonic() + 60 * minutes
        threads = [
            threading.Thread(target=be_annotator, args=[annotator, project, times, end, number])
            for number, annotator in enumerate(people)
        ]
        threads.append(threading.Thread(target=be_owner, args=[owner, project, times, end]))
        for thread in threads:
            thread.start()
        time.sleep(min(30.0, 20 * minutes))
        at_start = memory_of(server)
        for thread in threads:
            thread.join()
        print(f"{n_users} annotators and an owner for {minutes:g} minutes, {READS_S:g} s to read each")
        times.report()
        print(f"memory of the web processes: {at_start} after the start, {memory_of(server)} at the end")

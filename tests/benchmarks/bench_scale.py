"""How the site behaves with a million pairs, thirty annotators and the pages that look over everything.

    export DATABASE_URL=...
    python tests/benchmarks/fill.py --pairs 1000000 --reviews 500000    # once, about ten minutes
    python tests/benchmarks/bench_scale.py pages                        # each page alone, a minute or two
    python tests/benchmarks/bench_scale.py reports                      # what workers compute for them
    python tests/benchmarks/bench_scale.py people --minutes 10          # thirty people at once
    python tests/benchmarks/bench_scale.py files                        # 100,000 pairs in, 1,000,000 out

`people` starts gunicorn as docs/production.md does, and plays annotators who accept, each with a pause to
read, a few who look something up, and an owner who goes round the reports and lists. Printed are the requests
of each kind with their percentiles and errors, and the memory of the web processes at the start and the end.
It writes reviews into the project; `files` makes a project of its own.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import secrets
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS.parent), str(TESTS)]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "projector_site.settings")
os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
os.environ.setdefault("CELERY_BROKER_URL", "memory://")  # what pages ask of workers is measured by `reports`
os.environ.setdefault("PROJECTOR_DATA", tempfile.mkdtemp(prefix="projector-bench-"))

import django  # noqa: E402

django.setup()

import psutil  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from annotations.actions.background import one_snapshot  # noqa: E402
from annotations.actions.reports import make_report, promise_report  # noqa: E402
from annotations.export.build import build_export  # noqa: E402
from annotations.export.options import ExportOptions  # noqa: E402
from annotations.models import Project, ProjectReport, ReviewEvent, User  # noqa: E402
from benchmarks.bench_files import import_all, measured, write_files  # noqa: E402
from benchmarks.bench_review import Annotator  # noqa: E402
from projector_site.services.programs import free_port  # noqa: E402

READS_S = 4.0  # a person on one sentence, on average
OWNER_PAUSE_S = 2.0
STARTS_WITHIN_S = 30


def pages_of(project: Project) -> dict[str, str]:
    """Name to address of the pages that look over many rows."""
    at = f"/projects/{project.pk}"
    event = ReviewEvent.objects.filter(review__pair__project=project).latest("pk")
    pair = event.review.pair
    chosen = {
        **{f"queue {order}": f"?order={order}" for order in ("hardest", "easiest", "corpus")},
        **{f"queue of {label}": f"?label={label}" for label in ("PER", "MISC")},
        **{f"queue {doubt}": f"?doubt={doubt}" for doubt in ("missing", "disputed", "extra", "names")},
        "queue of a language": "?language=sw&order=hardest",
        "queue of the skipped": "?skipped=on",
    }
    searched = {
        "search, frequent word": "?q=said",
        "search, rare words": f"?q={quote(' '.join(pair.target_tokens[:3]))}",
        "search, nothing found": "?q=xyzzy",
        "list of a label": "?label=MISC",
        "list of a reviewer": "?reviewer=scale-3",
        "list of the flagged": "?status=flagged",
        "list of a document": f"?document={pair.document}",
        "list of a name": f"?id={pair.external_id}",
        "list, far in": f"?after={pair.pk}",
    }
    return {
        "home": "/",
        "project": f"{at}/",
        **{name: f"{at}/review/{query}" for name, query in chosen.items()},
        "sentence": f"/sentences/{pair.pk}/",
        "history": f"/sentences/{pair.pk}/history/",
        "sentences": f"{at}/sentences/",
        **{name: f"{at}/sentences/{query}" for name, query in searched.items()},
        **{
            name: f"{at}/{name}/"
            for name in (
                *("figures", "names", "rerun", "fast-lane", "flags", "comments", "disagreements"),
                *("people", "assignments", "runs", "imports", "exports", "activity", "adjudicate"),
            )
        },
        "run": f"/runs/{project.runs.latest('pk').pk}/",
        "fast lane count": f"{at}/fast-lane/?threshold=0.9",
        "export count": f"{at}/exports/count/?format=conll2003&scheme=IOB2&seed=0",
        **{
            f"admin {table}": f"/admin/annotations/{table}/"
            for table in ("sentencepair", "candidate", "review", "reviewevent", "projectionrun", "project")
        },
    }


def promote(project: Project, user: User) -> User:
    """Make somebody an owner who may look into Django admin as well."""
    project.memberships.update_or_create(user=user, defaults={"role": "owner"})
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    return user


def measure_pages(project: Project, only: str) -> None:
    """Each page in this process: statements, seconds of them, seconds of processor time, bytes."""
    settings.ALLOWED_HOSTS = ["*"]
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    client = Client(raise_request_exception=False)
    client.force_login(promote(project, project.created_by))
    print(
        "| page | status | statements | ms in them | ms of processor here | kB |\n|---|---|---|---|---|---|"
    )
    for name, address in pages_of(project).items():
        if only not in name:
            continue
        client.get(address)  # what is loaded once
        started = time.process_time()
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(address)
            size = len(answer.getvalue() if answer.streaming else answer.content)
        spent = 1000 * (time.process_time() - started)
        waited = 1000 * sum(float(query["time"]) for query in captured.captured_queries)
        n = len(captured.captured_queries)
        print(f"| {name} | {answer.status_code} | {n} | {waited:.0f} | {spent:.0f} | {size / 1000:.0f} |")


def measure_reports(project: Project) -> None:
    """What workers compute for the dashboard and the names."""
    for kind in ProjectReport.Kind.values:
        ProjectReport.objects.filter(project=project, kind=kind, status="working").delete()
        report = promise_report(project, kind)
        assert report is not None
        started = time.perf_counter()
        make_report(report.pk)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"report {kind}: {time.perf_counter() - started:.1f} s, {peak:.0f} MB at most")


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


WORDS = ("said", "court", "judges", "yesterday", "baba", "office of")


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


def measure_files(project: Project) -> None:
    """An import of 100,000 pairs, and an export of everything: gold, and silver where there is none."""
    user = promote(project, project.created_by)
    n_pairs = project.pair_counts.all().totals()["n_pairs"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        what, files = "JSONL, tokenised, labelled", write_files(folder, 100_000)
        import_all(files[what], user, what, 100_000)
        target = folder / "everything"
        target.mkdir()
        with measured("export CoNLL-2003, gold and silver", n_pairs), one_snapshot():
            build_export(project, ExportOptions(silver=True), target, made_by="benchmark")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=["pages", "reports", "people", "files"])
    parser.add_argument("--project", default="Scale", help="its name, as it was filled")
    parser.add_argument("--users", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--only", default="", help="of `pages`, those with this in their name")
    options = parser.parse_args()
    project = Project.objects.get(name=options.project)
    if options.command == "pages":
        measure_pages(project, options.only)
    elif options.command == "reports":
        measure_reports(project)
    elif options.command == "people":
        measure_people(project, options.users, options.minutes)
    else:
        measure_files(project)


if __name__ == "__main__":
    main()

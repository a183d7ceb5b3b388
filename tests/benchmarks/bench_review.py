"""How fast sentences are reviewed with many pairs in the database.

    export DATABASE_URL=...
    python tests/benchmarks/fill.py --pairs 1000000 --reviews 0 --name "Benchmark of the review"
    gunicorn projector_site.wsgi --workers 2 --threads 4 --bind 127.0.0.1:8010 --preload &
    python tests/benchmarks/bench_review.py cycle http://127.0.0.1:8010 --users 10 --seconds 30
    python tests/benchmarks/bench_review.py paint http://127.0.0.1:8010
    python tests/benchmarks/bench_review.py profile

`cycle` plays annotators who accept everything: each request accepts a sentence and brings the next (what
other tools do in a submit and a fetch). Printed are cycles per second, milliseconds per cycle, and, where the
site is on this machine, the CPU time that a cycle takes of its processes.
`paint` presses Enter in a real browser and waits until the next sentence is painted.
`profile` needs no server: it plays the same cycle in this process and says what it costs.
"""

from __future__ import annotations

import argparse
import http.client
import os
import re
import statistics
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlencode, urlsplit

sys.path.insert(0, str(Path(__file__).parents[2]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "projector_site.settings")

import django  # noqa: E402

django.setup()

from cpu_used import CpuUsed  # noqa: E402
from django.conf import settings  # noqa: E402
from review_painting import paint  # noqa: E402
from review_profile import profile, sign_in  # noqa: E402

from annotations.models import Membership, Project, User  # noqa: E402

NAME = "Benchmark of the review"


class Annotator:
    """One signed-in person with a connection of their own."""

    def __init__(self, project: Project, number: int, address: str) -> None:
        user, _ = User.objects.get_or_create(username=f"bench-{number}")
        Membership.objects.get_or_create(project=project, user=user, defaults={"role": "annotator"})
        self.session = sign_in(user)
        self.connection = http.client.HTTPConnection(urlsplit(address).netloc)
        self.csrf = ""
        self.times: list[float] = []
        status, location, _ = self.send("GET", f"/projects/{project.pk}/review/")
        assert status == 302, status
        _, _, self.page = self.send("GET", location)

    def send(self, method: str, path: str, data: dict | None = None) -> tuple[int, str, str]:
        headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={self.session}; csrftoken={self.csrf}"}
        if data is not None:
            headers |= {"HX-Request": "true", "Content-Type": "application/x-www-form-urlencoded"}
        try:
            self.connection.request(method, path, urlencode(data) if data else None, headers)
            response = self.connection.getresponse()
        except (ConnectionError, http.client.RemoteDisconnected):  # the server closes idle connections
            self.connection.close()
            return self.send(method, path, data)
        body = response.read().decode()
        if cookie := re.search(r"csrftoken=(\w+)", response.headers.get("Set-Cookie", "")):
            self.csrf = cookie[1]
        return response.status, response.headers.get("Location", ""), body

    def accept(self) -> None:
        form = {
            "csrfmiddlewaretoken": re.search(r'csrfmiddlewaretoken" value="(\w+)"', self.page)[1],
            "version": re.search(r'name="version" value="(\d+)"', self.page)[1],
            "run": re.search(r'name="run" value="(\d+)"', self.page)[1],
            "text": re.search(r'name="text" value="(\d+)"', self.page)[1],
        }
        pair = re.search(r'data-pair="(\d+)"', self.page)[1]
        started = time.perf_counter()
        status, _, self.page = self.send("POST", f"/sentences/{pair}/accept/", form)
        self.times.append(time.perf_counter() - started)
        assert status == 200, self.page[:500]


def cycle(project: Project, address: str, n_users: int, seconds: float) -> None:
    people = [Annotator(project, number, address) for number in range(n_users)]
    for annotator in people:
        annotator.accept()  # so that every process and connection of the site is there
    used = CpuUsed(address)
    end = time.monotonic() + seconds

    def work(annotator: Annotator) -> None:
        while time.monotonic() < end:
            annotator.accept()

    threads = [threading.Thread(target=work, args=[annotator]) for annotator in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times = sorted(1000 * t for annotator in people for t in annotator.times[1:])
    cpu = used.a_cycle(len(times))
    cuts = statistics.quantiles(times, n=100)
    totals = project.pair_counts.all().totals()
    print(
        f"{n_users} users: {len(times) / seconds:.0f} cycles/s, p50 {cuts[49]:.1f} ms, "
        f"p95 {cuts[94]:.1f} ms, p99 {cuts[98]:.1f} ms; "
        f"{totals['n_pairs']:,} pairs, {totals['n_reviewed']:,} reviewed"
    )
    print(cpu)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    cycling = commands.add_parser("cycle", help="let annotators accept sentences in the latest such project")
    cycling.add_argument("address")
    cycling.add_argument("--users", type=int, default=10)
    cycling.add_argument("--seconds", type=float, default=30)
    painting = commands.add_parser("paint", help="time from Enter to the next sentence, in a browser")
    painting.add_argument("address")
    painting.add_argument("--sentences", type=int, default=60)
    painting.add_argument("--pause", type=float, default=0.7, help="seconds that the annotator looks")
    profiling = commands.add_parser("profile", help="CPU time and statements of a cycle, in this process")
    profiling.add_argument("cycles", type=int, nargs="?", default=500)
    profiling.add_argument("--functions", type=int, default=0, help="list the costliest")
    options = parser.parse_args()
    project = Project.objects.filter(name__startswith=NAME).latest("created_at")
    match options.command:
        case "cycle":
            cycle(project, options.address, options.users, options.seconds)
        case "paint":
            paint(project, options.address, options.sentences, options.pause)
        case "profile":
            profile(project, options.cycles, n_functions=options.functions)


if __name__ == "__main__":
    main()

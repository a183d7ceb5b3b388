"""How fast sentences are reviewed with many pairs in the database.

    export DATABASE_URL=...
    python tests/benchmarks/bench_review.py fill 1000000
    gunicorn projector_site.wsgi --workers 2 --threads 4 --bind 127.0.0.1:8010 &
    python tests/benchmarks/bench_review.py cycle http://127.0.0.1:8010 --users 10 --seconds 30

`fill` needs a superuser of the database: it leaves out the triggers and counts by itself.
`cycle` plays annotators who accept everything: each request accepts a sentence and brings the next (what
other tools do in a submit and a fetch). Printed are cycles per second and milliseconds per cycle.
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

from django.conf import settings  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402

from annotations.models import Membership, PairCount, Project, ProjectionRun, User  # noqa: E402

NAME = "Benchmark of the review"
SOURCE = (
    "The president of Kenya met Ana Ruiz and the mayor of Nairobi on Tuesday afternoon in the old town hall ."
)
TARGET = (
    "Rais wa Kenya alikutana na Ana Ruiz na meya wa Nairobi Jumanne alasiri katika ukumbi wa mji wa kale ."
)
ENTITIES = [(3, 4, 2, 3, "LOC"), (5, 7, 5, 7, "PER"), (10, 11, 10, 11, "LOC")]
BATCH = 20_000

FILL = """
SET LOCAL session_replication_role = replica;
WITH pairs AS (
    INSERT INTO annotations_sentencepair (
        project_id, source_language, target_language, external_id, document, domain, meta,
        source_text, source_offsets, target_text, target_offsets, has_source_labels, has_reference,
        fingerprint, status, is_flagged, priority, shown_run_id)
    SELECT %(project)s, 'en', 'sw', 'bench-' || n, 'd' || n / 20, 'news', '{}',
        %(source)s, %(source_offsets)s, %(target)s, %(target_offsets)s, true, false,
        lpad(n::text, 64, '0'), 'suggested', false, (n::bigint * 7919 %% 1000003) / 1000003.0, %(run)s
    FROM generate_series(%(first)s, %(last)s) AS n RETURNING id
), results AS (
    INSERT INTO annotations_pairresult (
        run_id, pair_id, status, message, link_sources, link_targets, link_scores)
    SELECT %(run)s, id, 'done', '', %(links)s, %(links)s, %(scores)s FROM pairs
), entities AS (
    INSERT INTO annotations_sourceentity (pair_id, start, "end", label, score)
    SELECT pairs.id, e.start, e.stop, e.label, 1
    FROM pairs, unnest(%(starts)s, %(stops)s, %(labels)s::text[]) AS e(start, stop, label)
    RETURNING id, pair_id, start, label
)
INSERT INTO annotations_candidate (
    run_id, pair_id, source_entity_id, rank, start, "end", label, score, confidence, margin, reason)
SELECT %(run)s, pair_id, entities.id, rank, t.start, t.start + 1 + rank, label, 1 - rank / 10.0,
    CASE WHEN rank = 0 THEN 0.8 END, CASE WHEN rank = 0 THEN 0.3 END, ''
FROM entities
JOIN unnest(%(starts)s, %(target_starts)s) AS t(source_start, start) ON t.source_start = entities.start,
    generate_series(0, 2) AS rank
"""


def fill(n_pairs: int) -> None:
    owner, _ = User.objects.get_or_create(username="bench-owner")
    project = Project.objects.create(name=f"{NAME} {time.time():.0f}", created_by=owner)
    run = ProjectionRun.objects.create(
        project=project,
        target_language="sw",
        tagger="none",
        aligner="none",
        method="none",
        status="done",
        signature="benchmark",
        created_by=owner,
    )
    source, target = SOURCE.split(" "), TARGET.split(" ")
    values = {
        "project": project.pk,
        "run": run.pk,
        "source": SOURCE,
        "source_offsets": offsets(source),
        "target": TARGET,
        "target_offsets": offsets(target),
        "links": list(range(len(target))),
        "scores": [0.8] * len(target),
        "starts": [e[0] for e in ENTITIES],
        "stops": [e[1] for e in ENTITIES],
        "target_starts": [e[2] for e in ENTITIES],
        "labels": [e[4] for e in ENTITIES],
    }
    for first in range(1, n_pairs + 1, BATCH):
        with transaction.atomic(), connection.cursor() as cursor:
            last = min(first + BATCH - 1, n_pairs)
            cursor.execute(FILL, values | {"first": first, "last": last})
        print(f"\r{last:,} pairs", end="", flush=True)
    PairCount.objects.create(
        project=project,
        target_language="sw",
        n_pairs=n_pairs,
        n_awaiting=n_pairs,
        n_reviewed=0,
        n_skipped=0,
        n_flagged=0,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(f" in {project.name}")


def offsets(tokens: list[str]) -> list[int]:
    flat, position = [], 0
    for token in tokens:
        flat += [position, position + len(token)]
        position += len(token) + 1
    return flat


class Annotator:
    """One signed-in person with a connection of their own."""

    def __init__(self, project: Project, number: int, address: str) -> None:
        user, _ = User.objects.get_or_create(username=f"bench-{number}")
        Membership.objects.get_or_create(project=project, user=user, defaults={"role": "annotator"})
        client = Client()
        client.force_login(user)
        self.session = client.cookies[settings.SESSION_COOKIE_NAME].value
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
        except (BrokenPipeError, http.client.RemoteDisconnected):  # the server closes idle connections
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
        }
        pair = re.search(r'data-pair="(\d+)"', self.page)[1]
        started = time.perf_counter()
        status, _, self.page = self.send("POST", f"/sentences/{pair}/accept/", form)
        self.times.append(time.perf_counter() - started)
        assert status == 200, self.page[:500]


def cycle(address: str, n_users: int, seconds: float) -> None:
    project = Project.objects.filter(name__startswith=NAME).latest("created_at")
    people = [Annotator(project, number, address) for number in range(n_users)]
    end = time.monotonic() + seconds

    def work(annotator: Annotator) -> None:
        while time.monotonic() < end:
            annotator.accept()

    threads = [threading.Thread(target=work, args=[annotator]) for annotator in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times = sorted(1000 * t for annotator in people for t in annotator.times)
    cuts = statistics.quantiles(times, n=100)
    totals = project.pair_counts.all().totals()
    print(
        f"{n_users} users: {len(times) / seconds:.0f} cycles/s, p50 {cuts[49]:.1f} ms, "
        f"p95 {cuts[94]:.1f} ms, p99 {cuts[98]:.1f} ms; "
        f"{totals['n_pairs']:,} pairs, {totals['n_reviewed']:,} reviewed"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    filling = commands.add_parser("fill", help="make a project with that many projected pairs")
    filling.add_argument("pairs", type=int)
    cycling = commands.add_parser("cycle", help="let annotators accept sentences in the latest such project")
    cycling.add_argument("address")
    cycling.add_argument("--users", type=int, default=10)
    cycling.add_argument("--seconds", type=float, default=30)
    options = parser.parse_args()
    if options.command == "fill":
        fill(options.pairs)
    else:
        cycle(options.address, options.users, options.seconds)


if __name__ == "__main__":
    main()

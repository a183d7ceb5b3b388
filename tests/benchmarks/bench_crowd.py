"""Many annotators at once on one project, and whether every promise about claims held.

    export DATABASE_URL=...
    python tests/benchmarks/fill.py --pairs 3000 --reviews 0 --name Crowd
    gunicorn projector_site.wsgi --workers 2 --threads 4 --bind 127.0.0.1:8010 &
    python tests/benchmarks/bench_crowd.py http://127.0.0.1:8010 --project Crowd --people 30

Everybody accepts, corrects, looks ahead and sometimes walks away until nothing awaits review. Printed are the
reviews and what went wrong: pairs that two people had at once, pairs left over, totals that do not add up.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "projector_site.settings")

import django  # noqa: E402

django.setup()

from annotations.models import Membership, Project, Review, User  # noqa: E402
from crowd import work_together  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("address")
    parser.add_argument("--project", required=True)
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--timeout", type=float, default=600, help="seconds")
    options = parser.parse_args()
    project = Project.objects.get(name=options.project)
    people = [join(project, f"crowd-{number}") for number in range(options.people)]
    n_before = Review.objects.filter(pair__project=project, status="done").count()
    expected = reviews_asked_for(project)
    started = time.perf_counter()
    ledger = work_together(people, project.pk, options.address, expected, options.timeout)
    seconds = time.perf_counter() - started
    totals = project.pair_counts.all().totals()
    n_left = project.pairs.awaiting_review().count()
    n_done = Review.objects.filter(pair__project=project, status="done").count() - n_before
    print(f"{options.people} people, {expected} reviews, {seconds:.0f} s, {len(ledger.held)} times served")
    print(f"two people at once: {len(ledger.served_twice())}; left over: {n_left}")
    print(f"reviews: {n_done} of {expected}; counters say {totals['n_awaiting']} left")
    if ledger.served_twice() or n_left or n_done != expected or totals["n_awaiting"]:
        sys.exit("a promise was broken")


def reviews_asked_for(project: Project) -> int:
    """One of each pair that awaits review, more where several people are to review it."""
    awaiting = project.pairs.awaiting_review().values_list("pk", flat=True)
    fresh = sum(project.overlap_people if project.wants_overlap(pair) else 1 for pair in awaiting)
    return fresh + sum(project.pairs.filter(more_reviews__gt=0).values_list("more_reviews", flat=True))


def join(project: Project, name: str) -> User:
    user, _ = User.objects.get_or_create(username=name)
    Membership.objects.get_or_create(project=project, user=user, defaults={"role": "annotator"})
    return user


if __name__ == "__main__":
    main()

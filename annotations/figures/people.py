"""What each person did and how fast, and how often the final decision was theirs."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, F, Q
from django.db.models.functions import TruncDate
from django.utils import timezone

from annotations.figures.independent import SharedPair
from annotations.models import Project, Review, ReviewItem, User

PAUSE_S = 300  # whoever is away for longer was not reading the sentence
DAYS = 90

SPEED = """
SELECT actor_id, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY gap)
FROM (
    SELECT e.actor_id,
        extract(epoch FROM e.at - lag(e.at) OVER (PARTITION BY e.actor_id ORDER BY e.id)) AS gap
    FROM annotations_reviewevent e
    JOIN annotations_review r ON r.id = e.review_id
    JOIN annotations_sentencepair p ON p.id = r.pair_id
    WHERE p.project_id = %s AND e.action IN ('accepted', 'skipped') AND e.bulk_id IS NULL
) AS finished WHERE gap BETWEEN 0 AND %s GROUP BY actor_id
"""


def people_figures(project: Project, shared: list[SharedPair]) -> list[dict[str, Any]]:
    """A row per person who has finished a review, most reviews first."""
    reviews = Review.objects.filter(pair__project=project, status=Review.Status.DONE)
    done = {
        row["reviewer"]: row
        for row in reviews.values("reviewer").annotate(
            n=Count("pk", filter=Q(bulk=None, is_adjudication=False)),
            n_bulk=Count("pk", filter=Q(bulk__isnull=False)),
            n_adjudicated=Count("pk", filter=Q(bulk=None, is_adjudication=True)),
            n_gold=Count("pk", filter=Q(is_gold=True)),
        )
    }
    names = dict(User.objects.filter(pk__in=done).values_list("pk", "username"))
    items, speed, final = _items_by_person(project), _speed(project), _agreement_with_final(shared)
    rows = []
    for person, row in sorted(done.items(), key=lambda one: -one[1]["n"]):
        n_timed, median_s = speed.get(person, (0, None))
        n_final, f1 = final.get(person, (0, None))
        rows.append(
            {
                "name": names[person],
                **{name: row[name] for name in ("n", "n_bulk", "n_adjudicated", "n_gold")},
                **items.get(person, {"n_items": 0, "n_changed": 0}),
                "median_s": median_s,
                "n_timed": n_timed,
                "final_f1": f1,
                "n_final": n_final,
            }
        )
    return rows


def throughput_figures(project: Project) -> list[dict[str, Any]]:
    """Finished reviews by day and person over the last days that had any."""
    since = timezone.now() - timedelta(days=DAYS)
    reviews = Review.objects.filter(pair__project=project, status=Review.Status.DONE, done_at__gte=since)
    rows = (
        reviews.filter(bulk=None).annotate(day=TruncDate("done_at")).values_list("day", "reviewer__username")
    )
    days: dict[str, dict[str, int]] = defaultdict(dict)
    for day, name, n in rows.annotate(n=Count("pk")).order_by("day"):
        days[day.isoformat()][name] = n
    return [{"day": day, "by_person": by_person} for day, by_person in days.items()]


def _items_by_person(project: Project) -> dict[int, dict[str, int]]:
    """How many suggestions each person decided, and changed or rejected."""
    kept = Q(
        state="accepted", start=F("candidate__start"), end=F("candidate__end"), label=F("candidate__label")
    )
    kept |= Q(state="accepted", start=None, candidate__start=None)
    rows = (
        ReviewItem.objects.filter(
            review__pair__project=project,
            review__status=Review.Status.DONE,
            review__bulk=None,
            candidate__isnull=False,
        )
        .values_list("review__reviewer")
        .annotate(n=Count("pk"), n_kept=Count("pk", filter=kept))
    )
    return {person: {"n_items": n, "n_changed": n - n_kept} for person, n, n_kept in rows.order_by()}


def _speed(project: Project) -> dict[int, tuple[int, float]]:
    """Person -> how many sentences were timed, and the median seconds from one end to the next."""
    with connection.cursor() as cursor:
        cursor.execute(SPEED, [project.pk, PAUSE_S])
        return {person: (n, round(float(median), 1)) for person, n, median in cursor.fetchall()}


def _agreement_with_final(shared: list[SharedPair]) -> dict[int, tuple[int, float | None]]:
    """Person -> adjudicated pairs they had reviewed, and the span F1 of theirs against the decision."""
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for pair in shared:
        if pair.final is None:
            continue
        for person, own in pair.opinions.items():
            sums[person][0] += 1
            sums[person][1] += len(own & pair.final)
            sums[person][2] += len(own) + len(pair.final)
    return {
        person: (n, round(2 * both / total, 4) if total else None)
        for person, (n, both, total) in sums.items()
    }

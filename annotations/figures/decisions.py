"""What people made of the machine's suggestions, by run, label and language; and how sure it was.

Only reviews in which a person looked at the sentence alone count: no decisions over many pairs, and no
adjudications, which begin from a person's review.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db.models import Avg, Case, CharField, Count, F, FloatField, Q, Value, When
from django.db.models.functions import Cast, Coalesce, Floor, Least

from annotations.models import Project, ProjectionRun, Review, ReviewItem, Verdict

ACCEPTED, FIXED, REJECTED, ADDED = "accepted", "fixed", "rejected", "added"
OUTCOMES = (ACCEPTED, FIXED, REJECTED, ADDED)
N_BINS = 10


def decision_figures(project: Project) -> dict[str, Any]:
    """Counts of accepted, fixed, rejected and added entities by run, method, label and language."""
    runs = {run.pk: run for run in project.runs.all()}
    same = Q(start=F("candidate__start"), end=F("candidate__end"), label=F("candidate__label"))
    both_missing = Q(start=None, candidate__start=None, candidate__isnull=False)
    outcome = Case(
        When(candidate=None, source_entity=None, state="accepted", then=Value(ADDED)),
        When(candidate=None, then=Value("")),
        When(state="rejected", then=Value(REJECTED)),
        When(same | both_missing, then=Value(ACCEPTED)),
        default=Value(FIXED),
        output_field=CharField(),
    )
    rows = (
        _items(project)
        .annotate(outcome=outcome, machine_label=Coalesce("candidate__label", "label"))
        .exclude(outcome="")
        .values_list("review__run", "machine_label", "review__pair__target_language", "outcome")
        .annotate(n=Count("pk"))
        .order_by()
    )
    tables: dict[str, dict[str, dict[str, int]]] = {
        name: defaultdict(lambda: dict.fromkeys(OUTCOMES, 0))
        for name in ("run", "method", "label", "language")
    }
    for run_id, label, language, kind, n in rows:
        run = runs.get(run_id)
        keys = {
            "run": _run_name(run),
            "method": run.method if run else "",
            "label": label,
            "language": language,
        }
        for name, key in keys.items():
            tables[name][key][kind] += n
    return {name: _largest_first(table) for name, table in tables.items()}


def verdict_figures(project: Project) -> dict[str, Any]:
    """Named faults by kind, and by kind and method."""
    kinds: dict[str, int] = defaultdict(int)
    methods: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    rows = Verdict.objects.filter(project=project).values_list("kind", "run__method").annotate(n=Count("pk"))
    for kind, method, n in rows.order_by():
        kinds[kind] += n
        methods[method or ""][kind] += n
    return {"by_kind": dict(kinds), "by_method": {method: dict(row) for method, row in methods.items()}}


def calibration_figures(project: Project) -> list[dict[str, Any]]:
    """By method: ten bins of confidence with the share that people accepted as it was, and the error.

    The expected calibration error is the mean distance of confidence and share, weighted by the bins.
    """
    kept = Q(state="accepted", start=F("candidate__start"), end=F("candidate__end"))
    last_bin = Value(N_BINS - 1.0, output_field=FloatField())
    confidence = Cast("candidate__confidence", FloatField())
    rows = (
        _items(project)
        .filter(candidate__confidence__isnull=False, candidate__start__isnull=False)
        .annotate(bin=Least(Floor(confidence * N_BINS), last_bin))
        .values_list("candidate__run__method", "bin")
        .annotate(
            n=Count("pk"),
            sure=Avg("candidate__confidence"),
            kept=Count("pk", filter=kept & Q(label=F("candidate__label"))),
        )
        .order_by("candidate__run__method", "bin")
    )
    bins: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for method, _bin, n, sure, n_kept in rows:
        bins[method].append({"n": n, "confidence": round(sure, 4), "accepted": round(n_kept / n, 4)})
    return [
        {
            "method": method,
            "n": (n := sum(b["n"] for b in own)),
            "error": _calibration_error(own, n),
            "bins": own,
        }
        for method, own in sorted(bins.items())
    ]


def _items(project: Project):  # noqa: ANN202 (a chained query)
    return ReviewItem.objects.filter(
        review__pair__project=project,
        review__status=Review.Status.DONE,
        review__bulk=None,
        review__is_adjudication=False,
    )


def _calibration_error(bins: list[dict[str, Any]], n: int) -> float:
    return round(sum(b["n"] * abs(b["confidence"] - b["accepted"]) for b in bins) / n, 4)


def _run_name(run: ProjectionRun | None) -> str:
    return f"{run.pk}: {run.method}, {run.target_language}" if run else ""


def _largest_first(table: dict[str, dict[str, int]]) -> list[dict[str, Any]]:
    rows = [{"key": key, **counts, "n": sum(counts.values())} for key, counts in table.items()]
    return sorted(rows, key=lambda row: -row["n"])

"""Reports: figures that a worker computes, asked for when what is there is old; one of a kind at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from annotations.actions.background import one_snapshot, taking
from annotations.figures.build import VERSION, build_figures
from annotations.figures.names import build_disagreements, build_names
from annotations.models import Project, ProjectReport

Kind, Status = ProjectReport.Kind, ProjectReport.Status
FRESH_FOR = timedelta(minutes=10)
KEPT = 50  # earlier reports of a kind are deleted

BUILDERS: dict[str, Callable[[Project], dict[str, Any]]] = {
    Kind.FIGURES: build_figures,
    Kind.NAMES: build_names,
    Kind.RERUN: build_disagreements,
}


def newest_report(project: Project, kind: str) -> ProjectReport | None:
    """The last one that was finished, whatever is under way; none that an older release made."""
    ready = project.reports.filter(kind=kind, status=Status.READY)
    if kind == Kind.FIGURES:
        ready = ready.filter(data__version=VERSION)
    return ready.order_by("-pk").first()


def promised_report(project: Project, kind: str) -> ProjectReport | None:
    return project.reports.filter(kind=kind, status=Status.WORKING).first()


def last_report(project: Project, kind: str) -> ProjectReport | None:
    """The one that was asked for last, whatever became of it."""
    return project.reports.filter(kind=kind).order_by("-pk").first()


def is_due(project: Project, kind: str, last: ProjectReport | None) -> bool:
    """Whether a page should ask for a new report: none is under way, and the last end was a while ago."""
    if last is None:
        return True
    if last.status == Status.READY and newest_report(project, kind) is None:
        return True
    return last.status != Status.WORKING and last.asked_at < timezone.now() - FRESH_FOR


def promise_report(project: Project, kind: str) -> ProjectReport | None:
    """A new promise, to be sent to the workers; None when one stands already."""
    try:
        with transaction.atomic():
            return ProjectReport.objects.create(project=project, kind=kind)
    except IntegrityError:
        return None  # somebody else asked first


def make_report(report_id: int) -> None:
    """Compute a promised report, and forget the oldest ones."""
    with one_snapshot(), taking(ProjectReport, report_id, Status.WORKING) as report:
        if report is None:
            return
        report.data = BUILDERS[report.kind](report.project)
        report.status = Status.READY
        report.finished_at = timezone.now()
        report.save(update_fields=["data", "status", "finished_at"])
        older = report.project.reports.filter(kind=report.kind, pk__lt=report.pk).order_by("-pk")
        ProjectReport.objects.filter(pk__in=list(older.values_list("pk", flat=True)[KEPT:])).delete()


def mark_report_failed(report_id: int, error: str) -> None:
    ProjectReport.objects.filter(pk=report_id, status=Status.WORKING).update(
        status=Status.FAILED, error=error, finished_at=timezone.now()
    )

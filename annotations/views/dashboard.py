"""The dashboard of a project: figures that a worker computed, as charts and as tables."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from annotations.access import get_project_for
from annotations.models.agreement import ProjectReport
from annotations.requests import SignedInRequest
from annotations.views.agreement_figures import agreement_figures_of
from annotations.views.figure import Figure
from annotations.views.people_figures import people_figures_of
from annotations.views.reports import report_context
from annotations.views.work_figures import (
    calibration_figure,
    decisions_figure,
    faults_figure,
    progress_figure,
    throughput_figure,
)

KEPT = 8  # pages of figures in memory, about half a megabyte each where thirty people work


@require_GET
@login_required
def dashboard(request: SignedInRequest, project_id: int) -> HttpResponse:
    project = get_project_for(request.user, project_id)
    context = report_context(project, ProjectReport.Kind.FIGURES)
    report = context["report"]
    stored = _figures_of(report.pk, report.finished_at, get_language() or "") if report else ()
    context |= {"project": project, "figures": (progress_figure(project), *stored)}
    return render(request, "annotations/dashboard.html", context)


@lru_cache(maxsize=KEPT)
def _figures_of(report_id: int, made_at: datetime, language: str) -> tuple[Figure, ...]:
    """The figures of a report, which never changes, in the language of the page: drawn once in a process."""
    data = ProjectReport.objects.get(pk=report_id).data
    return (
        throughput_figure(data["throughput"]),
        *(decisions_figure(name, data["decisions"][name]) for name in ("label", "method", "language", "run")),
        faults_figure(data["verdicts"]),
        calibration_figure(data["calibration"]),
        *agreement_figures_of(data["agreement"]),
        *people_figures_of(data["people"]),
    )

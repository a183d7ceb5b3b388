"""The dashboard of a project: figures that a worker computed, as charts and as tables."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from annotations.access import get_project_for
from annotations.models.agreement import ProjectReport
from annotations.requests import SignedInRequest
from annotations.views.agreement_figures import agreement_figures_of
from annotations.views.people_figures import people_figures_of
from annotations.views.reports import report_context
from annotations.views.work_figures import (
    calibration_figure,
    decisions_figure,
    faults_figure,
    progress_figure,
    throughput_figure,
)


@require_GET
@login_required
def dashboard(request: SignedInRequest, project_id: int) -> HttpResponse:
    project = get_project_for(request.user, project_id)
    context = report_context(project, ProjectReport.Kind.FIGURES)
    data = context["report"].data if context["report"] else None
    figures = [progress_figure(project)]
    if data:
        figures += [
            throughput_figure(data["throughput"]),
            *(
                decisions_figure(name, data["decisions"][name])
                for name in ("label", "method", "language", "run")
            ),
            faults_figure(data["verdicts"]),
            calibration_figure(data["calibration"]),
            *agreement_figures_of(data["agreement"]),
            *people_figures_of(data["people"]),
        ]
    context |= {"project": project, "figures": figures}
    return render(request, "annotations/dashboard.html", context)

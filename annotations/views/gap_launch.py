"""Pages of gap reports that are being made: launch one, watch it, cancel it, resume it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from annotations import tasks
from annotations.access import OWN, get_gap_report_for, get_project_for
from annotations.actions.background import send_on_commit
from annotations.actions.gap_launch import cancel_gap_report, launch_gap_report, resume_gap_report
from annotations.gap_form import GapReportForm
from annotations.gap_words import GROUPS, LEFT_OUT, NOISES, WHERE
from annotations.models import GapReport
from annotations.requests import SignedInRequest
from annotations.waiting import say_why_it_waits


@require_http_methods(["GET", "POST"])
@login_required
def gap_report_launch(request: SignedInRequest, project_id: int) -> HttpResponse:
    project = get_project_for(request.user, project_id, OWN)
    form = GapReportForm(request.POST or None, project=project)
    if request.method == "POST" and form.is_valid():
        try:
            report = launch_gap_report(project=project, user=request.user, **form.choices)
        except ValidationError as error:
            form.add_error(None, error.messages[0])
        else:
            send_on_commit(tasks.write_gap_inputs, report.pk)
            return redirect(report)
    return render(request, "annotations/gap_report_launch.html", {"project": project, "form": form})


@require_GET
@never_cache
@login_required
def gap_report_progress(request: SignedInRequest, report_id: int) -> HttpResponse:
    """The part of the page that changes; when the report is done, the page is loaded anew."""
    report = get_gap_report_for(request.user, report_id)
    if report.status == GapReport.Status.DONE:
        return HttpResponseClientRefresh() if request.htmx else redirect(report)
    return render(request, "annotations/_gap_report_progress.html", progress_context(report))


@require_POST
@login_required
def gap_report_cancel(request: SignedInRequest, report_id: int) -> HttpResponse:
    report = get_gap_report_for(request.user, report_id)
    try:
        cancel_gap_report(report=report, actor=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    return redirect(report)


@require_POST
@login_required
def gap_report_resume(request: SignedInRequest, report_id: int) -> HttpResponse:
    """Go on with a report that has ended early, or ask the workers again for one that waits."""
    report = get_gap_report_for(request.user, report_id)
    try:
        if not report.is_active:
            report = resume_gap_report(report=report, actor=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        send_on_commit(tasks.write_gap_inputs, report.pk)
        messages.success(request, _("The workers are asked to go on."))
    return redirect(report)


def progress_context(report: GapReport) -> dict[str, Any]:
    is_waiting = report.status == GapReport.Status.QUEUED
    return {
        "project": report.project,
        "gap_report": report,
        "notice": say_why_it_waits(report) if is_waiting else "",
        **told(report),
    }


def told(report: GapReport) -> dict[str, Any]:
    """What was asked for, and which sentences it is about, in words. Nothing of what the command made."""
    if not report.options:
        return {}
    request, inputs = report.options["request"], report.inputs
    left_out = inputs.get("left_out", {})
    return {
        "systems": [name for name, *_rest in (*request["taggers"], *request["projections"])],
        "noises": [NOISES.get(noise, noise) for noise in request["noises"]],
        "severities": [f"{100 * severity:.0f} %" for severity in request["severities"]],
        "where": WHERE.get(request["where"], request["where"]),
        "group_by": GROUPS.get(report.options["group_by"], ""),
        "tests": inputs.get("facts", []),
        "left_out": [(words, left_out[reason]) for reason, words in LEFT_OUT.items() if reason in left_out],
        "trainings": inputs.get("trainings", []),
    }

"""What pages with stored figures share: ask for newer ones, say how it stands, ask again."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRefresh

from annotations import tasks
from annotations.access import get_project_for
from annotations.actions.background import send_on_commit
from annotations.actions.reports import (
    is_due,
    last_report,
    newest_report,
    promise_report,
    promised_report,
)
from annotations.models import Project, ProjectReport
from annotations.requests import SignedInRequest
from annotations.waiting import say_no_worker, say_why_it_waits

PAGES = {
    ProjectReport.Kind.FIGURES: "annotations:dashboard",
    ProjectReport.Kind.NAMES: "annotations:names",
    ProjectReport.Kind.RERUN: "annotations:rerun",
}


def report_context(project: Project, kind: str) -> dict[str, Any]:
    """The newest figures, and the promise of newer ones; whoever looks at old figures asks for new ones."""
    last = last_report(project, kind)
    if is_due(project, kind, last):
        _ask(project, kind)
        last = None
    promise = promised_report(project, kind)
    return {
        "kind": kind,
        "report": newest_report(project, kind),
        "promise": promise,
        "notice": say_no_worker() if promise else "",
        "error": last.error if last and last.status == ProjectReport.Status.FAILED else "",
    }


@require_GET
@never_cache
@login_required
def report_state(request: SignedInRequest, project_id: int, kind: str) -> HttpResponse:
    """How a promised report stands; the page is loaded again when it is there."""
    project = get_project_for(request.user, project_id)
    promise = promised_report(project, _known(kind))
    if promise is None:
        return HttpResponseClientRefresh() if request.htmx else redirect(PAGES[_known(kind)], project.pk)
    context = {"project": project, "kind": kind, "promise": promise, "notice": say_why_it_waits(promise)}
    return render(request, "annotations/_report_state.html", context)


@require_POST
@login_required
def report_ask(request: SignedInRequest, project_id: int, kind: str) -> HttpResponse:
    """Newer figures now, or the workers once more for those that are promised."""
    project = get_project_for(request.user, project_id)
    _ask(project, _known(kind))
    return redirect(PAGES[_known(kind)], project.pk)


def _ask(project: Project, kind: str) -> None:
    report = promise_report(project, kind) or promised_report(project, kind)
    if report is not None:
        send_on_commit(tasks.make_report, report.pk)


def _known(kind: str) -> ProjectReport.Kind:
    if kind not in ProjectReport.Kind.values:
        raise Http404("no such report")
    return ProjectReport.Kind(kind)

"""Pages of projection runs: launch one, watch it, cancel it, resume it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations.access import OWN, get_project_for, get_run_for
from annotations.actions.runs import cancel_run, launch_run, resume_run
from annotations.launch_form import LaunchForm
from annotations.models import ProjectionRun
from annotations.progress import get_progress
from annotations.requests import SignedInRequest
from annotations.workforce import say_who_works

LIST_SIZE = 50


@require_GET
@login_required
def runs(request: SignedInRequest, project_id: int) -> HttpResponse:
    project = get_project_for(request.user, project_id)
    context = {"project": project, "runs": project.runs.select_related("created_by")[:LIST_SIZE]}
    return render(request, "annotations/run_list.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def run_launch(request: SignedInRequest, project_id: int) -> HttpResponse:
    """Launch a run; with `show`, only show the fields for what is picked so far. An address may pick too."""
    project = get_project_for(request.user, project_id, OWN)
    if request.POST.get("show"):
        form = LaunchForm(initial=request.POST.dict(), project=project)
        page = "_launch_fields.html" if request.htmx else "run_launch.html"
        return render(request, f"annotations/{page}", {"project": project, "form": form})
    form = LaunchForm(request.POST or None, initial=request.GET.dict(), project=project)
    if request.method == "POST" and form.is_valid():
        try:
            run = launch_run(project=project, user=request.user, **form.choices)
        except ValidationError as error:
            form.add_refusal(error)
        else:
            return redirect(run)
    return render(request, "annotations/run_launch.html", {"project": project, "form": form})


@require_GET
@login_required
def run(request: SignedInRequest, run_id: int) -> HttpResponse:
    return render(request, "annotations/run.html", _context(get_run_for(request.user, run_id)))


@require_GET
@login_required
def run_progress(request: SignedInRequest, run_id: int) -> HttpResponse:
    """The part of the run's page that changes. When the run has ended, it asks to be fetched no more."""
    return render(request, "annotations/_run_progress.html", _context(get_run_for(request.user, run_id)))


@require_POST
@login_required
def run_cancel(request: SignedInRequest, run_id: int) -> HttpResponse:
    run = get_run_for(request.user, run_id, OWN)
    try:
        cancel_run(run=run, actor=request.user)
    except ValidationError as error:
        messages.error(request, error.message)
    return redirect(run)


@require_POST
@login_required
def run_resume(request: SignedInRequest, run_id: int) -> HttpResponse:
    run = get_run_for(request.user, run_id, OWN)
    try:
        resume_run(run=run, actor=request.user)
    except ValidationError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The workers are asked to go on."))
    return redirect(run)


def _context(run: ProjectionRun) -> dict[str, Any]:
    progress = get_progress(run)
    return {
        "project": run.project,
        "run": run,
        "progress": progress,
        "notice": say_who_works(progress),
        "failed_chunks": run.chunks.failed()[:LIST_SIZE] if progress.n_failed_chunks else [],
        "problems": _first_problems(run) if run.n_failed else [],
        "signature_parts": run.signature.split("|") if run.signature else [],
        "other_signatures": _other_signatures(run),
        "may_change": run.project.role in OWN,
        "others": _comparable(run) if run.project.role in OWN else [],
    }


def _comparable(run: ProjectionRun) -> list[ProjectionRun]:
    """The newest runs of the same pairs that have ended; none while this one is under way."""
    if run.is_active:
        return []
    ended = run.project.runs.ended().filter(target_language=run.target_language).exclude(pk=run.pk)
    return list(ended[:LIST_SIZE])


def _other_signatures(run: ProjectionRun) -> list[list[str]]:
    """In what the workers differ that did chunks with other versions than the run was prepared with."""
    parts = set(run.signature.split("|"))
    others = run.chunks.exclude(signature="").values_list("signature", flat=True).distinct()
    return [[part for part in other.split("|") if part not in parts] for other in others]


def _first_problems(run: ProjectionRun) -> list[Any]:
    results = run.results.with_problem().select_related("pair").order_by("pair")
    return list(results.defer("similarity", "link_sources", "link_targets", "link_scores")[:LIST_SIZE])

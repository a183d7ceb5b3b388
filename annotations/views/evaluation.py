"""Pages of evaluations: launch one, watch it, read its tables, cancel it, resume it."""

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

from annotations import tasks
from annotations.access import OWN, get_evaluation_for, get_project_for
from annotations.actions.background import send_on_commit
from annotations.actions.evaluation import (
    cancel_evaluation,
    launch_evaluation,
    newest_evaluations,
    resume_evaluation,
)
from annotations.evaluation_form import EvaluationForm
from annotations.evaluation_tables import (
    command,
    confusion_table,
    error_table,
    measure_rows,
    part_figures,
    semeval_table,
)
from annotations.evaluation_words import STAGES
from annotations.models import Evaluation, Project
from annotations.requests import SignedInRequest
from annotations.systems import runs_of, system_name
from annotations.views.evaluation_files import file_names
from annotations.waiting import say_why_it_waits

LIST_SIZE = 50


def listed_evaluations(project: Project) -> list[dict[str, Any]]:
    """The newest of a project, for the page of its trainings."""
    return [
        {
            "row": one,
            "system": system_name(one.system),
            "baseline": system_name(one.baseline),
            "f1": {name: 100 * value for name, value in (f1 or {}).items()},
        }
        for one, f1 in newest_evaluations(project, LIST_SIZE)
    ]


@require_http_methods(["GET", "POST"])
@login_required
def evaluation_launch(request: SignedInRequest, project_id: int) -> HttpResponse:
    """Launch an evaluation; `?system=training-3` in the address picks what is evaluated."""
    project = get_project_for(request.user, project_id, OWN)
    picked = {name: request.GET[name] for name in ("system", "baseline") if name in request.GET}
    form = EvaluationForm(request.POST or None, project=project, initial=picked)
    if request.method == "POST" and form.is_valid():
        try:
            evaluation = launch_evaluation(project=project, user=request.user, **form.choices)
        except ValidationError as error:
            form.add_error(None, error.messages[0])
        else:
            send_on_commit(tasks.write_evaluation, evaluation.pk)
            return redirect(evaluation)
    return render(request, "annotations/evaluation_launch.html", {"project": project, "form": form})


@require_GET
@login_required
def evaluation(request: SignedInRequest, evaluation_id: int) -> HttpResponse:
    found = get_evaluation_for(request.user, evaluation_id)
    return render(request, "annotations/evaluation.html", _context(found))


@require_GET
@never_cache
@login_required
def evaluation_progress(request: SignedInRequest, evaluation_id: int) -> HttpResponse:
    """The part of the page that changes. When the evaluation has ended, it asks to be fetched no more."""
    found = get_evaluation_for(request.user, evaluation_id)
    return render(request, "annotations/_evaluation_progress.html", _context(found))


@require_POST
@login_required
def evaluation_cancel(request: SignedInRequest, evaluation_id: int) -> HttpResponse:
    found = get_evaluation_for(request.user, evaluation_id)
    try:
        cancel_evaluation(evaluation=found, actor=request.user)
    except ValidationError as error:
        messages.error(request, error.message)
    return redirect(found)


@require_POST
@login_required
def evaluation_resume(request: SignedInRequest, evaluation_id: int) -> HttpResponse:
    """Go on with an evaluation that has ended early, or ask the workers again for one that waits."""
    found = get_evaluation_for(request.user, evaluation_id)
    try:
        if not found.is_active:
            found = resume_evaluation(evaluation=found, actor=request.user)
    except ValidationError as error:
        messages.error(request, error.message)
    else:
        send_on_commit(tasks.write_evaluation, found.pk)
        messages.success(request, _("The workers are asked to go on."))
    return redirect(found)


def _context(evaluation: Evaluation) -> dict[str, Any]:
    is_waiting = evaluation.status == Evaluation.Status.QUEUED
    context = {
        "project": evaluation.project,
        "evaluation": evaluation,
        "system": system_name(evaluation.system),
        "baseline": system_name(evaluation.baseline),
        "stage": STAGES.get(evaluation.stage, evaluation.stage),
        "notice": say_why_it_waits(evaluation) if is_waiting else "",
        "facts": evaluation.facts,
        "has_run": bool(runs_of([evaluation.system, evaluation.baseline])),
    }
    if evaluation.report:
        names = file_names(evaluation)
        context |= {
            "measures": measure_rows(evaluation.report),
            "figures": part_figures(evaluation),
            "errors": error_table(evaluation.report),
            "confusion": confusion_table(evaluation.report),
            "semeval": semeval_table(evaluation.report),
            "files": names,
            "command": command(evaluation, names) if names else "",
        }
    return context

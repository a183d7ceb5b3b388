"""Pages of trainings: launch one, watch its curve, cancel it, resume it."""

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
from annotations.access import OWN, get_project_for, get_training_for
from annotations.actions.background import send_on_commit
from annotations.actions.training import cancel_training, launch_training, read_card, resume_training
from annotations.charts import lines
from annotations.models import TrainingRun
from annotations.requests import SignedInRequest
from annotations.training_form import TrainingForm
from annotations.views.evaluation import listed_evaluations
from annotations.waiting import say_why_it_waits

LIST_SIZE = 50


@require_GET
@login_required
def trainings(request: SignedInRequest, project_id: int) -> HttpResponse:
    """The trainings of a project, and the latest learning curve."""
    project = get_project_for(request.user, project_id, OWN)
    made = project.trainings.select_related("created_by")[:LIST_SIZE]
    context = {
        "project": project,
        "trainings": made,
        "evaluations": listed_evaluations(project),
        "reports": project.gap_reports.select_related("created_by").defer("report", "inputs")[:LIST_SIZE],
    }
    return render(request, "annotations/training_list.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def training_launch(request: SignedInRequest, project_id: int) -> HttpResponse:
    project = get_project_for(request.user, project_id, OWN)
    form = TrainingForm(request.POST or None, project=project)
    if request.method == "POST" and form.is_valid():
        try:
            training = launch_training(project=project, user=request.user, **form.choices)
        except ValidationError as error:
            form.add_error(None, error.messages[0])
        else:
            send_on_commit(tasks.write_training, training.pk)
            return redirect(training)
    return render(request, "annotations/training_launch.html", {"project": project, "form": form})


@require_GET
@login_required
def training(request: SignedInRequest, training_id: int) -> HttpResponse:
    return render(request, "annotations/training.html", _context(get_training_for(request.user, training_id)))


@require_GET
@never_cache
@login_required
def training_progress(request: SignedInRequest, training_id: int) -> HttpResponse:
    """The part of the page that changes. When the training has ended, it asks to be fetched no more."""
    context = _context(get_training_for(request.user, training_id))
    return render(request, "annotations/_training_progress.html", context)


@require_POST
@login_required
def training_cancel(request: SignedInRequest, training_id: int) -> HttpResponse:
    training = get_training_for(request.user, training_id)
    try:
        cancel_training(training=training, actor=request.user)
    except ValidationError as error:
        messages.error(request, error.message)
    return redirect(training)


@require_POST
@login_required
def training_resume(request: SignedInRequest, training_id: int) -> HttpResponse:
    """Go on with a training that has ended early, or ask the workers again for one that waits."""
    training = get_training_for(request.user, training_id)
    try:
        if not training.is_active:
            training = resume_training(training=training, actor=request.user)
    except ValidationError as error:
        messages.error(request, error.message)
    else:
        send_on_commit(tasks.write_training, training.pk)
        messages.success(request, _("The workers are asked to go on."))
    return redirect(training)


def _context(training: TrainingRun) -> dict[str, Any]:
    scores = [point for point in training.curve if "dev_f1" in point]
    is_waiting = training.status == TrainingRun.Status.QUEUED
    return {
        "project": training.project,
        "training": training,
        "scores": scores,
        "curve": _curve(training.curve) if training.curve else "",
        "learning_curve": _learning_curve(training) if len(training.learning_curve) > 1 else "",
        "notice": say_why_it_waits(training) if is_waiting else "",
        "card": read_card(training),
    }


def _curve(points: list[dict[str, Any]]) -> str:
    """Loss, dev loss and dev F1 by step; a step without a value carries the last one on."""
    names = {"loss": _("Loss"), "dev_loss": _("Loss on the dev part"), "dev_f1": _("F1 on the dev part")}
    series: list[tuple[str, list[float | None]]] = []
    for key, name in names.items():
        last: float | None = None
        values: list[float | None] = []
        for point in points:
            last = point.get(key, last)
            values.append(last)
        series.append((name, values))
    top = max([1.0, *(value for _, values in series for value in values if value is not None)])
    return lines(_("Loss and F1 by step"), [str(point["step"]) for point in points], series, span=(0, top))


def _learning_curve(training: TrainingRun) -> str:
    points = training.learning_curve
    return lines(
        _("F1 by reviewed sentences"),
        [str(point["n_gold"]) for point in points],
        [
            (_("F1"), [point["f1"] for point in points]),
            (_("Interval (95 %), low"), [point["low"] for point in points]),
            (_("Interval (95 %), high"), [point["high"] for point in points]),
        ],
    )

"""The page of the models: which worker holds what, how long the queues are, and loading one ahead."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST
from kombu.exceptions import OperationalError

from annotations.access import check_may_see_models
from annotations.models.workforce import QUEUES
from annotations.requests import SignedInRequest
from annotations.shelf import list_models
from annotations.workforce import LIVES_FOR, default_queue, list_queues, live_reports
from workers.choices import known_names
from workers.tasks.models import load_now

STAGES = ("translator", "tagger", "aligner")


class LoadForm(forms.Form):
    """A model that some worker has, and whose worker is to load it."""

    model = forms.ChoiceField(label=gettext_lazy("Model"))
    queue = forms.ChoiceField(label=gettext_lazy("Workers"), choices=[(name, name) for name in QUEUES])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stages = {
            f"{stage} {adapter} {model.name}": (stage, adapter, model.name)
            for stage in STAGES
            for adapter in known_names()[stage]
            if adapter != "statistical"  # holds no model before it has learnt
            for model in list_models(stage, adapter, [])
            if model.here and not _is_pattern(model.name)
        }
        choices = [
            (key, f"{name} ({stage} {adapter})") for key, (stage, adapter, name) in self.stages.items()
        ]
        self.fields["model"].choices = choices  # type: ignore[attr-defined]
        self.fields["queue"].initial = default_queue()


@require_GET
@login_required
def models(request: SignedInRequest) -> HttpResponse:
    check_may_see_models(request.user)
    return render(request, "annotations/models.html", _context() | {"form": LoadForm()})


@require_GET
@login_required
def models_state(request: SignedInRequest) -> HttpResponse:
    """The part of the page that changes."""
    check_may_see_models(request.user)
    return render(request, "annotations/_models_state.html", _context())


@require_POST
@login_required
def models_load(request: SignedInRequest) -> HttpResponse:
    """Ask a worker of a queue to load a model before a run needs it."""
    check_may_see_models(request.user)
    form = LoadForm(request.POST)
    if not form.is_valid():
        return render(request, "annotations/models.html", _context() | {"form": form})
    stage, adapter, name = form.stages[form.cleaned_data["model"]]
    options = {"model": name}
    try:
        load_now.apply_async((stage, adapter, options), queue=form.cleaned_data["queue"])
    except OperationalError:
        messages.error(request, _("The task queue cannot be reached; nothing was asked for."))
    else:
        messages.success(request, _("A worker of %s is asked to load it.") % form.cleaned_data["queue"])
    return redirect("annotations:models")


def _is_pattern(name: str) -> bool:
    return "SRC" in name


def _context() -> dict[str, Any]:
    reports = list(live_reports())
    mains = [report for report in reports if report.n_slots]
    on_disk = {(report.worker, model["name"]): model for report in mains for model in report.on_disk}
    return {
        "queues": list_queues(mains),
        "reports": reports,
        "mains": mains,
        "gpus": [(report.worker, gpu) for report in mains for gpu in report.gpus],
        "on_disk": [(worker, model) for (worker, _name), model in sorted(on_disk.items())],
        "lives_for": LIVES_FOR,
    }

"""Systems that can be evaluated: trainings and runs of a project, and models that its workers can load.

A system is kept as {"kind": TRAINING, RUN or MODEL, "id": of the first two, "tagger": its name in the
registry, "options": its options, "signature": of a run}.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from annotations.models import Project, ProjectionRun, TrainingRun

TRAINING, RUN, MODEL = "training", "run", "model"
HUGGINGFACE = "huggingface"

System = dict[str, Any]


def training_system(training: TrainingRun) -> System:
    options = {"model": training.model_folder}
    return {"kind": TRAINING, "id": training.pk, "tagger": HUGGINGFACE, "options": options}


def run_system(run: ProjectionRun) -> System:
    return {"kind": RUN, "id": run.pk, "tagger": "", "options": {}, "signature": run.signature}


def model_system(project: Project, tagger: str, options: dict[str, Any]) -> System:
    """A tagger by its model; one that a training of the project made is that training."""
    if tagger == HUGGINGFACE and set(options) == {"model"}:
        training = project.trainings.done().filter(model_folder=options["model"]).first()
        if training is not None:
            return training_system(training)
    return {"kind": MODEL, "tagger": tagger, "options": options}


def system_name(system: System) -> str:
    """As people read it; "" for none."""
    if not system:
        return ""
    if system["kind"] == TRAINING:
        return _("Training %(number)s") % {"number": system["id"]}
    if system["kind"] == RUN:
        return _("Run %(number)s") % {"number": system["id"]}
    return str(system["options"].get("model", system["tagger"]))


def runs_of(systems: Iterable[System]) -> list[int]:
    return [system["id"] for system in systems if system and system["kind"] == RUN]


def trainings_behind(project: Project, systems: Iterable[System]) -> list[TrainingRun]:
    """The trainings of the project that made the systems, or the taggers of those that are runs."""
    known = [system for system in systems if system]
    wanted = [system["id"] for system in known if system["kind"] == TRAINING]
    folders = [
        options.get("model", "")
        for run in project.runs.filter(pk__in=runs_of(known))
        for options in (run.tagger_options, run.target_tagger_options)
    ]
    trainings = project.trainings.filter(pk__in=wanted) | project.trainings.filter(
        model_folder__in=[folder for folder in folders if folder]
    )
    return list(trainings.order_by("pk"))

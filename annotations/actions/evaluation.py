"""Launch, cancel and resume evaluations. The work itself is in the workers."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.actions.audit import Kind, write_audit
from annotations.actions.background import one_snapshot, send_on_commit, taking
from annotations.actions.jobs import go_on, lock, save_unless, stop
from annotations.actions.run_scores import gold_of
from annotations.actions.test_sentences import CannotTest, choose_sentences
from annotations.export.jsonl import record_line
from annotations.export.options import JSONL, ExportOptions
from annotations.models import Evaluation, Project, User
from annotations.systems import RUN, runs_of, system_name, trainings_behind
from workers.spans import Entity
from workers.tasks.evaluation import evaluate_systems

Status = Evaluation.Status
ALREADY_ACTIVE = gettext_lazy("An evaluation of this project is already under way.")
SIDES = ("predicted", "baseline")  # of files, as the workers name them


@transaction.atomic
def launch_evaluation(*, project: Project, user: User, **choices: Any) -> Evaluation:
    """Queue an evaluation. Whoever calls `write_evaluation` writes its sentences and sends it to the workers.

    choices: columns of Evaluation. Raises ValidationError.
    """
    evaluation = Evaluation(project=project, created_by=user, folder=f"evaluations/{uuid4().hex}", **choices)
    save_unless(evaluation, ALREADY_ACTIVE)
    write_audit(
        project,
        Kind.EVALUATION_LAUNCHED,
        user,
        evaluation=evaluation.pk,
        system=system_name(evaluation.system),
    )
    return evaluation


def newest_evaluations(project: Project, n: int) -> list[tuple[Evaluation, dict[str, float] | None]]:
    """Without their reports, but for strict F1 with its interval where it is there."""
    strict_f1 = KeyTransform("strict_f1", KeyTransform("measures", "report"))
    rows = project.evaluations.select_related("created_by").defer("report", "facts")
    return [(one, one.strict_f1) for one in rows.annotate(strict_f1=strict_f1)[:n]]


def write_evaluation(evaluation_id: int) -> None:
    """Write the sentences of an evaluation that waits, as they are now, and send it to the workers."""
    with one_snapshot(), taking(Evaluation, evaluation_id, Status.QUEUED) as evaluation:
        if evaluation is None:
            return
        if not evaluation.n_sentences:
            try:
                _write_files(evaluation)
            except CannotTest as error:
                evaluation.status, evaluation.error, evaluation.finished_at = Status.FAILED, str(error), Now()
            evaluation.save()
        if evaluation.status == Status.QUEUED:
            send_on_commit(evaluate_systems, evaluation.pk)


@transaction.atomic
def cancel_evaluation(*, evaluation: Evaluation, actor: User | None = None) -> Evaluation:
    """Stop an active evaluation; its worker lets go after the block of sentences that it is at."""
    evaluation = lock(evaluation)
    if not evaluation.is_active:
        raise ValidationError(_("The evaluation is %s already.") % evaluation.get_status_display().lower())
    stop(evaluation)
    write_audit(evaluation.project, Kind.EVALUATION_CANCELLED, actor, **_told(evaluation))
    return evaluation


@transaction.atomic
def resume_evaluation(*, evaluation: Evaluation, actor: User | None = None) -> Evaluation:
    """Go on with an evaluation that was cancelled or failed; sentences that were tagged stay so."""
    evaluation = lock(evaluation)
    if evaluation.status == Status.DONE:
        raise ValidationError(_("The evaluation is done; launch a new one for later reviews."))
    if evaluation.is_active:
        raise ValidationError(str(ALREADY_ACTIVE))
    go_on(evaluation, ALREADY_ACTIVE)
    write_audit(evaluation.project, Kind.EVALUATION_RESUMED, actor, **_told(evaluation))
    return evaluation


def evaluation_folder(evaluation: Evaluation) -> Path:
    return Path(settings.MEDIA_ROOT, evaluation.folder)


def _told(evaluation: Evaluation) -> dict[str, Any]:
    return {"evaluation": evaluation.pk, "system": system_name(evaluation.system)}


def _write_files(evaluation: Evaluation) -> None:
    """gold.jsonl, what runs suggest for the same sentences, and what a trained tagger learnt from."""
    folder, project = evaluation_folder(evaluation), evaluation.project
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    systems = [evaluation.system, evaluation.baseline]
    runs = runs_of(systems)
    for run_id in runs:
        if not project.runs.filter(pk=run_id).exists():
            raise CannotTest(f"run {run_id} is not there any more")
    choice = choose_sentences(evaluation)
    evaluation.facts = choice.facts | {"n_shown": 0}
    files = {
        side: (folder / f"{side}.jsonl").open("w", encoding="utf-8")
        for side, system in zip(SIDES, systems, strict=True)
        if system and system["kind"] == RUN
    }
    options = ExportOptions(format=JSONL)
    try:
        with (folder / "gold.jsonl").open("w", encoding="utf-8") as gold:
            for record, suggested in gold_of(project, choice.pairs, runs):
                gold.write(record_line(record, options))
                evaluation.n_sentences += 1
                evaluation.facts["n_shown"] += record.run_id in runs
                for side, file in files.items():
                    found = suggested[systems[SIDES.index(side)]["id"]]
                    file.write(_found_line(record.target.tokens, found))
    finally:
        for file in files.values():
            file.close()
    _link_training(evaluation, folder)
    n_sides = 2 if evaluation.baseline else 1
    evaluation.n_steps = n_sides * evaluation.n_sentences


def _found_line(tokens: list[str], found: Sequence[Entity]) -> str:
    entities = [{"start": one.start, "end": one.end, "label": one.label} for one in found]
    row = {"kind": "found", "target": tokens, "target_entities": entities}
    return msgspec.json.encode(row).decode() + "\n"


def _link_training(evaluation: Evaluation, folder: Path) -> None:
    """What the evaluated system learnt from beside the test, for the scores by how often it saw a name."""
    for training in trainings_behind(evaluation.project, [evaluation.system])[:1]:
        learnt = Path(settings.MEDIA_ROOT, training.folder, "train.jsonl")
        if learnt.is_file():
            try:
                os.link(learnt, folder / "train.jsonl")
            except OSError:  # another file system
                shutil.copyfile(learnt, folder / "train.jsonl")

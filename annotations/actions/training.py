"""Launch, cancel and resume trainings of taggers. The work itself is in the workers."""

import json
import shutil
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.actions.audit import Kind, write_audit
from annotations.actions.background import one_snapshot, send_on_commit, taking
from annotations.actions.jobs import go_on, lock, save_unless, stop
from annotations.export.jsonl import record_line
from annotations.export.losses import Losses
from annotations.export.options import JSONL, ExportOptions, part_of
from annotations.export.record import GOLD, SILVER
from annotations.export.records import read_records
from annotations.models import Project, TrainingRun, User
from workers.tasks.training import train_tagger

Status = TrainingRun.Status
ALREADY_ACTIVE = gettext_lazy("A training of this project is already under way.")


@transaction.atomic
def launch_training(*, project: Project, user: User, **choices: Any) -> TrainingRun:
    """Queue a training. Whoever calls `write_training` writes its sentences and sends it to the workers.

    choices: data, languages, dev_percent, curve_parts, options. Raises ValidationError.
    """
    name = uuid4().hex
    training = TrainingRun(
        project=project,
        created_by=user,
        folder=f"trainings/{name}",
        model_folder=str(Path(settings.MODEL_FOLDERS[0], "trained", f"project-{project.pk}-{name[:8]}")),
        **choices,
    )
    training.full_clean(exclude=["languages", "options", "curve", "scores", "learning_curve"])
    save_unless(training, ALREADY_ACTIVE)
    write_audit(project, Kind.TRAINING_LAUNCHED, user, training=training.pk)
    return training


def write_training(training_id: int) -> None:
    """Write the sentences of a training that waits, as they are now, and send it to the workers."""
    with one_snapshot(), taking(TrainingRun, training_id, Status.QUEUED) as training:
        if training is None:
            return
        if not training.n_dev:
            _write_files(training)
            if not training.n_dev or not training.n_gold + training.n_silver:
                training.status, training.finished_at = Status.FAILED, Now()
                training.error = (
                    f"{training.n_gold + training.n_silver} sentences to learn from and {training.n_dev} to "
                    "choose the best epoch by; there must be some of each. More documents, or a larger dev "
                    "part, give both."
                )
            training.save()
        if training.status == Status.QUEUED:
            send_on_commit(train_tagger, training.pk)


@transaction.atomic
def cancel_training(*, training: TrainingRun, actor: User | None = None) -> TrainingRun:
    """Stop an active training; its worker saves a checkpoint and lets go within a step or two."""
    training = lock(training)
    if not training.is_active:
        raise ValidationError(_("The training is %s already.") % training.get_status_display().lower())
    stop(training)
    write_audit(training.project, Kind.TRAINING_CANCELLED, actor, training=training.pk)
    return training


@transaction.atomic
def resume_training(*, training: TrainingRun, actor: User | None = None) -> TrainingRun:
    """Go on with a training that was cancelled or failed, from its last checkpoint."""
    training = lock(training)
    if training.status == Status.DONE:
        raise ValidationError(_("The training is done; launch a new one to train again."))
    if training.is_active:
        raise ValidationError(ALREADY_ACTIVE)
    go_on(training, ALREADY_ACTIVE)
    write_audit(training.project, Kind.TRAINING_RESUMED, actor, training=training.pk)
    return training


def _write_files(training: TrainingRun) -> None:
    """train.jsonl and dev.jsonl: a document is in one of them whole, and always in the same one.

    Where there is gold to learn from, the dev part is gold only; silver of its documents is left out.
    """
    folder = Path(settings.MEDIA_ROOT, training.folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    silver_only = training.data == TrainingRun.Data.SILVER
    options = ExportOptions(
        format=JSONL,
        silver=training.data != TrainingRun.Data.GOLD,
        languages=tuple(training.languages),
    )
    split = {"train": 1 - training.dev_percent / 100, "dev": training.dev_percent / 100}
    training.n_gold = training.n_silver = training.n_dev = 0
    with (
        (folder / "train.jsonl").open("w", encoding="utf-8") as train,
        (folder / "dev.jsonl").open("w", encoding="utf-8") as dev,
    ):
        for record in read_records(training.project, options, Losses()):
            if silver_only and record.kind == GOLD:
                continue
            if part_of(record.split_key, split, seed=0) == "train":
                train.write(record_line(record, options))
                training.n_gold += record.kind == GOLD
                training.n_silver += record.kind == SILVER
            elif record.kind == (SILVER if silver_only else GOLD):
                dev.write(record_line(record, options))
                training.n_dev += 1


def read_card(training: TrainingRun) -> dict[str, Any]:
    """What the model folder says about itself; nothing when it is not there."""
    path = Path(training.model_folder, "training.json")
    if training.status != Status.DONE or not path.is_file():
        return {}
    card: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return card

"""What a worker needs for a training."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from annotations.models import TrainingRun
from workers.store.jobs import JobClaim, claim_job

TRAIN_FILE, DEV_FILE = "train.jsonl", "dev.jsonl"


@dataclass(frozen=True, slots=True)
class TrainingJob:
    """options: those of TrainingOptions; curve_parts: see TrainingRun."""

    claim: JobClaim
    options: dict[str, Any]
    train_file: Path
    dev_file: Path
    model_folder: Path
    curve_parts: int


def claim_training(training_id: int, token: UUID) -> TrainingJob | None:
    """Take a training that waits for a worker. None when it is not there to be taken."""
    claim = claim_job(TrainingRun, training_id, token)
    if claim is None:
        return None
    training = TrainingRun.objects.get(pk=training_id)
    files = Path(settings.MEDIA_ROOT, training.folder)
    return TrainingJob(
        claim,
        training.options,
        files / TRAIN_FILE,
        files / DEV_FILE,
        Path(training.model_folder),
        training.curve_parts,
    )

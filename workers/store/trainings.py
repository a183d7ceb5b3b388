"""A training's row: taking it under a lease, saying how far it is, ending it once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Coalesce, Now

from annotations.models import TrainingRun
from workers.store.runs import MAX_ATTEMPTS, ClaimLost, lease

Status = TrainingRun.Status
TRAIN_FILE, DEV_FILE = "train.jsonl", "dev.jsonl"


@dataclass(frozen=True, slots=True)
class TrainingJob:
    """What a worker needs. options: those of TrainingOptions; curve_parts: see TrainingRun."""

    training_id: int
    options: dict[str, Any]
    train_file: Path
    dev_file: Path
    model_folder: Path
    curve_parts: int


def claim_training(training_id: int, token: UUID) -> TrainingJob | None:
    """Take an active training whose files are written and that nobody holds. None when there is none."""
    taken = (
        TrainingRun.objects.free(token)
        .filter(pk=training_id, n_dev__gt=0)
        .update(
            status=Status.RUNNING,
            started_at=Coalesce("started_at", Now()),
            moved_at=Now(),
            attempts=F("attempts") + 1,
            claim_token=token,
            lease_until=lease(),
        )
    )
    if not taken:
        return None
    training = TrainingRun.objects.get(pk=training_id)
    if training.attempts > MAX_ATTEMPTS:
        fail_training(training_id, token, f"{MAX_ATTEMPTS} workers in a row were lost while they trained")
        return None
    files = Path(settings.MEDIA_ROOT, training.folder)
    return TrainingJob(
        training_id,
        training.options,
        files / TRAIN_FILE,
        files / DEV_FILE,
        Path(training.model_folder),
        training.curve_parts,
    )


def extend_training_lease(training_id: int, token: UUID) -> None:
    TrainingRun.objects.filter(pk=training_id, claim_token=token).update(lease_until=lease())


def is_training_wanted(training_id: int, token: UUID) -> bool:
    """Whether to go on: it was not cancelled, and no other worker has it."""
    return TrainingRun.objects.filter(pk=training_id, claim_token=token, status=Status.RUNNING).exists()


def report_training(training_id: int, token: UUID, **values: Any) -> None:
    """Keep step, n_steps, curve or stage. Raises ClaimLost when it is not wanted any more.

    A worker that comes this far is not lost, so the attempts begin anew.
    """
    held = TrainingRun.objects.filter(pk=training_id, claim_token=token, status=Status.RUNNING)
    if not held.update(moved_at=Now(), attempts=1, **values):
        raise ClaimLost(f"training {training_id} was cancelled or taken over")


def finish_training(
    training_id: int,
    token: UUID,
    *,
    scores: dict[str, Any],
    curve: list[Any],
    learning_curve: list[Any],
    signature: str,
) -> None:
    held = TrainingRun.objects.filter(pk=training_id, claim_token=token, status=Status.RUNNING)
    held.update(
        status=Status.DONE,
        scores=scores,
        curve=curve,
        learning_curve=learning_curve,
        signature=signature,
        stage="",
        finished_at=Now(),
        claim_token=None,
        lease_until=None,
    )


def fail_training(training_id: int, token: UUID, reason: str) -> None:
    held = TrainingRun.objects.active().filter(pk=training_id, claim_token=token)
    held.update(
        status=Status.FAILED, error=reason, stage="", finished_at=Now(), claim_token=None, lease_until=None
    )


def release_training(training_id: int, token: UUID) -> None:
    """Let go of a training that was cancelled."""
    TrainingRun.objects.filter(pk=training_id, claim_token=token).update(claim_token=None, lease_until=None)


def trainings_to_wake() -> list[tuple[int, bool]]:
    """Active trainings that nobody holds, with whether their files are written."""
    rows = TrainingRun.objects.free().order_by("pk").values_list("pk", "n_dev")
    return [(pk, n_dev > 0) for pk, n_dev in rows]

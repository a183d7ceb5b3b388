"""What a worker needs for an evaluation."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from annotations.models import Evaluation
from workers.store.jobs import JobClaim, claim_job


@dataclass(frozen=True, slots=True)
class EvaluationJob:
    """systems: the one that is evaluated, and its baseline if there is one, as Evaluation keeps them."""

    claim: JobClaim
    folder: Path
    systems: list[dict[str, Any]]
    ignore: tuple[str, ...]
    seed: int


def claim_evaluation(evaluation_id: int, token: UUID) -> EvaluationJob | None:
    """Take an evaluation that waits for a worker. None when it is not there to be taken."""
    claim = claim_job(Evaluation, evaluation_id, token)
    if claim is None:
        return None
    evaluation = Evaluation.objects.get(pk=evaluation_id)
    systems = [system for system in (evaluation.system, evaluation.baseline) if system]
    folder = Path(settings.MEDIA_ROOT, evaluation.folder)
    return EvaluationJob(claim, folder, systems, tuple(evaluation.ignore), evaluation.seed)

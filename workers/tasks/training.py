"""The task that fine-tunes a tagger."""

import logging
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any
from uuid import UUID

from celery import Task, shared_task

from workers import store
from workers.tasks.leases import PASSING, RETRY, renewed, token_of
from workers.tasks.models import configure_models

logger = logging.getLogger(__name__)


@shared_task(bind=True, **RETRY)
def train_tagger(self: Task, training_id: int) -> dict[str, int]:
    """Fine-tune a tagger, from its last checkpoint where it was stopped or its worker was lost."""
    token = token_of(self)
    job = store.claim_training(training_id, token)
    if job is None:
        return {}
    with renewed(lambda: store.extend_training_lease(training_id, token)):
        return _train(job, token)


def _train(job: store.TrainingJob, token: UUID) -> dict[str, int]:
    """Train and record what came of it; what goes wrong is recorded too."""
    from workers.stages import describe
    from workers.training.fit import TrainingStopped
    from workers.training.job import run_job

    curve: list[dict[str, Any]] = []

    def keep_point(point: dict[str, Any]) -> None:
        curve.append(point)
        store.report_training(
            job.training_id, token, step=point["step"], n_steps=point["of"], curve=thinned(curve)
        )

    try:
        configure_models()
        done = run_job(
            job.options,
            job.train_file,
            job.dev_file,
            job.model_folder,
            curve_parts=job.curve_parts,
            on_stage=lambda stage: store.report_training(job.training_id, token, stage=stage),
            on_point=keep_point,
            should_stop=_asked_now_and_then(lambda: not store.is_training_wanted(job.training_id, token)),
        )
    except PASSING:
        raise
    except (TrainingStopped, store.ClaimLost) as error:
        logger.info("training %d: %s", job.training_id, error)
        store.release_training(job.training_id, token)
        return {}
    except Exception as error:
        logger.exception("training %d failed", job.training_id)
        store.fail_training(job.training_id, token, describe(error))
        return {}
    result = done.training
    store.finish_training(
        job.training_id,
        token,
        scores=result.scores.to_dict(),
        curve=thinned(result.curve),
        learning_curve=[asdict(point) for point in done.learning_curve],
        signature=result.signature,
    )
    return {"points": len(result.curve)}


def thinned(curve: list[dict[str, Any]], n_most: int = 200) -> list[dict[str, Any]]:
    """At most about n_most points of loss; every score of the dev part stays."""
    every = -(-len(curve) // n_most) or 1
    return [point for number, point in enumerate(curve) if "dev_f1" in point or number % every == 0]


def _asked_now_and_then(ask: Callable[[], bool], every_s: float = 2.0) -> Callable[[], bool]:
    """The answer to a question for the database that is put at most every few seconds."""
    asked_at, answer = 0.0, False

    def latest() -> bool:
        nonlocal asked_at, answer
        if time.monotonic() - asked_at >= every_s:
            asked_at, answer = time.monotonic(), ask()
        return answer

    return latest

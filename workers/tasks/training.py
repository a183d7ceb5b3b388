"""The task that fine-tunes a tagger."""

import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from celery import Task, shared_task

from workers import store
from workers.tasks.jobs import do_job
from workers.tasks.leases import RETRY, token_of


@shared_task(bind=True, **RETRY)
def train_tagger(self: Task, training_id: int) -> dict[str, int]:
    """Fine-tune a tagger, from its last checkpoint where it was stopped or its worker was lost."""
    job = store.claim_training(training_id, token_of(self))
    if job is None:
        return {}
    points: list[dict[str, Any]] = []
    return {"points": len(points)} if do_job(job.claim, lambda: _train(job, points)) else {}


def _train(job: store.TrainingJob, points: list[dict[str, Any]]) -> dict[str, Any]:
    """The columns of a training that is done. points: takes those of the curve."""
    from workers.training.fit import TrainingStopped
    from workers.training.job import run_job

    def keep_point(point: dict[str, Any]) -> None:
        points.append(point)
        store.report_job(job.claim, step=point["step"], n_steps=point["of"], curve=thinned(points))

    try:
        done = run_job(
            job.options,
            job.train_file,
            job.dev_file,
            job.model_folder,
            curve_parts=job.curve_parts,
            on_stage=lambda stage: store.report_job(job.claim, stage=stage),
            on_point=keep_point,
            should_stop=_asked_now_and_then(lambda: not store.is_job_wanted(job.claim)),
        )
    except TrainingStopped as error:
        raise store.ClaimLost(f"{job.claim}: {error}") from error
    return {
        "scores": done.training.scores.to_dict(),
        "curve": thinned(done.training.curve),
        "learning_curve": [asdict(point) for point in done.learning_curve],
        "signature": done.training.signature,
    }


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

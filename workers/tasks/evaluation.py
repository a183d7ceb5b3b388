"""The task that evaluates a system against reviewed sentences."""

from typing import Any

from celery import Task, shared_task

from workers import store
from workers.tasks.jobs import do_job
from workers.tasks.leases import RETRY, token_of


@shared_task(bind=True, **RETRY)
def evaluate_systems(self: Task, evaluation_id: int) -> dict[str, int]:
    """Tag and score, on from the last block of sentences where it was stopped or its worker was lost."""
    job = store.claim_evaluation(evaluation_id, token_of(self))
    if job is None:
        return {}
    return {"evaluations": 1} if do_job(job.claim, lambda: _evaluate(job)) else {}


def _evaluate(job: store.EvaluationJob) -> dict[str, Any]:
    """The columns of an evaluation that is done."""
    from workers.evaluation.job import System, run_evaluation
    from workers.evaluation.report import ReportSettings

    report = run_evaluation(
        job.folder,
        [System(one["tagger"], one["options"], one.get("signature", "")) for one in job.systems],
        ReportSettings(seed=job.seed, ignore=job.ignore),
        on_stage=lambda stage: store.report_job(job.claim, stage=stage),
        on_step=lambda n_sentences: store.report_job(job.claim, step=n_sentences),
    )
    return {"report": report, "signature": report["signature"]}

"""The task that makes a gap report of a project's own sentences."""

import shlex
from typing import Any

from celery import Task, shared_task

from workers import store
from workers.tasks.jobs import do_job
from workers.tasks.leases import RETRY, token_of

KEPT = ".cells.jsonl"  # beside the report's files, and no part of them
OUTPUT = "gap-report"  # the folder that the printed command writes


@shared_task(bind=True, **RETRY)
def make_gap_report(self: Task, report_id: int) -> dict[str, int]:
    """Make a gap report; one that was stopped, or whose worker was lost, goes on at its next cell."""
    job = store.claim_gap_report(report_id, token_of(self))
    if job is None:
        return {}
    return {"reports": int(do_job(job.claim, lambda: _make(job)))}


def _make(job: store.GapJob) -> dict[str, Any]:
    """The columns of a gap report that is done."""
    from workers.gap.request import DomainFiles, GapRequest, run_request

    request = GapRequest(domains=[DomainFiles(**domain) for domain in job.domains], **job.request)
    store.report_job(job.claim, stage="loading models")
    report, _files = run_request(
        request,
        job.folder,
        command=shlex.join(["manage.py", "gap_report", *request.words(), "--output", OUTPUT]),
        inputs=job.folder,
        kept=job.folder / KEPT,
        on_cell=lambda key, done, of: store.report_job(
            job.claim, step=done, n_steps=of, stage=_stage(key) if done < of else "writing the report"
        ),
    )
    return {"report": report, "signature": report["signature"]}


def _stage(key: tuple[str | float, ...]) -> str:
    """What was just done: system, domain, noise, severity."""
    return ", ".join(map(str, key))[:100]

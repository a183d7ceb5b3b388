"""Celery tasks of the web side: imports, exports and figures that take longer than a request.

They read and write below MEDIA_ROOT, so they go to the queue cpu, whose workers share that folder with the
site.
"""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from celery import shared_task
from django.db import InterfaceError, OperationalError

from annotations.actions import (
    bulk_work,
    comparisons,
    evaluation,
    exports,
    gap_inputs,
    import_work,
    reports,
    training,
)
from annotations.actions.jobs import mark_job_failed
from annotations.models import Evaluation, GapReport, TrainingRun
from workers.tasks.disk import DISK_FULL, is_disk_full

logger = logging.getLogger(__name__)

# What passes by itself: the database restarts, or two transactions waited for each other.
PASSING = (OperationalError, InterfaceError)
RETRY: dict[str, Any] = {"autoretry_for": PASSING, "max_retries": 8, "retry_backoff": True}


@shared_task(**RETRY)
def check_import(batch_id: int) -> None:
    _or_mark_failed(import_work.run_check, import_work.mark_failed, batch_id)


@shared_task(**RETRY)
def import_staged(batch_id: int) -> None:
    _or_mark_failed(import_work.run_import, import_work.mark_failed, batch_id)


@shared_task(**RETRY)
def make_export(export_id: int) -> None:
    _or_mark_failed(exports.make_export, exports.mark_export_failed, export_id)


@shared_task(**RETRY)
def make_report(report_id: int) -> None:
    _or_mark_failed(reports.make_report, reports.mark_report_failed, report_id)


@shared_task(**RETRY)
def work_bulk(bulk_id: int) -> None:
    _or_mark_failed(bulk_work.work_bulk, bulk_work.mark_bulk_failed, bulk_id)


@shared_task(**RETRY)
def write_training(training_id: int) -> None:
    _or_mark_failed(training.write_training, partial(mark_job_failed, TrainingRun), training_id)


@shared_task(**RETRY)
def write_evaluation(evaluation_id: int) -> None:
    _or_mark_failed(evaluation.write_evaluation, partial(mark_job_failed, Evaluation), evaluation_id)


@shared_task(**RETRY)
def write_gap_inputs(report_id: int) -> None:
    _or_mark_failed(gap_inputs.write_gap_inputs, partial(mark_job_failed, GapReport), report_id)


@shared_task(**RETRY)
def compare_runs(comparison_id: int) -> None:
    _or_mark_failed(comparisons.compare, comparisons.mark_comparison_failed, comparison_id)


def _or_mark_failed(work: Callable[[int], None], mark_failed: Callable[[int, str], None], pk: int) -> None:
    """Whatever goes wrong is said on the page; only what passes by itself is tried again."""
    try:
        work(pk)
    except Exception as error:
        if isinstance(error, PASSING) and not is_disk_full(error):
            raise
        logger.exception("%s of %s failed", work.__name__, pk)
        mark_failed(pk, DISK_FULL if is_disk_full(error) else f"{type(error).__name__}: {error}")

"""The rows in which worker processes describe themselves, and what runs' aligners learnt."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models.functions import Now

from annotations.models import ProjectionRun, WordTable, WorkerReport
from workers.lexical_table import LexicalTable

FORGET_AFTER = timedelta(hours=1)  # without a word


def save_report(worker: str, pid: int, *, started_at: datetime, **values: Any) -> None:
    """Write a process's row, and its sign of life."""
    WorkerReport.objects.update_or_create(
        worker=worker, pid=pid, defaults={"started_at": started_at, "heard_at": Now(), **values}
    )


def delete_reports(worker: str, pid: int | None = None) -> None:
    """Forget a worker that ends or starts anew, or one of its processes."""
    reports = WorkerReport.objects.filter(worker=worker)
    (reports if pid is None else reports.filter(pid=pid)).delete()


def prune_reports() -> None:
    """Delete the rows of processes that have been gone for long."""
    WorkerReport.objects.filter(heard_at__lt=Now() - FORGET_AFTER).delete()


def save_words(run_id: int, table: LexicalTable) -> None:
    """Keep what the run's aligner learnt; a run that is prepared again learns again."""
    WordTable.objects.update_or_create(
        run=ProjectionRun.objects.get(pk=run_id), defaults={"digest": table.digest, "data": table.to_bytes()}
    )


def words_digest(run_id: int) -> str:
    """What was learnt for a run in 12 digits, "" for nothing."""
    return WordTable.objects.filter(run=run_id).values_list("digest", flat=True).first() or ""


def load_words(run_id: int) -> LexicalTable:
    return LexicalTable.from_bytes(bytes(WordTable.objects.get(run=run_id).data))

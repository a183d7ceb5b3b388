"""The workers as the pages know them: what they last reported, and whether anybody works on a run."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from annotations.models import WorkerReport
from annotations.models.workforce import QUEUES
from annotations.progress import Progress
from workers.tasks.workforce import count_waiting_tasks, find_workers

QUIET_S = 10.0  # without news, after which the workers are asked for a sign of life
REMEMBER_S = 10
UNREACHABLE = "unreachable"
LIVES_FOR = timedelta(seconds=30)  # after a report; a process writes one every ten seconds


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue with the main reports of its workers; waiting is None when nobody could tell."""

    name: str
    workers: list[WorkerReport]
    waiting: int | None


def live_reports() -> QuerySet[WorkerReport]:
    """What the processes say that were heard of lately, worker by worker, the main one of each first."""
    heard = WorkerReport.objects.filter(heard_at__gt=Now() - LIVES_FOR)
    return heard.order_by("worker", "-n_slots", "pid")


def list_queues(reports: list[WorkerReport]) -> list[Queue]:
    waiting = cache.get_or_set("waiting-tasks", _count_waiting, REMEMBER_S) or {}
    return [
        Queue(name, [report for report in reports if name in report.queues], waiting.get(name))
        for name in QUEUES
    ]


def _count_waiting() -> dict[str, int]:
    try:
        return count_waiting_tasks(QUEUES)
    except OperationalError:
        return {}


def default_queue() -> str:
    """gpu where a worker of that queue reports a GPU, or takes from no other queue; else cpu."""
    for report in live_reports():
        if "gpu" in report.queues and (report.gpus or "cpu" not in report.queues):
            return "gpu"
    return "cpu"


def models_on_machines() -> dict[str, dict[str, Any]]:
    """Name -> what the workers that have it on disk say: `workers`, `n_bytes`, `labels`, `problem`."""
    found: dict[str, dict[str, Any]] = {}
    for report in live_reports():
        for model in report.on_disk:
            entry = found.setdefault(model["name"], {**model, "workers": []})
            entry["workers"].append(report.worker)
    return found


def say_who_works(progress: Progress) -> str:
    """A sentence for the run's page, or "" when the run has ended or is being worked on."""
    if not progress.run.is_active or progress.is_held or progress.quiet_s < QUIET_S:
        return ""
    workers = cache.get_or_set("answering-workers", ask_workers, REMEMBER_S)
    if workers == UNREACHABLE:
        return _("The task queue cannot be reached. The run goes on by itself when it is back.")
    if not workers:
        return _("No worker answers. The run goes on by itself when one is started.")
    queue = progress.run.queue
    mains = [report for report in live_reports() if report.n_slots]
    if mains and not any(queue in report.queues for report in mains):
        return _("No worker takes from the queue %s. The run goes on by itself when one does.") % queue
    return _("The run waits for its turn: the workers are busy with other runs, or take it up in a minute.")


def ask_workers() -> list[str] | str:
    """The names of the workers that answer, or UNREACHABLE."""
    try:
        return find_workers()
    except OperationalError:
        return UNREACHABLE

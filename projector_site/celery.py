"""The Celery application: `celery -A projector_site worker`."""

import logging
import os
import signal
from typing import Any

from celery import Celery
from celery.signals import (
    celeryd_init,
    worker_process_init,
    worker_process_shutdown,
    worker_ready,
    worker_shutdown,
)

from projector_site.services.process import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "projector_site.settings")

app = Celery("projector")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["workers", "annotations"])
app.steps["consumer"].add("workers.tasks:RunKeeper")


# What a worker does every few seconds; it is heard of when it fails.
QUIET_TASKS = {"workers.tasks.wake_runs"}


def is_worth_a_line(record: logging.LogRecord) -> bool:
    """False for the news that a quiet task came in, succeeded, or came too late."""
    if isinstance(record.args, tuple):
        task = record.args[0] if record.args else ""
    else:
        task = record.args.get("name") if record.args else ""
    return record.levelno > logging.INFO or task not in QUIET_TASKS


for name in ("celery.worker.strategy", "celery.app.trace", "celery.worker.request"):
    logging.getLogger(name).addFilter(is_worth_a_line)


@worker_process_init.connect
def end_with_the_worker(**_: object) -> None:
    """A killed worker must not leave pool processes that go on with tasks already given to others."""
    die_with_parent(signal.SIGKILL)


# Each process of a worker says in the database what it is and holds, see workers/store/reporter.py.


@celeryd_init.connect
def name_the_worker(sender: str, **_: object) -> None:
    from workers.store import reporter

    reporter.worker = sender


@worker_ready.connect
def report_worker(sender: Any, **_: object) -> None:
    from workers.store import reporter

    queues = sorted(app.amqp.queues.consume_from)
    reporter.start(n_slots=sender.controller.concurrency, queues=queues)


@worker_process_init.connect
def report_process(**_: object) -> None:
    from workers.store import reporter

    reporter.start()


@worker_process_shutdown.connect
@worker_shutdown.connect
def report_end(**_: object) -> None:
    from workers.store import reporter

    reporter.stop()

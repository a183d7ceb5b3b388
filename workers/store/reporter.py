"""Keeps the row of this process up to date, from a thread of its own, while the process lives.

A worker has one main process, which reports its queues, its GPUs and the models on its machine, and those of
its pool, which report what they hold. What cannot be written is said in the log once and tried again.
"""

import logging
import os
import threading
import time
from collections.abc import Sequence

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from workers.presence import describe_loaded, find_gpus, find_on_disk, resident_bytes
from workers.store.reports import delete_reports, prune_reports, save_report

logger = logging.getLogger(__name__)

EVERY_S = 10.0
LOOK_FOR_MODELS_EVERY_S = 300.0

worker = ""  # the node name, known before the pool's processes are forked
_ended = threading.Event()


def start(*, n_slots: int = 0, queues: Sequence[str] = ()) -> None:
    """Report from now on. n_slots and queues: of a worker's main process."""
    if not worker:
        return  # not in a worker
    _ended.clear()
    threading.Thread(target=_report, args=(n_slots, list(queues)), daemon=True).start()


def stop() -> None:
    """Take this process's row away: it ends on purpose."""
    if not worker or _ended.is_set():
        return
    _ended.set()
    try:
        delete_reports(worker, os.getpid())
    except DatabaseError:
        logger.info("the last report could not be taken away; it will grow old and be forgotten")
    finally:
        connection.close()


def _report(n_slots: int, queues: list[str]) -> None:
    started_at, looked_at = timezone.now(), float("-inf")
    on_disk: list[dict[str, object]] = []
    said = False
    while True:
        if n_slots and time.monotonic() - looked_at > LOOK_FOR_MODELS_EVERY_S:
            on_disk, looked_at = _look_for_models(), time.monotonic()
        loaded = describe_loaded()
        try:
            save_report(
                worker,
                os.getpid(),
                started_at=started_at,
                n_slots=n_slots,
                queues=queues,
                device=loaded[-1]["device"] if loaded else "",
                memory_bytes=resident_bytes(),
                gpus=find_gpus() if n_slots else [],
                loaded=loaded,
                on_disk=on_disk,
            )
            if n_slots:
                prune_reports()
            said = False
        except DatabaseError:
            if not said:
                logger.warning("what this worker holds cannot be reported", exc_info=True)
            said = True
        finally:
            connection.close()
        if _ended.wait(EVERY_S):
            return


def _look_for_models() -> list[dict[str, object]]:
    try:
        return find_on_disk(settings.MODEL_FOLDERS)
    except OSError:
        logger.warning("the models on this machine could not be listed", exc_info=True)
        return []

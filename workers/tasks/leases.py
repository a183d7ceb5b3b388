"""Holding what a task works on while it works, and trying again what passes by itself."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

from celery import Task
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection

logger = logging.getLogger(__name__)

# What passes by itself: the database restarts, or two transactions waited for each other.
PASSING = (OperationalError, InterfaceError)
RETRY: dict[str, Any] = {"autoretry_for": PASSING, "max_retries": 8, "retry_backoff": True}


def token_of(task: Task) -> UUID:
    """The message's id: when its worker dies, the same message comes back and may take up what it held."""
    return UUID(task.request.id) if task.request.id else uuid4()


@contextmanager
def renewed(extend: Callable[[], None]) -> Iterator[None]:
    """Renew a lease from a thread of its own while the body works, so that slow models do not lose it."""
    done = threading.Event()

    def renew() -> None:
        while not done.wait(settings.RUN_LEASE_S / 3):
            try:
                extend()
            except DatabaseError:
                logger.warning("a lease could not be renewed", exc_info=True)
        connection.close()

    thread = threading.Thread(target=renew, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()

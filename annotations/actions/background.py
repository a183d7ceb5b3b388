"""Work that takes longer than a request: promised in a row, done by whoever holds the row's lock.

The lock ends with the transaction, so that a worker that is killed leaves the promise to the next one, and
two workers that are asked for the same thing do it once.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from celery import Task
from django.db import connection, transaction
from django.db.models import Model

M = TypeVar("M", bound=Model)


@contextmanager
def one_snapshot() -> Iterator[None]:
    """One transaction in which every query sees the same moment. Inside another transaction, that one's."""
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


@contextmanager
def taking(model: type[M], pk: int, status: str) -> Iterator[M | None]:
    """Hold a row of this status for one transaction; None where it is not so, or somebody else holds it."""
    with transaction.atomic():
        rows = model._default_manager.select_for_update(skip_locked=True, no_key=True)
        yield rows.filter(pk=pk, status=status).first()


def is_held(row: Model) -> bool:
    """Whether somebody is working on it now. False for work that waits, or whose worker was lost."""
    with transaction.atomic():
        free = type(row)._default_manager.select_for_update(skip_locked=True, no_key=True)
        return not free.filter(pk=row.pk).exists()


def send_on_commit(task: Task, pk: int) -> None:
    """Ask the workers. With the broker away the promise stands, and the page offers to ask again."""
    transaction.on_commit(lambda: task.delay(pk), robust=True)

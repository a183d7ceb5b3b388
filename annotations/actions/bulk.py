"""Verbs of decisions over many pairs: begin, stop, take back, make again. The work is in bulk_work."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction

from annotations.actions.background import send_on_commit
from annotations.actions.bulk_work import work_block
from annotations.models import BulkChange, Project, User
from annotations.tasks import work_bulk

Status = BulkChange.Status


class BulkBusy(Exception):
    """The person has another such decision under way in the project."""


def begin_bulk(
    *, project: Project, actor: User, kind: str, n_wanted: int, detail: dict[str, Any]
) -> BulkChange:
    """Make the promise and keep its first block; the workers do the rest. Raises BulkBusy."""
    try:
        with transaction.atomic():
            bulk = BulkChange.objects.create(
                project=project, actor=actor, kind=kind, n_wanted=n_wanted, detail=detail
            )
    except IntegrityError as error:
        raise BulkBusy from error
    return _go_on(bulk)


@transaction.atomic
def take_back_bulk(bulk_id: int) -> BulkChange:
    """Restore what it changed; what it has not reached is left. Raises BulkBusy."""
    return _promise(bulk_id, Status.UNDOING, {Status.WORKING, Status.DONE, Status.REDOING, Status.FAILED})


@transaction.atomic
def redo_bulk(bulk_id: int) -> BulkChange:
    """Change it again. Raises BulkBusy."""
    return _promise(bulk_id, Status.REDOING, {Status.UNDONE, Status.UNDOING})


@transaction.atomic
def stop_bulk(bulk_id: int) -> BulkChange:
    """What is done stays done; nothing more is done."""
    bulk = BulkChange.objects.select_for_update(no_key=True).get(pk=bulk_id)
    if bulk.status == Status.WORKING:
        bulk.status = Status.DONE
        bulk.save(update_fields=["status"])
    return bulk


def ask_again_bulk(bulk: BulkChange) -> None:
    """Send what waits for a worker once more."""
    if bulk.is_active:
        send_on_commit(work_bulk, bulk.pk)


def _promise(bulk_id: int, status: str, coming_from: set[str]) -> BulkChange:
    bulk = BulkChange.objects.select_for_update(no_key=True).get(pk=bulk_id)
    if bulk.status not in coming_from:
        return bulk
    bulk.status, bulk.after, bulk.n_handled, bulk.n_changed, bulk.error = status, 0, 0, 0, ""
    try:
        with transaction.atomic():
            bulk.save(update_fields=["status", "after", "n_handled", "n_changed", "error"])
    except IntegrityError as error:
        raise BulkBusy from error
    return _go_on(bulk)


def _go_on(bulk: BulkChange) -> BulkChange:
    if work_block(bulk.pk):
        send_on_commit(work_bulk, bulk.pk)
    bulk.refresh_from_db()
    return bulk

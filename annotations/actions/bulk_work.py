"""Decisions over many pairs, worked off block by block: made, taken back, made again.

Each block is a transaction of its own that also says how far it came, so that a worker that is killed loses
one block of work, and nobody's sentence is locked for long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial

from django.db import transaction
from django.db.models import Max, Q

from annotations.actions.alike import alike_block
from annotations.actions.audit import Kind, write_audit
from annotations.actions.background import taking
from annotations.actions.fast_lane import accept_block
from annotations.actions.locking import StaleReview
from annotations.actions.restoring import BULK_ACTIONS, restore
from annotations.models import BulkChange, ReviewEvent

Action, Status = ReviewEvent.Action, BulkChange.Status
BLOCK = 25
PROGRESS = ["status", "n_reviews", "n_handled", "n_changed", "after"]
ENDED: dict[str, tuple[str, str]] = {
    Status.WORKING: (Status.DONE, Kind.BULK_DECIDED),
    Status.UNDOING: (Status.UNDONE, Kind.BULK_UNDONE),
    Status.REDOING: (Status.DONE, Kind.BULK_REDONE),
}


def work_bulk(bulk_id: int) -> None:
    """Everything that is promised, unless it is stopped meanwhile."""
    while work_block(bulk_id):
        pass


def work_block(bulk_id: int) -> bool:
    """One block of it. Whether more is to do; not so where somebody else has it in hand."""
    status = BulkChange.objects.filter(pk=bulk_id).values_list("status", flat=True).first()
    if status not in ENDED:
        return False
    with taking(BulkChange, bulk_id, status) as bulk:
        if bulk is None:
            return False
        rows = list(_next_rows(bulk))
        for row_id, change in rows:
            bulk.n_changed += change()
            bulk.after = row_id
        bulk.n_handled += len(rows)
        if status == Status.WORKING:
            bulk.n_reviews = bulk.n_changed
        is_end = len(rows) < BLOCK or bulk.n_wanted <= bulk.n_handled and status == Status.WORKING
        if is_end:
            bulk.status, kind = ENDED[status]
            if bulk.n_changed:
                write_audit(bulk.project, kind, bulk.actor, bulk=bulk.kind, n=bulk.n_changed, number=bulk.pk)
        bulk.save(update_fields=PROGRESS)
    return not is_end


def mark_bulk_failed(bulk_id: int, error: str) -> None:
    BulkChange.objects.filter(pk=bulk_id, status__in=BulkChange.ACTIVE).update(
        status=Status.FAILED, error=error
    )


def _next_rows(bulk: BulkChange) -> Iterable[tuple[int, Callable[[], bool]]]:
    """(number of the row, what to do to it), of the next block."""
    if bulk.status == Status.UNDOING:
        return _events_to_undo(bulk)
    if bulk.status == Status.REDOING:
        return _events_to_redo(bulk)
    n = min(BLOCK, bulk.n_wanted - bulk.n_handled)
    return accept_block(bulk, n) if bulk.kind == BulkChange.Kind.FAST_LANE else alike_block(bulk, n)


def _events_to_undo(bulk: BulkChange) -> Iterable[tuple[int, Callable[[], bool]]]:
    """The last first, as single steps are undone."""
    events = ReviewEvent.objects.filter(bulk=bulk, action__in=BULK_ACTIONS).order_by("-pk")
    if bulk.after:
        events = events.filter(pk__lt=bulk.after)
    for event in events[:BLOCK]:
        yield event.pk, partial(_undo, event, bulk)


def _events_to_redo(bulk: BulkChange) -> Iterable[tuple[int, Callable[[], bool]]]:
    last_undo = Max("undone_by", filter=Q(undone_by__action=Action.UNDONE))
    events = ReviewEvent.objects.filter(bulk=bulk, action__in=BULK_ACTIONS, pk__gt=bulk.after)
    for event in events.annotate(last_undo=last_undo).order_by("pk")[:BLOCK]:
        yield event.pk, partial(_redo, event, event.last_undo, bulk)


def _undo(event: ReviewEvent, bulk: BulkChange) -> bool:
    """False where the review has changed since: it stays as it is."""
    with suppress(StaleReview), transaction.atomic():
        restore(
            event, event.before, expected=event.after, actor=bulk.actor, action=Action.UNDONE, undoes=event
        )
        return True
    return False


def _redo(event: ReviewEvent, last_undo: int | None, bulk: BulkChange) -> bool:
    if last_undo is None:
        return False
    undo = ReviewEvent.objects.get(pk=last_undo)
    with suppress(StaleReview), transaction.atomic():
        restore(
            event,
            event.after,
            expected=event.before,
            actor=bulk.actor,
            action=Action.REDONE,
            undoes=undo,
            bulk=bulk,
        )
        return True
    return False

"""Undo and redo: new events that restore what an earlier event recorded, across sentences, per person.

The history of one person in one project is a line of events. Undone by looking back along it:

- the last thing that is still done, seen from event e: e itself when it is an edit; what a redo brought back;
  and after an undo of t, whatever was still done just before t;
- the next thing to redo, seen from e: nothing after an edit; what e undid; and after the redo of an undo u,
  whatever was next to redo just before u.

A decision over many pairs is made and taken back by workers while its person goes on. Looking for what is
still done, its events count by its status alone, and those that take it back are not looked at.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q, QuerySet

from annotations.actions.bulk import BulkBusy, redo_bulk, take_back_bulk
from annotations.actions.claims import claim_pair
from annotations.actions.locking import StaleReview
from annotations.actions.restoring import restore
from annotations.models import BulkChange, Project, ReviewEvent, User

Action = ReviewEvent.Action
TAKEN_BACK = (BulkChange.Status.UNDONE, BulkChange.Status.UNDOING)


class NothingToUndo(Exception):
    """The person has done nothing here, or has undone (or redone) everything already."""


@transaction.atomic
def undo_last(project: Project, actor: User) -> ReviewEvent:
    """Take back the actor's last change in the project. Returns the event that was undone.

    Raises NothingToUndo, or StaleReview when the review is no longer as that change left it.
    """
    event = last_done(_last_standing(project, actor))
    if event is None:
        raise NothingToUndo
    if event.bulk_id is not None:
        return _undo_bulk(event, event.bulk_id)
    restore(event, event.before, expected=event.after, actor=actor, action=Action.UNDONE, undoes=event)
    claim_pair(event.review.pair_id, actor)
    return event


@transaction.atomic
def redo_last(project: Project, actor: User) -> ReviewEvent:
    """Bring back what the actor undid last. Returns the event that counts again. Raises as undo_last."""
    undo = next_to_redo(last_event(project, actor))
    if undo is None or undo.undoes is None:
        raise NothingToUndo
    event = undo.undoes
    if event.bulk_id is not None:
        return _redo_bulk(event, event.bulk_id)
    restore(event, event.after, expected=event.before, actor=actor, action=Action.REDONE, undoes=undo)
    claim_pair(event.review.pair_id, actor)
    return event


def _undo_bulk(event: ReviewEvent, bulk_id: int) -> ReviewEvent:
    """Take a decision over many pairs back as one step; reviews that changed since stay as they are.

    The first block at once, the rest by the workers. Raises StaleReview when all have changed.
    """
    try:
        bulk = take_back_bulk(bulk_id)
    except BulkBusy as error:
        raise NothingToUndo from error
    if not bulk.is_active and not bulk.n_changed:
        raise StaleReview
    return event


def _redo_bulk(event: ReviewEvent, bulk_id: int) -> ReviewEvent:
    """Make it again as one step. Raises as _undo_bulk."""
    try:
        bulk = redo_bulk(bulk_id)
    except BulkBusy as error:
        raise NothingToUndo from error
    if not bulk.is_active and not bulk.n_changed:
        raise StaleReview
    return event


def last_event(
    project: Project | int, actor: User | int, *, before: ReviewEvent | None = None
) -> ReviewEvent | None:
    """The actor's latest event in the project, or the latest before another."""
    events = _events(project, actor)
    return (events.filter(pk__lt=before.pk) if before else events).first()


def _events(project: Project | int, actor: User | int) -> QuerySet[ReviewEvent]:
    events = ReviewEvent.objects.filter(actor=actor, review__pair__project=project)
    events = events.exclude(~Q(review__reviewer=actor), action=Action.REWORDED)  # in others' reviews
    return events.select_related("undoes__undoes", "review__pair").order_by("-pk")


def _last_standing(
    project: Project | int, actor: User | int, before: ReviewEvent | None = None
) -> ReviewEvent | None:
    """The latest event, but for decisions over many pairs that were taken back, and what took them back."""
    events = _events(project, actor).exclude(bulk__status__in=TAKEN_BACK)
    events = events.exclude(action=Action.UNDONE, undoes__bulk__isnull=False)
    return (events.filter(pk__lt=before.pk) if before else events).first()


def last_done(event: ReviewEvent | None) -> ReviewEvent | None:
    while event is not None:
        if event.action == Action.REDONE:
            return event.undoes.undoes if event.undoes else None
        if event.action not in {Action.UNDONE, Action.OPENED}:
            return event
        before = event.undoes if event.action == Action.UNDONE else event
        event = _last_standing(event.review.pair.project_id, event.actor_id, before)
    return None


def next_to_redo(event: ReviewEvent | None) -> ReviewEvent | None:
    while event is not None and event.action == Action.REDONE:
        event = _event_before(event.undoes)
    return event if event is not None and event.action == Action.UNDONE else None


def _event_before(event: ReviewEvent | None) -> ReviewEvent | None:
    if event is None:
        return None
    return last_event(event.review.pair.project_id, event.actor_id, before=event)

"""Undo and redo: new events that restore what an earlier event recorded, across sentences, per person.

The history of one person in one project is a line of events. Undone by looking back along it:

- the last thing that is still done, seen from event e: e itself when it is an edit; what a redo brought back;
  and after an undo of t, whatever was still done just before t;
- the next thing to redo, seen from e: nothing after an edit; what e undid; and after the redo of an undo u,
  whatever was next to redo just before u.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from django.db import transaction
from django.db.models import Max, Q

from annotations.actions.audit import Kind, write_audit
from annotations.actions.claims import claim_pair
from annotations.actions.review import Seen, StaleReview, lock_review, record
from annotations.actions.wording import at_present, take_back
from annotations.items import Snapshot
from annotations.models import BulkChange, Candidate, Project, Review, ReviewEvent, SourceEntity, User

Action = ReviewEvent.Action
BULK_ACTIONS = (Action.MADE_ALIKE, Action.ACCEPTED_UNSEEN)


class NothingToUndo(Exception):
    """The person has done nothing here, or has undone (or redone) everything already."""


@transaction.atomic
def undo_last(project: Project, actor: User) -> ReviewEvent:
    """Take back the actor's last change in the project. Returns the event that was undone.

    Raises NothingToUndo, or StaleReview when the review is no longer as that change left it.
    """
    event = last_done(last_event(project, actor))
    if event is None:
        raise NothingToUndo
    if event.bulk_id is not None:
        return _undo_bulk(event, actor)
    _restore(event, event.before, expected=event.after, actor=actor, action=Action.UNDONE, undoes=event)
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
        return _redo_bulk(event, actor)
    _restore(event, event.after, expected=event.before, actor=actor, action=Action.REDONE, undoes=undo)
    claim_pair(event.review.pair_id, actor)
    return event


def _undo_bulk(event: ReviewEvent, actor: User) -> ReviewEvent:
    """Take a decision over many pairs back as one step; reviews that changed since stay as they are.

    Last first, so that what was done before the decision is next. Raises StaleReview when all have changed.
    """
    n_restored = 0
    for one in ReviewEvent.objects.filter(bulk=event.bulk_id, action__in=BULK_ACTIONS).order_by("-pk"):
        with suppress(StaleReview), transaction.atomic():
            _restore(one, one.before, expected=one.after, actor=actor, action=Action.UNDONE, undoes=one)
            n_restored += 1
    if not n_restored:
        raise StaleReview
    _write_audit(event, Kind.BULK_UNDONE, actor, n_restored)
    return event


def _redo_bulk(event: ReviewEvent, actor: User) -> ReviewEvent:
    """Make it again as one step, in the order in which that can be undone. Raises as _undo_bulk."""
    n_restored = 0
    events = ReviewEvent.objects.filter(bulk=event.bulk_id, action__in=BULK_ACTIONS).order_by("pk")
    for one in events.annotate(last_undo=Max("undone_by", filter=Q(undone_by__action=Action.UNDONE))):
        if one.last_undo is None:
            continue
        undo = ReviewEvent.objects.get(pk=one.last_undo)
        with suppress(StaleReview), transaction.atomic():
            _restore(
                one,
                one.after,
                expected=one.before,
                actor=actor,
                action=Action.REDONE,
                undoes=undo,
                bulk=one.bulk,
            )
            n_restored += 1
    if not n_restored:
        raise StaleReview
    _write_audit(event, Kind.BULK_REDONE, actor, n_restored)
    return event


def _write_audit(event: ReviewEvent, kind: str, actor: User, n: int) -> None:
    if event.bulk is not None:
        write_audit(event.bulk.project, kind, actor, bulk=event.bulk.kind, n=n, number=event.bulk.pk)


def last_event(
    project: Project | int, actor: User | int, *, before: ReviewEvent | None = None
) -> ReviewEvent | None:
    """The actor's latest event in the project, or the latest before another."""
    events = ReviewEvent.objects.filter(actor=actor, review__pair__project=project)
    events = events.exclude(~Q(review__reviewer=actor), action=Action.REWORDED)  # in others' reviews
    if before is not None:
        events = events.filter(pk__lt=before.pk)
    return events.select_related("undoes__undoes", "review__pair").order_by("-pk").first()


def last_done(event: ReviewEvent | None) -> ReviewEvent | None:
    while event is not None:
        if event.action == Action.REDONE:
            return event.undoes.undoes if event.undoes else None
        if event.action not in {Action.UNDONE, Action.OPENED}:
            return event
        event = _event_before(event.undoes if event.action == Action.UNDONE else event)
    return None


def next_to_redo(event: ReviewEvent | None) -> ReviewEvent | None:
    while event is not None and event.action == Action.REDONE:
        event = _event_before(event.undoes)
    return event if event is not None and event.action == Action.UNDONE else None


def _event_before(event: ReviewEvent | None) -> ReviewEvent | None:
    if event is None:
        return None
    return last_event(event.review.pair.project_id, event.actor_id, before=event)


def _restore(
    event: ReviewEvent,
    state: dict,
    *,
    expected: dict,
    actor: User,
    action: str,
    undoes: ReviewEvent,
    bulk: BulkChange | None = None,
) -> None:
    review = Review.objects.select_related("pair__project").get(pk=event.review_id)
    pair = review.pair
    locked = lock_review(pair, actor, Seen(review.version, review.run_id))
    if not locked.before.decides_as(at_present(Snapshot.from_json(expected), pair)):
        raise StaleReview
    if event.action == Action.REWORDED:
        after = take_back(locked, event, forwards=action == Action.REDONE)
        if after is None:
            raise StaleReview
    else:
        after = at_present(Snapshot.from_json(state), pair)
    after = _without_deleted(after)
    record(locked, after, actor=actor, action=action, detail=event.detail, undoes=undoes, bulk=bulk)


def _without_deleted(snapshot: Snapshot) -> Snapshot:
    """The snapshot without references to suggestions that a run has replaced since."""
    items = snapshot.items
    candidates = Candidate.objects.in_bulk({item.candidate for item in items if item.candidate})
    entities = SourceEntity.objects.in_bulk({item.source_entity for item in items if item.source_entity})
    kept = tuple(
        replace(
            item,
            candidate=item.candidate if item.candidate in candidates else None,
            source_entity=item.source_entity if item.source_entity in entities else None,
        )
        for item in items
    )
    return replace(snapshot, items=kept)

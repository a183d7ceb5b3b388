"""Putting a review back to what an event recorded, with a new event that says so."""

from __future__ import annotations

from dataclasses import replace

from annotations.actions.locking import Seen, StaleReview, lock_review
from annotations.actions.recording import record
from annotations.actions.wording import at_present, take_back
from annotations.items import Snapshot
from annotations.models import BulkChange, Candidate, Review, ReviewEvent, SourceEntity, User

Action = ReviewEvent.Action
BULK_ACTIONS = (Action.MADE_ALIKE, Action.ACCEPTED_UNSEEN)


def restore(
    event: ReviewEvent,
    state: dict,
    *,
    expected: dict,
    actor: User,
    action: str,
    undoes: ReviewEvent,
    bulk: BulkChange | None = None,
) -> None:
    """Make the review `state` where it is still `expected`. Raises StaleReview where it is not."""
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

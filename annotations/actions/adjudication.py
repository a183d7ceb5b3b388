"""Deciding between reviews of a pair: the decision is a review of the adjudicator's own, the others stay."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.db import transaction

from annotations.actions.locking import LockedReview, StaleReview, snapshot_of
from annotations.actions.recording import record
from annotations.items import REJECTED
from annotations.models import Review, ReviewEvent, SentencePair, User

Status = Review.Status
PICK, EDIT, EMPTY = "pick", "edit", "empty"


@dataclass(frozen=True, slots=True)
class SeenReviews:
    """What the adjudicator had on the screen. gold: the pair's gold review; own: the version of their own."""

    chosen: int
    version: int
    gold: int | None
    own: int


@transaction.atomic
def adjudicate(*, pair: SentencePair, adjudicator: User, seen: SeenReviews, decision: str) -> ReviewEvent:
    """Make one of the pair's reviews the final one, start to edit it, or say that the sentence has no name.

    The adjudicator's own review takes the decision and becomes gold, when picked or empty at once, when
    edited once it is accepted. Raises StaleReview when any of the reviews changed after it was seen.
    """
    pair.refresh_from_db(
        fields=["status", "is_flagged", "text_version"],
        from_queryset=SentencePair.objects.select_for_update(no_key=True),
    )
    reviews = {review.pk: review for review in Review.objects.filter(pair=pair)}
    chosen = reviews.get(seen.chosen)
    gold = next((review.pk for review in reviews.values() if review.is_gold), None)
    mine = next((review for review in reviews.values() if review.reviewer_id == adjudicator.pk), None)
    if chosen is None or chosen.version != seen.version or gold != seen.gold:
        raise StaleReview
    if (mine.version if mine else 0) != seen.own:
        raise StaleReview
    wanted = snapshot_of(chosen, pair.text_version)
    if decision == EMPTY:
        wanted = replace(wanted, items=tuple(replace(item, state=REJECTED) for item in wanted.items))
    blank = replace(wanted, status=Status.OPEN, is_flagged=False, note="", adjudicates=False)
    before = snapshot_of(mine, pair.text_version) if mine else blank
    status = Status.OPEN if decision == EDIT else Status.DONE
    after = replace(wanted, status=status, is_flagged=before.is_flagged, note=before.note, adjudicates=True)
    review = mine or Review(pair=pair, reviewer=adjudicator)
    review.run_id, review.run_signature = chosen.run_id, chosen.run_signature
    return record(
        LockedReview(pair, review, before),
        after,
        actor=adjudicator,
        action=ReviewEvent.Action.ADJUDICATED,
        detail=f"{decision}:{chosen.pk}",
    )

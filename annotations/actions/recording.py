"""Writing a changed review: its row, its items, the event, the pair and its claim, as one statement."""

from __future__ import annotations

import json
from typing import Any

from django.utils import timezone

from annotations.actions.disagreements import refresh_disagreement
from annotations.actions.locking import LockedReview, Other
from annotations.items import Item, Snapshot
from annotations.models import BulkChange, Review, ReviewEvent, SentencePair, User
from annotations.prepared import fetch_row

Status = Review.Status
REVIEWED = SentencePair.Status.REVIEWED

# Column of the review -> its value in the statement.
REVIEW_VALUES = {
    "run_id": "%(run)s::bigint",
    "run_signature": "%(run_signature)s",
    "status": "%(status)s",
    "is_gold": "%(is_gold)s",
    "is_adjudication": "%(is_adjudication)s",
    "is_flagged": "%(is_flagged)s",
    "note": "%(note)s",
    "added_links": "%(added_links)s::jsonb",
    "removed_links": "%(removed_links)s::jsonb",
    "version": "%(version)s",
    "guidelines_version": "%(guidelines_version)s",
    "bulk_id": "%(bulk)s::bigint",
    "changed_at": "%(now)s::timestamptz",
    "done_at": "%(done_at)s::timestamptz",
}
INSERT_REVIEW = f"""
    INSERT INTO annotations_review (pair_id, reviewer_id, created_at, {", ".join(REVIEW_VALUES)})
    VALUES (%(pair)s, %(reviewer)s, %(now)s, {", ".join(REVIEW_VALUES.values())}) RETURNING id
"""  # noqa: S608 (names of columns)
UPDATE_REVIEW = f"""
    UPDATE annotations_review SET {", ".join(f"{name} = {value}" for name, value in REVIEW_VALUES.items())}
    WHERE id = %(review)s RETURNING id
"""  # noqa: S608
REPLACE_ITEMS = """, gone AS (
    DELETE FROM annotations_reviewitem WHERE review_id = %(review)s AND position = ANY(%(gone)s::int[])
)"""
INSERT_ITEMS = """, items AS (
    INSERT INTO annotations_reviewitem (
        review_id, position, state, start, "end", label, candidate_id, source_entity_id, lost_words)
    SELECT review.id, position, state, start, "end", label, candidate, source_entity, lost_words
    FROM review, json_to_recordset(%(items)s::json) AS item (
        position int, state text, start int, "end" int, label text, candidate bigint, source_entity bigint,
        lost_words text)
)"""
UPDATE_PAIR = """, pair AS (
    UPDATE annotations_sentencepair SET status = %(pair_status)s, is_flagged = %(pair_is_flagged)s,
        more_reviews = %(more_reviews)s
    WHERE id = %(pair)s
)"""
GIVE_BACK = """, claim AS (
    DELETE FROM annotations_claim WHERE pair_id = %(pair)s AND reviewer_id = %(reviewer)s
)"""
INSERT_EVENT = """, event AS (
    INSERT INTO annotations_reviewevent (
        review_id, actor_id, action, detail, seen_version, before, after, undoes_id, bulk_id, at)
    SELECT id, %(actor)s, %(action)s, %(detail)s, %(seen_version)s, %(before)s::jsonb, %(after)s::jsonb,
        %(undoes)s::bigint, %(bulk)s::bigint, %(now)s
    FROM review RETURNING id
)
SELECT review.id, event.id FROM review, event
"""


def record(
    locked: LockedReview,
    after: Snapshot,
    *,
    actor: User,
    action: str,
    detail: str = "",
    undoes: ReviewEvent | None = None,
    bulk: BulkChange | None = None,
) -> ReviewEvent:
    """Write a locked review as `after`, with the event that says so, and what follows for the pair.

    bulk: the decision over many pairs that this belongs to.
    """
    pair, review, before = locked.pair, locked.review, locked.before
    seen_version, had_gold, was_gold = review.version, pair.status == REVIEWED, review.is_gold
    moved = (after.status, after.adjudicates) != (before.status, before.adjudicates)
    turned = after.is_flagged != before.is_flagged
    now = timezone.now()
    review.status, review.is_flagged, review.note = after.status, after.is_flagged, after.note
    review.added_links, review.removed_links = list(after.added_links), list(after.removed_links)
    review.version += 1
    review.guidelines_version = pair.project.guidelines_version
    review.bulk = bulk
    if after.status != before.status:
        review.done_at = now if after.status == Status.DONE else None
    if moved:
        review.is_adjudication = after.adjudicates
        withdrawn = before.adjudicates and not after.adjudicates
        review.is_gold = after.status == Status.DONE and not withdrawn and _takes_gold(locked)
        _move_pair(locked, lost_gold=was_gold and not review.is_gold)
    if turned:
        pair.is_flagged = after.is_flagged or any(other.is_flagged for other in locked.others)
    event = ReviewEvent(
        review=review,
        actor=actor,
        action=action,
        detail=detail[:200],
        seen_version=seen_version,
        before=before.to_json(),
        after=after.to_json(),
        undoes=undoes,
        bulk=bulk,
        at=now,
    )
    gives_back = moved and after.status != Status.OPEN
    _write(event, pair, before.items, after.items, with_pair=moved or turned, gives_back=gives_back)
    if was_gold and not review.is_gold:
        _pass_gold_on(review)
    if had_gold:
        refresh_disagreement(pair)
    return event


def _write(
    event: ReviewEvent,
    pair: SentencePair,
    before: tuple[Item, ...],
    after: tuple[Item, ...],
    *,
    with_pair: bool,
    gives_back: bool,
) -> None:
    """Only what changed is written; of the items, the rows that did."""
    review, is_new = event.review, event.review.pk is None
    stored = () if is_new else before
    changed = [item for item in after if item not in stored]
    gone = [item.position for item in stored if item not in after]
    parts = ["WITH review AS (", INSERT_REVIEW if is_new else UPDATE_REVIEW, ")"]
    parts += [REPLACE_ITEMS] if gone else []
    parts += [INSERT_ITEMS] if changed else []
    parts += [UPDATE_PAIR] if with_pair else []
    parts += [GIVE_BACK] if gives_back else []
    values: dict[str, Any] = {
        "review": review.pk,
        "pair": pair.pk,
        "reviewer": review.reviewer_id,
        "run": review.run_id,
        "run_signature": review.run_signature,
        "status": review.status,
        "is_gold": review.is_gold,
        "is_adjudication": review.is_adjudication,
        "is_flagged": review.is_flagged,
        "note": review.note,
        "added_links": json.dumps(review.added_links),
        "removed_links": json.dumps(review.removed_links),
        "version": review.version,
        "guidelines_version": review.guidelines_version,
        "bulk": event.bulk_id,
        "now": event.at,
        "done_at": review.done_at,
        "gone": gone,
        "items": json.dumps([item.to_json() for item in changed]),
        "pair_status": pair.status,
        "pair_is_flagged": pair.is_flagged,
        "more_reviews": pair.more_reviews,
        "actor": event.actor_id,
        "action": event.action,
        "detail": event.detail,
        "seen_version": event.seen_version,
        "before": json.dumps(event.before),
        "after": json.dumps(event.after),
        "undoes": event.undoes_id,
    }
    review.pk, event.pk = fetch_row("".join([*parts, INSERT_EVENT]), values)
    review._state.adding = event._state.adding = False
    event.review = review  # its key is known only now


def _takes_gold(locked: LockedReview) -> bool:
    """Whether a review that is just done becomes the pair's gold; an adjudication replaces what was."""
    rival = next((other for other in locked.others if other.is_gold), None)
    if locked.pair.status != REVIEWED or rival is None:
        return True
    if not locked.review.is_adjudication:
        return False
    Review.objects.filter(pk=rival.pk).update(is_gold=False)
    rival.is_gold = False
    return True


def _pass_gold_on(review: Review) -> None:
    """To the adjudication among the finished reviews, else to the one that was done first."""
    done = Review.objects.filter(pair=review.pair_id, status=Status.DONE)
    heir = done.order_by("-is_adjudication", "done_at").first()
    if heir is not None:
        done.filter(pk=heir.pk).update(is_gold=True)
        review.is_gold = heir.pk == review.pk


def _move_pair(locked: LockedReview, *, lost_gold: bool) -> None:
    """The pair's status after a review was finished, skipped or opened again."""
    pair, review = locked.pair, locked.review
    reviews: list[Review | Other] = [review, *locked.others]
    done = [one for one in reviews if one.status == Status.DONE]
    if any(one.is_gold for one in reviews) or (lost_gold and done):
        pair.status = REVIEWED
    elif any(one.status == Status.SKIPPED for one in reviews):
        pair.status = SentencePair.Status.SKIPPED
    else:
        pair.status = SentencePair.Status.SUGGESTED if pair.shown_run_id else SentencePair.Status.NEW
    pair.more_reviews = _reviews_wanted(pair, done)


def _reviews_wanted(pair: SentencePair, done: list[Review | Other]) -> int:
    """How many more people are to review a pair of the share that several people review."""
    project = pair.project
    if pair.status != REVIEWED or not project.wants_overlap(pair.pk):
        return 0
    if any(one.is_adjudication for one in done):
        return 0
    return max(0, project.overlap_people - len(done))

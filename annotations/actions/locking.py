"""Before a review is changed: its pair is locked, and what the reviewer saw is compared with what is."""

from __future__ import annotations

from dataclasses import dataclass

from annotations.edits import Sentence
from annotations.items import PENDING, Item, Snapshot, links_from
from annotations.models import Review, SentencePair, User
from annotations.prepared import fetch_one, fetch_row
from annotations.rows import REVIEW

# What may have changed since the pair was read.
LOCKED = (
    "status",
    "is_flagged",
    "more_reviews",
    "shown_run_id",
    "text_version",
    "source_text",
    "source_offsets",
    "target_text",
    "target_offsets",
)
LOCK = f"SELECT {', '.join(LOCKED)} FROM annotations_sentencepair WHERE id = %(pair)s FOR NO KEY UPDATE"  # noqa: S608

OTHERS = """
SELECT json_agg(json_build_array(id, reviewer_id, status, is_gold, is_adjudication, is_flagged)
                ORDER BY is_adjudication DESC, done_at)
FROM annotations_review WHERE pair_id = %(pair)s AND reviewer_id <> %(reviewer)s
"""

# The reviewer's review with its items, or without one what it starts from; see suggestions.seed_items.
READ = f"""
SELECT ({OTHERS}), run.signature,
    EXISTS (SELECT FROM annotations_pairresult WHERE run_id = run.id AND pair_id = %(pair)s),
    CASE
    WHEN own.id IS NOT NULL THEN (
        SELECT json_agg(json_build_array(
            position, state, start, "end", label, candidate_id, source_entity_id, lost_words
        ) ORDER BY position)
        FROM annotations_reviewitem WHERE review_id = own.id)
    WHEN %(run)s::bigint IS NULL THEN (
        SELECT json_agg(json_build_array(NULL, NULL, label, NULL, id) ORDER BY start)
        FROM annotations_sourceentity WHERE pair_id = %(pair)s AND run_id IS NULL)
    ELSE (
        SELECT json_agg(json_build_array(
            silver.start, silver."end", silver.label, silver.id, silver.source_entity_id
        ) ORDER BY entity.start, silver.start)
        FROM annotations_candidate AS silver
        LEFT JOIN annotations_sourceentity AS entity ON entity.id = silver.source_entity_id
        WHERE silver.pair_id = %(pair)s AND silver.run_id = %(run)s AND silver.rank = 0)
    END,
    {REVIEW.of("own")}
FROM (SELECT) AS one_row
LEFT JOIN annotations_review AS own ON own.pair_id = %(pair)s AND own.reviewer_id = %(reviewer)s
LEFT JOIN annotations_projectionrun AS run ON run.id = %(run)s
"""  # noqa: S608 (names of columns)
N_BEFORE_REVIEW = 4


@dataclass(frozen=True, slots=True)
class Seen:
    """What the reviewer had on the screen: the version of their review, and the run whose spans they saw.

    text: the version of the pair's words; None where tokens play no part.
    """

    version: int
    run: int | None
    text: int | None = None


class StaleReview(Exception):
    """The review changed after the reviewer saw it; nothing was written."""


@dataclass(slots=True)
class Other:
    """Another person's review of a locked pair."""

    pk: int
    reviewer_id: int
    status: str
    is_gold: bool
    is_adjudication: bool
    is_flagged: bool


@dataclass(slots=True)
class LockedReview:
    """A pair locked for this transaction, and one reviewer's review of it, which may not be stored yet.

    others: adjudications first, then as they were done; read when asked for, where they were not yet.
    """

    pair: SentencePair
    review: Review
    before: Snapshot
    _others: list[Other] | None = None

    @property
    def others(self) -> list[Other]:
        if self._others is None:
            values = {"pair": self.pair.pk, "reviewer": self.review.reviewer_id}
            self._others = _others_from(fetch_row(OTHERS, values)[0])
        return self._others

    def sentence(self) -> Sentence:
        pair = self.pair
        source = Sentence(pair.source_text, pair.source_offsets, ())
        return Sentence(pair.target_text, pair.target_offsets, pair.project.label_names, source=source)


def lock_review(pair: SentencePair, reviewer: User, seen: Seen) -> LockedReview:
    """Lock the pair, so that two writes to it wait for each other, and load the review that was seen.

    A review that nobody changed yet is not stored: it is seeded from the run that the reviewer saw.
    Raises StaleReview when `seen` is not what is there now.
    """
    locked = fetch_one(LOCK, {"pair": pair.pk})
    if locked is None:
        raise SentencePair.DoesNotExist
    for name, value in zip(LOCKED, locked, strict=True):
        setattr(pair, name, value)
    if seen.text is not None and seen.text != pair.text_version:
        raise StaleReview
    # Only now: a statement that waited for the lock would not see what was written meanwhile.
    row = fetch_row(READ, {"pair": pair.pk, "reviewer": reviewer.pk, "run": seen.run})
    others, signature, has_result, items = row[:N_BEFORE_REVIEW]
    found = _others_from(others)
    of_review = row[N_BEFORE_REVIEW:]
    if of_review[0] is None:
        return LockedReview(pair, *_begin(pair, reviewer, seen, signature, has_result, items), found)
    review: Review = REVIEW.instance(of_review)
    review.pair, review.reviewer = pair, reviewer
    if review.version != seen.version:
        raise StaleReview
    stored = tuple(Item(*item) for item in items or [])
    return LockedReview(pair, review, snapshot_with(review, stored, pair.text_version), found)


def _begin(
    pair: SentencePair,
    reviewer: User,
    seen: Seen,
    signature: str | None,
    has_result: bool,
    seeds: list | None,
) -> tuple[Review, Snapshot]:
    """A review that is not stored yet: of the shown run, or one that was shown until a newer run finished."""
    if seen.version != 0 or (seen.run != pair.shown_run_id and not has_result):
        raise StaleReview
    review = Review(pair=pair, reviewer=reviewer, run_id=seen.run, run_signature=signature or "")
    items = tuple(Item(n, PENDING, *seed) for n, seed in enumerate(seeds or []))
    return review, Snapshot(Review.Status.OPEN, False, "", items, text_version=pair.text_version)


def _others_from(found: list | None) -> list[Other]:
    return [Other(*other) for other in found or []]


def snapshot_of(review: Review, text_version: int = 0) -> Snapshot:
    """text_version: of the pair, as it was read together with the review."""
    items = tuple(
        Item(i.position, i.state, i.start, i.end, i.label, i.candidate_id, i.source_entity_id, i.lost_words)
        for i in review.items.all()
    )
    return snapshot_with(review, items, text_version)


def snapshot_with(review: Review, items: tuple[Item, ...], text_version: int) -> Snapshot:
    return Snapshot(
        review.status,
        review.is_flagged,
        review.note,
        items,
        links_from(review.added_links),
        links_from(review.removed_links),
        text_version,
        adjudicates=review.is_adjudication,
    )

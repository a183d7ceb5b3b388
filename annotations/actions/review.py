"""Verbs of the review: edit, accept, skip, flag, correct. Lock, look, change, record, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.db import transaction
from django.utils import timezone

from annotations.actions.disagreements import refresh_disagreement
from annotations.edits import Edit, Sentence, accept_all, apply_edit
from annotations.items import Item, Snapshot, links_from
from annotations.models import (
    BulkChange,
    PairResult,
    ProjectionRun,
    Review,
    ReviewEvent,
    ReviewItem,
    SentencePair,
    User,
)
from annotations.reprojection import load_alignment, reproject
from annotations.suggestions import find_candidates, seed_items, source_spans, suggested_spans

Action = ReviewEvent.Action
WORDING = ("text_version", "source_text", "source_offsets", "target_text", "target_offsets")
Status = Review.Status


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
class LockedReview:
    """A pair locked for this transaction, and one reviewer's review of it, which may not be stored yet."""

    pair: SentencePair
    review: Review
    before: Snapshot

    def sentence(self) -> Sentence:
        pair = self.pair
        source = Sentence(pair.source_text, pair.source_offsets, ())
        return Sentence(pair.target_text, pair.target_offsets, pair.project.label_names, source=source)


def lock_review(pair: SentencePair, reviewer: User, seen: Seen) -> LockedReview:
    """Lock the pair, so that two writes to it wait for each other, and load the review that was seen.

    A review that nobody changed yet is not stored: it is seeded from the run that the reviewer saw.
    Raises StaleReview when `seen` is not what is there now.
    """
    pair.refresh_from_db(
        fields=["status", "is_flagged", "shown_run", "claimed_by", "claimed_until", *WORDING],
        from_queryset=SentencePair.objects.select_for_update(no_key=True),
    )
    if seen.text is not None and seen.text != pair.text_version:
        raise StaleReview
    review = Review.objects.filter(pair=pair, reviewer=reviewer).first()
    if review is not None:
        if review.version != seen.version:
            raise StaleReview
        return LockedReview(pair, review, snapshot_of(review, pair.text_version))
    if seen.version != 0:
        raise StaleReview
    review = Review(pair=pair, reviewer=reviewer, run=_seen_run(pair, seen))
    review.run_signature = review.run.signature if review.run else ""
    chosen = find_candidates(pair.pk, review.run_id).filter(rank=0)
    items = seed_items(pair.pk, review.run_id, chosen)
    before = Snapshot(Status.OPEN, False, "", items, text_version=pair.text_version)
    return LockedReview(pair, review, before)


@transaction.atomic
def edit_review(*, pair: SentencePair, reviewer: User, seen: Seen, edit: Edit) -> ReviewEvent:
    """Change one item. Raises StaleReview, or EditRefused when the edit does not fit."""
    locked = lock_review(pair, reviewer, seen)
    sentence = locked.sentence()
    if edit.verb == "pick":
        candidates = find_candidates(pair.pk, locked.review.run_id)
        sentence.suggestions.update(suggested_spans(locked.before.items, candidates))
    if edit.verb == "fill":
        sentence.links.update(load_alignment(pair.pk, locked.review.run_id).links)
        sentence.entities.update(source_spans(locked.before.items))
    if edit.verb == "link":
        return _edit_link(locked, edit, sentence)
    after = apply_edit(locked.before, edit, sentence)
    return record(locked, after, actor=reviewer, action=Action.EDITED, detail=edit.word)


def _edit_link(locked: LockedReview, edit: Edit, sentence: Sentence) -> ReviewEvent:
    """Draw or remove a link, and project its entity again from what is stored."""
    pair, run = locked.pair, locked.review.run_id
    alignment = load_alignment(pair.pk, run)
    sentence.links.update(alignment.links)
    after = apply_edit(locked.before, edit, sentence)
    after = reproject(after, (edit.first or 0, edit.last or 0), pair, run, alignment)
    return record(locked, after, actor=locked.review.reviewer, action=Action.EDITED, detail=edit.word)


@transaction.atomic(savepoint=False)
def accept_review(*, pair: SentencePair, reviewer: User, seen: Seen) -> None:
    """Accept everything pending and finish the review: gold, unless the pair has another person's gold.

    A review that was finished before stays as it is. Raises StaleReview, or EditRefused when two items
    claim the same word.
    """
    locked = lock_review(pair, reviewer, seen)
    after = accept_all(locked.before, locked.sentence())
    if after != locked.before:
        record(locked, after, actor=reviewer, action=Action.ACCEPTED)


@transaction.atomic(savepoint=False)
def skip_review(*, pair: SentencePair, reviewer: User, seen: Seen, note: str = "") -> ReviewEvent:
    """Leave the pair to somebody else, or for later; what was edited is kept. Raises StaleReview."""
    locked = lock_review(pair, reviewer, seen)
    after = replace(locked.before, status=Status.SKIPPED, note=note or locked.before.note)
    return record(locked, after, actor=reviewer, action=Action.SKIPPED)


@transaction.atomic
def flag_review(*, pair: SentencePair, reviewer: User, seen: Seen, note: str = "") -> ReviewEvent:
    """Flag the pair for others to look at, or take the flag away. Raises StaleReview."""
    locked = lock_review(pair, reviewer, seen)
    before = locked.before
    after = replace(before, is_flagged=not before.is_flagged, note=note or before.note)
    return record(locked, after, actor=reviewer, action=Action.FLAGGED)


@transaction.atomic
def note_review(*, pair: SentencePair, reviewer: User, seen: Seen, note: str) -> ReviewEvent:
    """Write down a remark on the pair. Raises StaleReview."""
    locked = lock_review(pair, reviewer, seen)
    return record(locked, replace(locked.before, note=note), actor=reviewer, action=Action.NOTED)


@transaction.atomic
def correct_gold(*, pair: SentencePair, adjudicator: User) -> Review:
    """Start a review of one's own from another person's gold, which stays gold until this one is done."""
    pair = SentencePair.objects.select_for_update(no_key=True).get(pk=pair.pk)
    mine = Review.objects.filter(pair=pair, reviewer=adjudicator).first()
    if mine is not None:
        return mine  # started before, in another window
    gold = Review.objects.gold().get(pair=pair)
    before = snapshot_of(gold, pair.text_version)
    review = Review(
        pair=pair,
        reviewer=adjudicator,
        run_id=gold.run_id,
        run_signature=gold.run_signature,
        is_adjudication=True,
    )
    opened = replace(before, status=Status.OPEN, is_flagged=False, note="", adjudicates=True)
    record(LockedReview(pair, review, opened), opened, actor=adjudicator, action=Action.OPENED)
    return review


def snapshot_of(review: Review, text_version: int = 0) -> Snapshot:
    """text_version: of the pair, as it was read together with the review."""
    items = tuple(
        Item(i.position, i.state, i.start, i.end, i.label, i.candidate_id, i.source_entity_id, i.lost_words)
        for i in review.items.all()
    )
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
    is_new, seen_version = review.pk is None, review.version
    had_gold = pair.status == SentencePair.Status.REVIEWED
    moved = (after.status, after.adjudicates) != (before.status, before.adjudicates)
    lost_gold = moved and review.is_gold
    review.status, review.is_flagged, review.note = after.status, after.is_flagged, after.note
    review.added_links, review.removed_links = list(after.added_links), list(after.removed_links)
    review.version += 1
    review.guidelines_version = pair.project.guidelines_version
    review.bulk = bulk
    if after.status != before.status:
        review.done_at = timezone.now() if after.status == Status.DONE else None
    if moved:
        review.is_adjudication = after.adjudicates
        withdrawn = before.adjudicates and not after.adjudicates
        review.is_gold = after.status == Status.DONE and not withdrawn and _takes_gold(review, pair)
    review.save()
    _write_items(review, () if is_new else before.items, after.items)
    if moved:
        _move_pair(pair, review, lost_gold=lost_gold)
    if after.is_flagged != before.is_flagged:
        others = pair.reviews.filter(is_flagged=True).exclude(pk=review.pk)
        pair.is_flagged = after.is_flagged or others.exists()
    if moved or after.is_flagged != before.is_flagged:
        pair.save(update_fields=["status", "is_flagged", "more_reviews", "claimed_by", "claimed_until"])
    if had_gold:
        refresh_disagreement(pair)
    return ReviewEvent.objects.create(
        review=review,
        actor=actor,
        action=action,
        detail=detail[:200],
        seen_version=seen_version,
        before=before.to_json(),
        after=after.to_json(),
        undoes=undoes,
        bulk=bulk,
    )


def _seen_run(pair: SentencePair, seen: Seen) -> ProjectionRun | None:
    """The run a reviewer saw: the shown one, or one that was shown until a newer run finished this pair."""
    if seen.run is None:
        if pair.shown_run_id is not None:
            raise StaleReview
        return None
    if seen.run != pair.shown_run_id and not PairResult.objects.filter(pair=pair, run=seen.run).exists():
        raise StaleReview
    return ProjectionRun.objects.only("signature").get(pk=seen.run)


def _takes_gold(review: Review, pair: SentencePair) -> bool:
    """Whether a review that is just done becomes the pair's gold; an adjudication replaces what was."""
    if pair.status != SentencePair.Status.REVIEWED:
        return True
    rivals = Review.objects.gold().filter(pair=pair).exclude(pk=review.pk)
    return not rivals.exists() or (review.is_adjudication and rivals.update(is_gold=False) == 1)


def _move_pair(pair: SentencePair, review: Review, *, lost_gold: bool) -> None:
    """The pair's status and claim after a review was finished, skipped or opened again."""
    others = Review.objects.filter(pair=pair).exclude(pk=review.pk)
    if lost_gold and not review.is_gold:
        done = Review.objects.filter(pair=pair, status=Status.DONE)
        heir = done.order_by("-is_adjudication", "done_at").first()
        if heir is not None:
            done.filter(pk=heir.pk).update(is_gold=True)
            review.is_gold = heir.pk == review.pk
    if review.is_gold or others.gold().exists():
        pair.status = SentencePair.Status.REVIEWED
    elif review.status == Status.SKIPPED or others.filter(status=Status.SKIPPED).exists():
        pair.status = SentencePair.Status.SKIPPED
    else:
        pair.status = SentencePair.Status.SUGGESTED if pair.shown_run_id else SentencePair.Status.NEW
    pair.more_reviews = _reviews_wanted(pair)
    if review.status != Status.OPEN and pair.claimed_by_id == review.reviewer_id:
        pair.claimed_by = pair.claimed_until = None


def _reviews_wanted(pair: SentencePair) -> int:
    """How many more people are to review a pair of the share that several people review."""
    project = pair.project
    if not project.wants_overlap(pair.pk) or pair.status != SentencePair.Status.REVIEWED:
        return 0
    done = Review.objects.filter(pair=pair, status=Status.DONE).values_list("is_adjudication", flat=True)
    return 0 if any(done) else max(0, project.overlap_people - len(done))


def _write_items(review: Review, before: tuple[Item, ...], after: tuple[Item, ...]) -> None:
    """Replace the rows that changed: two statements, however many they are."""
    changed = [item for item in after if item not in before]
    gone = {item.position for item in before if item not in after}
    if gone:
        review.items.filter(position__in=gone).delete()
    ReviewItem.objects.bulk_create(
        ReviewItem(
            review=review,
            position=item.position,
            state=item.state,
            start=item.start,
            end=item.end,
            label=item.label,
            candidate_id=item.candidate,
            source_entity_id=item.source_entity,
            lost_words=item.lost_words,
        )
        for item in changed
    )

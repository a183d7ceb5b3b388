"""Verbs of the review: edit, accept, skip, flag, correct. Lock, look, change, record, in one transaction."""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction

from annotations.actions.locking import LockedReview, Seen, lock_review, snapshot_of
from annotations.actions.recording import record
from annotations.edits import Edit, Sentence
from annotations.models import Review, ReviewEvent, SentencePair, User
from annotations.reprojection import load_alignment, reproject
from annotations.review_edits import accept_all, apply_edit
from annotations.suggestions import find_candidates, source_spans, suggested_spans

Action = ReviewEvent.Action
Status = Review.Status


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
def correct_gold(*, pair: SentencePair, adjudicator: User) -> Review | None:
    """Start a review of one's own from another person's gold, which stays gold until this one is done.

    None where there is no gold, or none any more.
    """
    pair = SentencePair.objects.select_for_update(no_key=True).get(pk=pair.pk)
    mine = Review.objects.filter(pair=pair, reviewer=adjudicator).first()
    if mine is not None:
        return mine  # started before, in another window
    gold = Review.objects.gold().filter(pair=pair).first()
    if gold is None:
        return None
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

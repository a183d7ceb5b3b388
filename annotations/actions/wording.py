"""Verbs that change the words of a pair: split, merge, rewrite, and take back. One transaction each.

Tokens belong to the pair, so everything that counts them moves along: every review, the candidates, links
and similarities of every run, and what was imported. Nobody's decision is dropped: where two accepted
entities, or imported ones, would share a token, the change is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.actions.locking import LockedReview, Seen, lock_review, snapshot_of
from annotations.actions.recording import record
from annotations.edits import EditRefused
from annotations.items import Snapshot
from annotations.models import (
    ReferenceSpan,
    Review,
    ReviewEvent,
    SentencePair,
    SourceEntity,
    User,
    WordingChange,
)
from annotations.silver import move_silver, put_back_silver
from annotations.wording import Wording, map_snapshot, map_span, token_map

Kind = WordingChange.Kind
SOURCE = "source"


@transaction.atomic
def change_wording(
    *,
    pair: SentencePair,
    reviewer: User,
    seen: Seen,
    side: str,
    kind: str,
    change: Callable[[Wording], Wording],
) -> ReviewEvent:
    """Change the words of one side as `change` says. Raises StaleReview or EditRefused."""
    locked = lock_review(pair, reviewer, seen)
    before = wording_of(pair, side)
    done = _move_pair_words(pair, reviewer, side, kind, before, change(before))
    after = _mapped(locked.before, done)
    event = record(locked, after, actor=reviewer, action=ReviewEvent.Action.REWORDED, detail=f"{kind}:{side}")
    _move_other_reviews(pair, locked.review, reviewer, done)
    return event


def take_back(locked: LockedReview, event: ReviewEvent, *, forwards: bool) -> Snapshot | None:
    """Undo a change of words, or redo it: the pair as it was, and its own review. None when it moved on."""
    before, after = Snapshot.from_json(event.before), Snapshot.from_json(event.after)
    pair = locked.pair
    done = WordingChange.objects.get(pair=pair, text_version=after.text_version)
    old, new = _before(done), _after(done)
    here, there, wanted = (old, new, after) if forwards else (new, old, before)
    if wording_of(pair, done.side) != here:
        return None
    back = _move_pair_words(pair, event.actor, done.side, Kind.BACK, here, there)
    if not forwards:
        put_back_silver(done.silver)
    _move_other_reviews(pair, locked.review, event.actor, back, undone=None if forwards else done)
    return replace(wanted, text_version=pair.text_version)


def at_present(review: Snapshot, pair: SentencePair) -> Snapshot:
    """A snapshot of earlier words in the words that the pair has now.

    From then to now at once, so that what was changed and changed back is as it was.
    """
    if review.text_version == pair.text_version:
        return review
    then: dict[str, Wording] = {}
    for change in WordingChange.objects.filter(pair=pair, text_version__gt=review.text_version):
        then.setdefault(change.side, _before(change))
    for side, wording in then.items():
        review = map_snapshot(review, side, wording, wording_of(pair, side))
    return replace(review, text_version=pair.text_version)


def wording_of(pair: SentencePair, side: str) -> Wording:
    if side == SOURCE:
        return Wording(pair.source_text, tuple(pair.source_offsets))
    return Wording(pair.target_text, tuple(pair.target_offsets))


def _move_pair_words(
    pair: SentencePair, actor: User, side: str, kind: str, before: Wording, after: Wording
) -> WordingChange:
    """Write the pair's new words, and move what was imported and what runs found. The pair is locked."""
    mapping = token_map(before, after)
    setattr(pair, f"{side}_text", after.text)
    setattr(pair, f"{side}_offsets", list(after.offsets))
    pair.text_version += 1
    fields = [f"{side}_text", f"{side}_offsets", "text_version"]
    if before.text != after.text:
        pair.translation_edited_by, pair.translation_edited_at = actor, timezone.now()
        pair.translation = None
        fields += ["translation_edited_by", "translation_edited_at", "translation"]
    pair.save(update_fields=fields)
    _move_entities(pair, side, before, after)
    silver = move_silver(pair, side, mapping, len(after))
    return WordingChange.objects.create(
        pair=pair,
        actor=actor,
        text_version=pair.text_version,
        side=side,
        kind=kind,
        before_text=before.text,
        before_offsets=list(before.offsets),
        after_text=after.text,
        after_offsets=list(after.offsets),
        silver=silver,
    )


def _move_entities(pair: SentencePair, side: str, before: Wording, after: Wording) -> None:
    """Source entities of every run, or reference spans: refused unless they keep their words as they are."""
    model: type[SourceEntity | ReferenceSpan] = SourceEntity if side == SOURCE else ReferenceSpan
    mapping = token_map(before, after)
    rows: QuerySet[Any] = model._default_manager.filter(pair=pair)
    moved = list(rows)
    for row in moved:
        span = map_span((row.start, row.end), mapping)
        if span is None or before.words(row.start, row.end) != after.words(*span):
            raise EditRefused(_("An entity that came with this sentence needs its words as they are."))
        row.start, row.end = span
    rows.bulk_update(moved, ["start", "end"])


def _move_other_reviews(
    pair: SentencePair, own: Review, actor: User, change: WordingChange, undone: WordingChange | None = None
) -> None:
    """Everybody else's review of the pair. What an undone change took from them comes back."""
    for review in Review.objects.filter(pair=pair).exclude(pk=own.pk).order_by("pk"):
        before = snapshot_of(review, change.text_version - 1)
        after = _mapped(before, change)
        if undone is not None:
            after = _as_it_was(review, before, undone, pair) or after
        record(
            LockedReview(pair, review, before),
            after,
            actor=actor,
            action=ReviewEvent.Action.REWORDED,
            detail=f"{change.kind}:{change.side}",
        )


def _as_it_was(review: Review, now: Snapshot, undone: WordingChange, pair: SentencePair) -> Snapshot | None:
    """The review before the undone change, if it has not been touched since."""
    events = ReviewEvent.objects.filter(review=review).order_by("-pk")
    last = events.first()
    if last is None or last.after.get("text_version") != undone.text_version:
        return None
    if last.before.get("text_version") == undone.text_version:
        return None  # decided on the new words
    if not now.decides_as(Snapshot.from_json(last.after)):
        return None
    return replace(Snapshot.from_json(last.before), text_version=pair.text_version)


def _mapped(review: Snapshot, change: WordingChange) -> Snapshot:
    moved = map_snapshot(review, change.side, _before(change), _after(change))
    return replace(moved, text_version=change.text_version)


def _before(change: WordingChange) -> Wording:
    return Wording(change.before_text, tuple(change.before_offsets))


def _after(change: WordingChange) -> Wording:
    return Wording(change.after_text, tuple(change.after_offsets))

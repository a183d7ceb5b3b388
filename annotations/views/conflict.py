"""A stale write: the reviewer's change and the newer state side by side. Neither is lost."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.utils.translation import gettext as _

from annotations.actions.locking import Seen
from annotations.actions.queue import Queue
from annotations.display import Side
from annotations.edits import Edit, EditRefused
from annotations.history import describe_change
from annotations.items import Snapshot
from annotations.models import Review, ReviewEvent, SentencePair, User
from annotations.requests import SignedInRequest
from annotations.review_edits import accept_all, apply_edit
from annotations.suggestions import find_candidates, seed_items, suggested_spans
from annotations.views.review_addresses import queue_query
from annotations.views.review_page import (
    label_hues,
    render_review,
    sentence_of,
    target_side,
)

SENT_AGAIN = ("edit", "position", "first", "last", "note", "kind", "side", "part", "words")


@dataclass(frozen=True, slots=True)
class Conflict:
    """What the reviewer wanted. side: the sentence as it would look; text: a translation that they wrote.

    url, fields: the write to repeat; no url where it counts words that are others now.
    reworded_by: who changed the words that the reviewer saw, where that is why.
    """

    words: str
    side: Side | None
    text: str
    url: str
    fields: dict[str, str]
    reworded_by: User | None


def render_conflict(
    request: SignedInRequest,
    pair: SentencePair,
    queue: Queue,
    *,
    seen: Seen,
    edit: Edit | None = None,
    accept: bool = False,
    note: str = "",
) -> HttpResponse:
    """The pair as it is now, with what the reviewer wanted beside it. Status 409."""
    before = _seen_snapshot(pair, request.user, seen)
    sentence = sentence_of(pair)
    if before is not None:
        candidates = find_candidates(pair.pk, seen.run)
        sentence.suggestions.update(suggested_spans(before.items, candidates))
    wanted = before
    try:
        if before is not None and edit is not None:
            wanted = apply_edit(before, edit, sentence)
        if before is not None and accept:
            wanted = accept_all(before, sentence)
    except EditRefused:
        pass  # it would not have fitted either; the page shows what was seen
    reworded_by = _reworded_by(pair, seen)
    can_repeat = reworded_by is None or "first" not in request.POST
    conflict = Conflict(
        words=describe_change(before, wanted, sentence) if before and wanted and wanted != before else note,
        side=target_side(pair, wanted.items, label_hues(pair.project)) if wanted is not None else None,
        text=request.POST.get("words", "") if request.POST.get("kind") == "rewrite" else "",
        url=request.path + queue_query(queue) if can_repeat else "",
        fields={name: request.POST[name] for name in SENT_AGAIN if name in request.POST},
        reworded_by=reworded_by,
    )
    alert = _("Your change was not saved: the sentence changed after you saw it.")
    return render_review(request, pair, queue, alert=alert, conflict=conflict, status=409)


def _reworded_by(pair: SentencePair, seen: Seen) -> User | None:
    if seen.text is None or seen.text == pair.text_version:
        return None
    last = pair.wordings.select_related("actor").order_by("-text_version").first()
    return last.actor if last else None


def _seen_snapshot(pair: SentencePair, user: User, seen: Seen) -> Snapshot | None:
    """The review as it was at the version the reviewer saw; None when its suggestions are gone."""
    if seen.text is not None and seen.text != pair.text_version:
        return None  # the words themselves are others now
    if seen.version == 0:
        items = seed_items(pair.pk, seen.run, find_candidates(pair.pk, seen.run).filter(rank=0))
        return Snapshot(Review.Status.OPEN, False, "", items) if items else None
    event = ReviewEvent.objects.filter(
        review__pair=pair, review__reviewer=user, seen_version=seen.version - 1
    ).first()
    return Snapshot.from_json(event.after) if event else None

"""What was done to the sentences: undo, redo, and the list of changes."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from annotations.access import REVIEW, get_pair_for, get_project_for
from annotations.actions import claims
from annotations.actions.locking import StaleReview
from annotations.actions.undo import NothingToUndo, redo_last, undo_last
from annotations.history import describe_event
from annotations.models import ReviewEvent, SentencePair
from annotations.requests import SignedInRequest
from annotations.review_forms import read_queue
from annotations.views.review_addresses import pair_url
from annotations.views.review_page import is_blind, render_review


@require_POST
@login_required
def review_undo(request: SignedInRequest, project_id: int) -> HttpResponse:
    return _travel(request, project_id, undo_last, _("There is nothing to undo."), _("Undone: %s"))


@require_POST
@login_required
def review_redo(request: SignedInRequest, project_id: int) -> HttpResponse:
    return _travel(request, project_id, redo_last, _("There is nothing to redo."), _("Done again: %s"))


def _travel(request: SignedInRequest, project_id: int, move, nothing: str, words: str) -> HttpResponse:  # noqa: ANN001
    """Undo or redo, and go to the pair where that happened."""
    project = get_project_for(request.user, project_id, REVIEW)
    queue = read_queue(project.pk, request.GET)
    try:
        event = move(project, request.user)
    except NothingToUndo:
        return _stay(request, queue, nothing)
    except StaleReview:
        return _stay(request, queue, _("The sentence has changed since; it was left as it is."))
    pair = get_pair_for(request.user, event.review.pair_id, REVIEW)
    if not request.htmx:
        return redirect(pair_url(pair.pk, queue))
    return render_review(request, pair, queue, announcement=words % describe_change(event, pair))


def _stay(request: SignedInRequest, queue: claims.Queue, alert: str) -> HttpResponse:
    """The page the reviewer is on, with a remark."""
    here = request.POST.get("pair", "")
    if here.isdecimal():
        pair = get_pair_for(request.user, int(here), REVIEW)
        return render_review(request, pair, queue, alert=alert)
    return redirect("annotations:project", queue.project_id)


@require_GET
@login_required
def review_history(request: SignedInRequest, pair_id: int) -> HttpResponse:
    """Who changed what, newest first; a panel of the page that is fetched when it is opened."""
    pair = get_pair_for(request.user, pair_id)
    events = ReviewEvent.objects.filter(review__pair=pair)
    if is_blind(pair, pair.reviews.filter(reviewer=request.user).first()):
        events = events.filter(review__reviewer=request.user)
    events = events.select_related("actor").order_by("-pk")[:200]
    changes = list(pair.wordings.all())
    lines = [(event, describe_event(event, pair, changes)) for event in events]
    template = "annotations/_history.html" if request.htmx else "annotations/history.html"
    return render(request, template, {"lines": lines, "pair": pair, "project": pair.project})


def describe_change(event: ReviewEvent, pair: SentencePair) -> str:
    return describe_event(event, pair, list(pair.wordings.all()) if pair.text_version else ())

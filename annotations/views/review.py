"""The review page: claim the next pair, change it, finish it, take it back."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from annotations.access import ADJUDICATE, REVIEW, get_pair_for, get_project_for
from annotations.actions import claims
from annotations.actions.locking import StaleReview
from annotations.actions.review import (
    accept_review,
    correct_gold,
    edit_review,
    flag_review,
    note_review,
    skip_review,
)
from annotations.edits import EditRefused
from annotations.models import SentencePair
from annotations.requests import SignedInRequest
from annotations.review_forms import EditForm, NoteForm, SeenForm, read_queue
from annotations.views.conflict import render_conflict
from annotations.views.review_addresses import pair_url, queue_query
from annotations.views.review_history import describe_change
from annotations.views.review_page import render_review


@require_GET
@never_cache
@login_required
def review_next(request: SignedInRequest, project_id: int) -> HttpResponse:
    """Claim the next pair and go to its page; a page that says so when none is left."""
    project = get_project_for(request.user, project_id, REVIEW)
    queue = read_queue(project.pk, request.GET)
    pair = claims.claim_next(queue, request.user)
    if pair is None:
        return _nothing_left(request, project, queue)
    return redirect(pair_url(pair.pk, queue))


@require_GET
@never_cache
@login_required
def pair(request: SignedInRequest, pair_id: int) -> HttpResponse:
    pair = get_pair_for(request.user, pair_id)
    return render_review(request, pair, read_queue(pair.project_id, request.GET))


@require_POST
@login_required
def review_ahead(request: SignedInRequest, pair_id: int) -> HttpResponse:
    """Claim the pair that comes after this one and send its page; 204 when there is none."""
    pair = get_pair_for(request.user, pair_id, REVIEW)
    queue = read_queue(pair.project_id, request.GET)
    following = claims.claim_ahead(queue, request.user, pair)
    if following is None:
        return HttpResponse(status=204)
    following.project = pair.project
    return render_review(request, following, queue)


@require_POST
@login_required
def review_edit(request: SignedInRequest, pair_id: int) -> HttpResponse:
    pair = get_pair_for(request.user, pair_id, REVIEW)
    form = EditForm(request.POST)
    if not form.is_valid():
        return _bad_request(form)
    queue = read_queue(pair.project_id, request.GET)
    edit = form.asked
    try:
        event = edit_review(pair=pair, reviewer=request.user, seen=form.seen, edit=edit)
    except StaleReview:
        return render_conflict(request, pair, queue, seen=form.seen, edit=edit)
    except EditRefused as refused:
        return render_review(request, pair, queue, current=edit.position, alert=str(refused), status=422)
    if not request.htmx:
        return redirect(pair_url(pair.pk, queue))
    current = edit.position if edit.verb != "add" else event.after["items"][-1]["position"]
    return render_review(request, pair, queue, current=current, announcement=describe_change(event, pair))


@require_POST
@login_required
def review_accept(request: SignedInRequest, pair_id: int) -> HttpResponse:
    """Accept all and go to the next pair: one transaction, one answer."""
    pair = get_pair_for(request.user, pair_id, REVIEW)
    form = SeenForm(request.POST)
    if not form.is_valid():
        return _bad_request(form)
    queue = read_queue(pair.project_id, request.GET)
    try:
        with transaction.atomic():
            accept_review(pair=pair, reviewer=request.user, seen=form.seen)
            following = claims.claim_following(queue, request.user, pair, ahead=form.cleaned_data["ahead"])
    except StaleReview:
        return render_conflict(request, pair, queue, seen=form.seen, accept=True)
    except EditRefused as refused:
        return render_review(request, pair, queue, current=refused.position, alert=str(refused), status=422)
    return _go_on(request, pair, following, queue, _("Sentence done."), form.cleaned_data["shown"])


@require_POST
@login_required
def review_skip(request: SignedInRequest, pair_id: int) -> HttpResponse:
    pair = get_pair_for(request.user, pair_id, REVIEW)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _bad_request(form)
    queue = read_queue(pair.project_id, request.GET)
    try:
        with transaction.atomic():
            skip_review(pair=pair, reviewer=request.user, seen=form.seen, note=form.cleaned_data["note"])
            following = claims.claim_following(queue, request.user, pair, ahead=form.cleaned_data["ahead"])
    except StaleReview:
        return render_conflict(request, pair, queue, seen=form.seen, note=form.cleaned_data["note"])
    return _go_on(request, pair, following, queue, _("Sentence skipped."), form.cleaned_data["shown"])


@require_POST
@login_required
def review_flag(request: SignedInRequest, pair_id: int) -> HttpResponse:
    return _change_review(request, pair_id, flag_review)


@require_POST
@login_required
def review_note(request: SignedInRequest, pair_id: int) -> HttpResponse:
    return _change_review(request, pair_id, note_review)


def _change_review(request: SignedInRequest, pair_id: int, change) -> HttpResponse:  # noqa: ANN001
    pair = get_pair_for(request.user, pair_id, REVIEW)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _bad_request(form)
    queue = read_queue(pair.project_id, request.GET)
    note = form.cleaned_data["note"]
    try:
        event = change(pair=pair, reviewer=request.user, seen=form.seen, note=note)
    except StaleReview:
        return render_conflict(request, pair, queue, seen=form.seen, note=note)
    if not request.htmx:
        return redirect(pair_url(pair.pk, queue))
    pair.refresh_from_db(fields=["is_flagged", "status"])
    return render_review(request, pair, queue, announcement=describe_change(event, pair))


@require_POST
@login_required
def review_correct(request: SignedInRequest, pair_id: int) -> HttpResponse:
    """An adjudicator starts to correct another person's gold."""
    pair = get_pair_for(request.user, pair_id, ADJUDICATE)
    correct_gold(pair=pair, adjudicator=request.user)
    return redirect(pair_url(pair.pk, read_queue(pair.project_id, request.GET)))


def _go_on(
    request: SignedInRequest,
    pair: SentencePair,
    following: SentencePair | None,
    queue: claims.Queue,
    said: str,
    shown: str,
) -> HttpResponse:
    if not request.htmx:
        address = pair_url(following.pk, queue) if following else _next_url(queue)
        return redirect(address)
    if following is None:
        return _nothing_left(request, pair.project, queue)
    following.project = pair.project
    return render_review(request, following, queue, announcement=said, shown=shown)


def _nothing_left(request: SignedInRequest, project, queue: claims.Queue) -> HttpResponse:  # noqa: ANN001
    template = "annotations/_review_done.html" if request.htmx else "annotations/review_done.html"
    counts = project.pair_counts.all().totals()
    context = {
        "project": project,
        "queue": queue,
        "counts": counts,
        "has_begun": any(counts[name] for name in ("n_awaiting", "n_reviewed", "n_skipped")),
        "n_half": project.pairs.half_reviewed().count() if project.overlap_percent else 0,
    }
    return render(request, template, context)


def _next_url(queue: claims.Queue) -> str:
    return reverse("annotations:review_next", args=[queue.project_id]) + queue_query(queue)


def _bad_request(form) -> HttpResponse:  # noqa: ANN001
    return HttpResponseBadRequest(form.errors.as_text(), content_type="text/plain; charset=utf-8")

"""A decision over many sentences: how far it is, stop it, take it back, make it again."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from annotations.access import ADJUDICATE, get_bulk_for
from annotations.actions.bulk import BulkBusy, ask_again_bulk, redo_bulk, stop_bulk, take_back_bulk
from annotations.models import BulkChange
from annotations.requests import SignedInRequest
from annotations.waiting import say_why_it_waits


@require_GET
@never_cache
@login_required
def bulk(request: SignedInRequest, bulk_id: int) -> HttpResponse:
    """The page; for HTMX the part of it that changes."""
    found = get_bulk_for(request.user, bulk_id, ADJUDICATE)
    is_going_back = found.status in {BulkChange.Status.UNDOING, BulkChange.Status.UNDONE}
    context = {
        "project": found.project,
        "bulk": found,
        "is_own": found.actor_id == request.user.pk,
        "n_all": found.n_wanted if found.status == BulkChange.Status.WORKING else found.n_reviews,
        "is_going_back": is_going_back,
        "notice": say_why_it_waits(found) if found.is_active else "",
    }
    template = "annotations/_bulk.html" if request.htmx else "annotations/bulk.html"
    return render(request, template, context)


@require_POST
@login_required
def bulk_stop(request: SignedInRequest, bulk_id: int) -> HttpResponse:
    return _change(request, bulk_id, stop_bulk)


@require_POST
@login_required
def bulk_undo(request: SignedInRequest, bulk_id: int) -> HttpResponse:
    return _change(request, bulk_id, take_back_bulk)


@require_POST
@login_required
def bulk_redo(request: SignedInRequest, bulk_id: int) -> HttpResponse:
    return _change(request, bulk_id, redo_bulk)


@require_POST
@login_required
def bulk_ask_again(request: SignedInRequest, bulk_id: int) -> HttpResponse:
    found = get_bulk_for(request.user, bulk_id, ADJUDICATE)
    ask_again_bulk(found)
    return redirect(found)


def _change(request: SignedInRequest, bulk_id: int, change: Callable[[int], BulkChange]) -> HttpResponse:
    """Whoever made the decision alone may change what becomes of it."""
    found = get_bulk_for(request.user, bulk_id, ADJUDICATE)
    if found.actor_id != request.user.pk:
        messages.error(request, _("Only %s can change this step.") % found.actor)
        return redirect(found)
    try:
        change(found.pk)
    except BulkBusy:
        messages.error(request, busy_message())
    return redirect(found)


def busy_message() -> str:
    return _("Another of your steps over many sentences is under way: wait for it, or stop it.")

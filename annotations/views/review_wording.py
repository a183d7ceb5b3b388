"""The words of a sentence changed from its review page: split, merged, rewritten."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from annotations.access import REVIEW, get_pair_for
from annotations.actions.locking import StaleReview
from annotations.actions.wording import change_wording
from annotations.edits import EditRefused
from annotations.requests import SignedInRequest
from annotations.review_forms import WordingForm, read_queue
from annotations.views.conflict import render_conflict
from annotations.views.review_addresses import pair_url
from annotations.views.review_page import may_rewrite, render_review

SAID = {"split": _("Word split."), "merge": _("Words merged."), "rewrite": _("Translation edited.")}


@require_POST
@login_required
def review_wording(request: SignedInRequest, pair_id: int) -> HttpResponse:
    pair = get_pair_for(request.user, pair_id, REVIEW)
    form = WordingForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest(form.errors.as_text(), content_type="text/plain; charset=utf-8")
    side, kind = form.cleaned_data["side"], form.cleaned_data["kind"]
    if kind == "rewrite" and (side != "target" or not may_rewrite(pair)):
        raise Http404("this translation is not to be edited by this role")
    queue = read_queue(pair.project_id, request.GET)
    try:
        change_wording(
            pair=pair,
            reviewer=request.user,
            seen=form.seen,
            side=side,
            kind=kind,
            change=form.change(pair.target_language),
        )
    except StaleReview:
        return render_conflict(request, pair, queue, seen=form.seen)
    except EditRefused as refused:
        pair = get_pair_for(request.user, pair_id, REVIEW)  # as it was before
        return render_review(request, pair, queue, alert=str(refused), status=422)
    if not request.htmx:
        return redirect(pair_url(pair.pk, queue))
    return render_review(request, pair, queue, announcement=str(SAID[kind]))

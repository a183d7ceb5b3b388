"""Claims from the page: the heartbeat, giving a pair back, taking it over."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from annotations.access import ADJUDICATE, REVIEW, get_pair_for
from annotations.actions import claims
from annotations.requests import SignedInRequest
from annotations.review_forms import read_queue
from annotations.views.review_addresses import pair_url


@require_POST
@login_required
def claim_take_over(request: SignedInRequest, pair_id: int) -> HttpResponse:
    pair = get_pair_for(request.user, pair_id, ADJUDICATE)
    claims.take_over(pair.pk, request.user)
    return redirect(pair_url(pair.pk, read_queue(pair.project_id, request.GET)))


@require_POST
@login_required
def claim_heartbeat(request: SignedInRequest, pair_id: int) -> HttpResponse:
    """204 while the claim holds; 409 when someone else has taken the pair."""
    pair = get_pair_for(request.user, pair_id, REVIEW)
    if claims.renew_claim(pair.pk, request.user):
        return HttpResponse(status=204)
    holder = claims.claim_pair(pair.pk, request.user)
    if holder is None:
        return HttpResponse(status=204)
    return render(request, "annotations/_claim_lost.html", {"holder": holder}, status=409)


@require_POST
@login_required
def claim_release(request: SignedInRequest, pair_id: int) -> HttpResponse:
    pair = get_pair_for(request.user, pair_id, REVIEW)
    claims.release_claim(pair.pk, request.user)
    return HttpResponse(status=204)

"""The fast lane: choose a run and a threshold, judge a sample, see the miss rate, accept as one step."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from annotations.access import ADJUDICATE, get_fast_lane_for, get_project_for
from annotations.actions.bulk import BulkBusy, begin_bulk
from annotations.actions.fast_lane import (
    MISS_LIMIT,
    MOST_AT_ONCE,
    LaneClosed,
    answer_lane,
    eligible_pairs,
    is_open,
    open_lane,
    pairs_to_accept,
)
from annotations.display import Mark, Side
from annotations.languages import get_language
from annotations.models import BulkChange, FastLane, SentencePair
from annotations.people_forms import LaneAnswersForm, LaneForm
from annotations.requests import SignedInRequest
from annotations.views.bulk import busy_message
from annotations.views.review_page import label_hues

LIST_SIZE = 20


@dataclass(frozen=True, slots=True)
class Sample:
    """One sentence of the check. answer, was_seeded: only once it is answered."""

    number: int
    pair: SentencePair
    source: Side
    target: Side
    answer: str
    was_seeded: bool

    @property
    def is_missed(self) -> bool:
        return self.was_seeded and self.answer == "right"


@require_http_methods(["GET", "POST"])
@login_required
def fast_lanes(request: SignedInRequest, project_id: int) -> HttpResponse:
    project = get_project_for(request.user, project_id, ADJUDICATE)
    form = LaneForm(request.POST or None, project=project)
    if request.method == "POST" and form.is_valid():
        run, threshold = form.cleaned_data["run"], form.cleaned_data["threshold"]
        try:
            lane = open_lane(run=run, person=request.user, threshold=threshold)
        except LaneClosed:
            form.add_error(None, _("Too few sentences are above this threshold to check them."))
        else:
            return redirect("annotations:fast_lane", lane.pk)
    lanes = project.fast_lanes.select_related("person", "run")[:LIST_SIZE]
    bulks = project.bulk_changes.filter(kind=BulkChange.Kind.FAST_LANE).select_related("actor")[:LIST_SIZE]
    context = {"project": project, "form": form, "lanes": lanes, "bulks": bulks}
    context["has_runs"] = form.fields["run"].queryset.exists()  # type: ignore[attr-defined]
    return render(request, "annotations/fast_lanes.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def fast_lane(request: SignedInRequest, lane_id: int) -> HttpResponse:
    """The sample to judge; after that, what was overlooked, and the way on."""
    lane = get_fast_lane_for(request.user, lane_id, ADJUDICATE)
    is_own = lane.person_id == request.user.pk
    form = LaneAnswersForm(request.POST or None, n=len(lane.sample))
    if request.method == "POST" and is_own and form.is_valid():
        try:
            answer_lane(lane=lane, answers=form.answers)
        except LaneClosed:
            messages.error(request, _("This check was answered before."))
        return redirect("annotations:fast_lane", lane.pk)
    eligible = eligible_pairs(lane.run, lane.threshold).order_by()
    context = {
        "project": lane.project,
        "lane": lane,
        "form": form,
        "is_own": is_own,
        "is_open": is_own and is_open(lane),
        "samples": _samples(lane),
        "limit": round(100 * MISS_LIMIT),
        "most": MOST_AT_ONCE,
        "n_eligible": eligible[: MOST_AT_ONCE + 1].count() if lane.answered_at else 0,
    }
    return render(request, "annotations/fast_lane.html", context)


@require_POST
@login_required
def fast_lane_accept(request: SignedInRequest, lane_id: int) -> HttpResponse:
    """Accept in the person's name, as one step: the first sentences at once, the rest by the workers."""
    lane = get_fast_lane_for(request.user, lane_id, ADJUDICATE)
    if lane.person_id != request.user.pk or not is_open(lane):
        messages.error(request, _("The check was not passed, or too long ago: make a new one."))
        return redirect("annotations:fast_lane", lane.pk)
    pairs = pairs_to_accept(lane)
    detail = {"lane": lane.pk, "threshold": lane.threshold, "run": lane.run_id, "missed": lane.n_missed}
    try:
        bulk = begin_bulk(
            project=lane.project,
            actor=request.user,
            kind=BulkChange.Kind.FAST_LANE,
            n_wanted=len(pairs),
            detail=detail | {"pairs": pairs},
        )
    except BulkBusy:
        messages.error(request, busy_message())
        return redirect("annotations:fast_lane", lane.pk)
    return redirect(bulk)


def _samples(lane: FastLane) -> list[Sample]:
    pairs = SentencePair.objects.in_bulk([one["pair"] for one in lane.sample])
    hues = label_hues(lane.project)
    answers = lane.answers or [""] * len(lane.sample)
    samples = []
    for number, (one, answer) in enumerate(zip(lane.sample, answers, strict=True)):
        pair = pairs[one["pair"]]
        n_tokens = len(pair.target_offsets) // 2
        marks = [
            Mark(start, end, label, "", hues.get(label, 0))
            for start, end, label in one["items"]
            if end <= n_tokens
        ]
        languages = get_language(pair.source_language), get_language(pair.target_language)
        source = Side("source", languages[0], pair.source_text, pair.source_offsets, [])
        target = Side("target", languages[1], pair.target_text, pair.target_offsets, marks)
        was_seeded = one["is_seeded"] and lane.answered_at is not None
        samples.append(Sample(number, pair, source, target, answer, was_seeded))
    return samples

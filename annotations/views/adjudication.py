"""Pairs whose reviews differ: the queue, and the reviews of one pair side by side."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from annotations.access import ADJUDICATE, get_pair_for, get_project_for
from annotations.actions.adjudication import EDIT, SeenReviews, adjudicate
from annotations.actions.disagreements import Entities, accepted_entities
from annotations.actions.locking import StaleReview, snapshot_of
from annotations.display import SOURCE, Mark, Side
from annotations.edits import Sentence
from annotations.items import ACCEPTED, Item
from annotations.languages import get_language
from annotations.models import Disagreement, Project, Review, SentencePair, SourceEntity, User, Verdict
from annotations.people_forms import AdjudicationForm, PageForm
from annotations.requests import SignedInRequest
from annotations.views.review_page import label_hues, target_side

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Opinion:
    """One person's finished review as the page shows it.

    entities: (label, words, whether not every review has it).
    """

    review: Review
    side: Side
    entities: list[tuple[str, str, bool]]
    faults: list[str]


@require_GET
@login_required
def disagreements(request: SignedInRequest, project_id: int) -> HttpResponse:
    """The pairs that nobody has decided yet, a page at a time in corpus order."""
    project = get_project_for(request.user, project_id)
    form = PageForm(request.GET)
    form.is_valid()
    open_ones = Disagreement.objects.filter(
        project=project, resolved_at=None, pair__gt=form.cleaned_data.get("after") or 0
    )
    rows = list(open_ones.select_related("pair").order_by("pair_id")[: PAGE_SIZE + 1])
    page = rows[:PAGE_SIZE]
    people = User.objects.in_bulk({person for row in page for person in row.reviewers})
    context = {
        "project": project,
        "rows": [(row, [people[person] for person in row.reviewers if person in people]) for row in page],
        "following": f"after={page[-1].pair_id}" if len(rows) > PAGE_SIZE else "",
        "can_adjudicate": project.role in ADJUDICATE,
    }
    return render(request, "annotations/disagreements.html", context)


@require_GET
@never_cache
@login_required
def adjudicate_next(request: SignedInRequest, project_id: int) -> HttpResponse:
    """To the next pair that waits for a decision, after the one that was looked at last."""
    project = get_project_for(request.user, project_id, ADJUDICATE)
    form = PageForm(request.GET)
    form.is_valid()
    return _go_on(project, form.cleaned_data.get("after") or 0)


@require_http_methods(["GET", "POST"])
@never_cache
@login_required
def adjudication(request: SignedInRequest, pair_id: int) -> HttpResponse:
    pair = get_pair_for(request.user, pair_id, ADJUDICATE)
    if request.method == "GET":
        return _render(request, pair)
    form = AdjudicationForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest(form.errors.as_text(), content_type="text/plain; charset=utf-8")
    data = form.cleaned_data
    seen = SeenReviews(data["review"], data["version"], data["gold"], data["own"])
    try:
        adjudicate(pair=pair, adjudicator=request.user, seen=seen, decision=data["decision"])
    except StaleReview:
        alert = _("Nothing was decided: a review changed after you saw it. This is how it stands now.")
        return _render(request, pair, alert=alert, status=409)
    if data["decision"] == EDIT:
        return redirect("annotations:pair", pair.pk)
    messages.success(request, _("Decided. Undo on the page of the sentence takes it back."))
    return _go_on(pair.project, pair.pk)


def _go_on(project: Project, after: int) -> HttpResponse:
    waiting = Disagreement.objects.filter(project=project, resolved_at=None).order_by("pair_id")
    following = waiting.filter(pair__gt=after).first() or waiting.first()
    if following is None:
        return redirect("annotations:disagreements", project.pk)
    return redirect("annotations:adjudication", following.pair_id)


def _render(
    request: SignedInRequest, pair: SentencePair, *, alert: str = "", status: int = 200
) -> HttpResponse:
    reviews = list(Review.objects.filter(pair=pair).select_related("reviewer").order_by("done_at", "pk"))
    mine = next((review for review in reviews if review.reviewer_id == request.user.pk), None)
    gold = next((review for review in reviews if review.is_gold), None)
    done = [review for review in reviews if review.status == Review.Status.DONE]
    hues = label_hues(pair.project)
    entities = SourceEntity.objects.filter(pair=pair)
    seen_runs = [review.run_id for review in done]
    marks = {
        (e.start, e.end): Mark(e.start, e.end, e.label, SOURCE, hues.get(e.label, 0))
        for e in entities
        if e.run_id is None or e.run_id in seen_runs
    }
    language = get_language(pair.source_language)
    context = {
        "project": pair.project,
        "pair": pair,
        "source": Side("source", language, pair.source_text, pair.source_offsets, list(marks.values())),
        "opinions": _opinions(pair, done, hues),
        "gold": gold,
        "own_version": mine.version if mine else 0,
        "alert": alert,
    }
    return render(request, "annotations/adjudication.html", context, status=status)


def _opinions(pair: SentencePair, reviews: list[Review], hues: dict[str, int]) -> list[Opinion]:
    items = {review.pk: _accepted(snapshot_of(review).items) for review in reviews}
    sets: list[Entities] = list(accepted_entities(reviews).values())
    shared = frozenset.intersection(*sets) if sets else frozenset()
    named: dict[int, list[str]] = {}
    for verdict in Verdict.objects.filter(pair=pair) if pair.n_verdicts else ():
        named.setdefault(verdict.reviewer_id, []).append(verdict.get_kind_display())
    sentence = Sentence(pair.target_text, pair.target_offsets, ())
    return [
        Opinion(
            review,
            target_side(pair, items[review.pk], hues),
            [
                (i.label, sentence.words(i.start, i.end), (i.start, i.end, i.label) not in shared)
                for i in items[review.pk]
            ],
            named.get(review.reviewer_id, []),
        )
        for review in reviews
    ]


def _accepted(items: tuple[Item, ...]) -> list[Item]:
    spans = [item for item in items if item.state == ACCEPTED and item.has_span]
    return sorted(spans, key=lambda item: item.start or 0)

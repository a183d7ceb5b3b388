"""Comments and verdicts on a pair, and the lists of what is flagged and said in a project."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations.access import ADJUDICATE, REVIEW, VIEW, get_comment_for, get_pair_for, get_project_for
from annotations.actions.discussion import add_comment, remove_comment, toggle_verdict
from annotations.models import Comment, Review, SentencePair, Verdict
from annotations.people_forms import CommentForm, PageForm, VerdictForm
from annotations.requests import SignedInRequest
from annotations.review_forms import read_queue
from annotations.views.review_addresses import pair_url
from annotations.views.review_page import render_review

PAGE_SIZE = 50
MOST_COMMENTS = 200


@require_http_methods(["GET", "POST"])
@login_required
def comments(request: SignedInRequest, pair_id: int) -> HttpResponse:
    """The thread of a pair: a panel of its page, or a page of its own."""
    pair = get_pair_for(request.user, pair_id, VIEW if request.method == "GET" else REVIEW)
    form = CommentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        add_comment(pair=pair, author=request.user, text=form.cleaned_data["text"])
        if not request.htmx:
            return redirect("annotations:comments", pair.pk)
        form = CommentForm()
    return _render_comments(request, pair, form)


@require_POST
@login_required
def comment_remove(request: SignedInRequest, comment_id: int) -> HttpResponse:
    """The author takes a comment back; an adjudicator anybody's."""
    comment = get_comment_for(request.user, comment_id, REVIEW)
    if comment.author_id != request.user.pk and comment.project.role not in ADJUDICATE:
        raise Http404("not this user's comment")
    remove_comment(comment=comment, actor=request.user)
    if not request.htmx:
        return redirect("annotations:comments", comment.pair_id)
    return _render_comments(request, get_pair_for(request.user, comment.pair_id), CommentForm())


@require_POST
@login_required
def verdict(request: SignedInRequest, pair_id: int) -> HttpResponse:
    """Name a fault, or take that back; the answer is the pair's page as after any other decision."""
    pair = get_pair_for(request.user, pair_id, REVIEW)
    queue = read_queue(pair.project_id, request.GET)
    form = VerdictForm(request.POST)
    if not form.is_valid():
        return HttpResponse(form.errors.as_text(), status=400, content_type="text/plain; charset=utf-8")
    kind, position = form.cleaned_data["verdict"], form.cleaned_data["position"]
    try:
        stands = toggle_verdict(pair=pair, reviewer=request.user, kind=kind, position=position)
    except ValidationError as error:
        return render_review(request, pair, queue, alert=str(error.message), status=422)
    if not request.htmx:
        return redirect(pair_url(pair.pk, queue))
    pair.refresh_from_db(fields=["n_verdicts"])
    said = _("Fault named: %s") if stands else _("Fault taken back: %s")
    words = said % Verdict.Kind(kind).label
    return render_review(request, pair, queue, current=position, announcement=words)


@require_GET
@login_required
def flags(request: SignedInRequest, project_id: int) -> HttpResponse:
    """What was flagged, by whom and why, a page at a time in corpus order."""
    project = get_project_for(request.user, project_id)
    form = PageForm(request.GET)
    form.is_valid()
    flagged = Review.objects.filter(is_flagged=True).select_related("reviewer")
    pairs = project.pairs.filter(is_flagged=True, pk__gt=form.cleaned_data.get("after") or 0).order_by("pk")
    rows = list(pairs.prefetch_related(Prefetch("reviews", flagged, to_attr="flagged"))[: PAGE_SIZE + 1])
    context = {"project": project, "pairs": rows[:PAGE_SIZE], "following": _following(rows)}
    return render(request, "annotations/flags.html", context)


@require_GET
@login_required
def project_comments(request: SignedInRequest, project_id: int) -> HttpResponse:
    """What was said in the project, newest first."""
    project = get_project_for(request.user, project_id)
    form = PageForm(request.GET)
    form.is_valid()
    comments = project.comments.filter(removed_at=None).select_related("author", "pair").order_by("-pk")
    if form.cleaned_data.get("before"):
        comments = comments.filter(pk__lt=form.cleaned_data["before"])
    rows = list(comments[: PAGE_SIZE + 1])
    following = f"before={rows[PAGE_SIZE - 1].pk}" if len(rows) > PAGE_SIZE else ""
    context = {"project": project, "comments": rows[:PAGE_SIZE], "following": following}
    return render(request, "annotations/project_comments.html", context)


def _following(rows: list) -> str:
    return f"after={rows[PAGE_SIZE - 1].pk}" if len(rows) > PAGE_SIZE else ""


def _render_comments(request: SignedInRequest, pair: SentencePair, form: CommentForm) -> HttpResponse:
    newest = Comment.objects.filter(pair=pair).select_related("author").order_by("-pk")[:MOST_COMMENTS]
    context = {
        "project": pair.project,
        "pair": pair,
        "comments": list(reversed(newest)),
        "form": form,
        "can_comment": pair.project.role in REVIEW,
        "can_remove_any": pair.project.role in ADJUDICATE,
        "comments_url": reverse("annotations:comments", args=[pair.pk]),
    }
    template = "annotations/_comments.html" if request.htmx else "annotations/comments.html"
    return render(request, template, context)

"""Two runs side by side: where they agree, how each fares against gold, and the sentences to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from annotations import tasks
from annotations.access import OWN, get_comparison_for, get_run_for
from annotations.actions.background import send_on_commit
from annotations.actions.comparisons import ask_comparison
from annotations.models import Candidate, ProjectionRun, RunComparison, SentencePair
from annotations.requests import SignedInRequest
from annotations.waiting import say_why_it_waits

PAGE_SIZE = 50


@require_POST
@login_required
def comparison_ask(request: SignedInRequest, run_id: int) -> HttpResponse:
    """Compare a run with another one of its project."""
    run = get_run_for(request.user, run_id, OWN)
    try:
        other = get_run_for(request.user, int(request.POST.get("other", "")), OWN)
    except (ValueError, Http404):
        messages.error(request, _("Pick a run to compare with."))
        return redirect(run)
    return _ask(request, run, other)


@require_POST
@login_required
def comparison_again(request: SignedInRequest, comparison_id: int) -> HttpResponse:
    """Compare the two runs once more: gold grows, and a promise may have been lost."""
    comparison = get_comparison_for(request.user, comparison_id, OWN)
    return _ask(request, comparison.first, comparison.second)


@require_GET
@login_required
def comparison(request: SignedInRequest, comparison_id: int) -> HttpResponse:
    comparison = get_comparison_for(request.user, comparison_id)
    after = request.GET.get("after", "")
    differences = comparison.differences.order_by("pair")
    if after.isdecimal() and len(after) < 19:
        differences = differences.filter(pair__gt=int(after))
    page = list(differences.values_list("pair", flat=True)[: PAGE_SIZE + 1])
    is_working = comparison.status == RunComparison.Status.WORKING
    context = {
        "project": comparison.project,
        "comparison": comparison,
        "runs": [comparison.first, comparison.second],
        "signatures": _signature_rows(comparison),
        "notice": say_why_it_waits(comparison) if is_working else "",
        "ask_again_url": reverse("annotations:comparison_again", args=[comparison.pk]),
        "rows": _difference_rows(comparison, page[:PAGE_SIZE]),
        "following": page[PAGE_SIZE - 1] if len(page) > PAGE_SIZE else None,
        "may_change": comparison.project.role in OWN,
    }
    template = "_comparison.html" if request.htmx else "comparison.html"
    return render(request, f"annotations/{template}", context)


def _ask(request: SignedInRequest, first: ProjectionRun, second: ProjectionRun) -> HttpResponse:
    try:
        with transaction.atomic():
            comparison = ask_comparison(first=first, second=second, user=request.user)
            send_on_commit(tasks.compare_runs, comparison.pk)
    except ValidationError as error:
        messages.error(request, error.message)
        return redirect(first)
    return redirect("annotations:comparison", comparison.pk)


def _signature_rows(comparison: RunComparison) -> list[tuple[str, str, str, bool]]:
    """(part, first, second, whether they differ) of the runs' signatures, in the order of the first."""
    parts = [
        dict(part.partition(":")[::2] for part in run.signature.split("|") if part)
        for run in (comparison.first, comparison.second)
    ]
    names = [*parts[0], *(name for name in parts[1] if name not in parts[0])]
    return [
        (name, parts[0].get(name, ""), parts[1].get(name, ""), parts[0].get(name) != parts[1].get(name))
        for name in names
    ]


def _difference_rows(comparison: RunComparison, pair_ids: list[int]) -> list[dict[str, Any]]:
    """Each pair with what only the first and only the second run says, and what both say."""
    pairs = SentencePair.objects.in_bulk(pair_ids)
    found: dict[tuple[int, int], set[tuple[int, int, str]]] = {}
    runs = (comparison.first_id, comparison.second_id)
    chosen = Candidate.objects.filter(run__in=runs, pair__in=pair_ids, rank=0, start__isnull=False)
    candidates = chosen.exclude(reason=Candidate.ONLY_TARGET)
    for run, pair, start, end, label in candidates.values_list("run", "pair", "start", "end", "label"):
        if start is not None and end is not None:
            found.setdefault((run, pair), set()).add((start, end, label))
    rows = []
    for pair_id in pair_ids:
        first, second = (found.get((run, pair_id), set()) for run in runs)
        tokens = pairs[pair_id].target_tokens
        only = [
            [(label, " ".join(tokens[start:end])) for start, end, label in sorted(spans)]
            for spans in (first - second, second - first)
        ]
        rows.append(
            {"pair": pairs[pair_id], "first": only[0], "second": only[1], "n_same": len(first & second)}
        )
    return rows

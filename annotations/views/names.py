"""Names that are decided differently: the list, one name with a preview, and making it alike."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations.access import ADJUDICATE, VIEW, get_project_for, get_run_disagreement_for
from annotations.actions.alike import Decision, preview_alike
from annotations.actions.bulk import BulkBusy, begin_bulk
from annotations.edits import Sentence
from annotations.models import BulkChange, NameUse, Project, ProjectReport, RunDisagreement
from annotations.people_forms import AlikeForm, NameForm, PageForm
from annotations.requests import SignedInRequest
from annotations.views.bulk import busy_message
from annotations.views.reports import report_context

PAGE_SIZE, LIST_SIZE = 50, 20
MOST_DECISIONS = 100  # of one name, to choose from: the most common


@require_GET
@login_required
def names(request: SignedInRequest, project_id: int) -> HttpResponse:
    """Source names with different decisions, where labels differ first; a page at a time."""
    project = get_project_for(request.user, project_id)
    form = PageForm(request.GET)
    form.is_valid()
    after = form.cleaned_data.get("after") or 0
    context = report_context(project, ProjectReport.Kind.NAMES)
    found = context["report"].data["names"] if context["report"] else []
    page = found[after : after + PAGE_SIZE]
    is_more = len(found) > after + PAGE_SIZE
    context |= {
        "project": project,
        "names": page,
        "n_names": len(found),
        "bulks": project.bulk_changes.filter(kind=BulkChange.Kind.CONSISTENCY).select_related("actor")[
            :LIST_SIZE
        ],
        "following": f"after={after + PAGE_SIZE}" if is_more else "",
    }
    return render(request, "annotations/names.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def name(request: SignedInRequest, project_id: int) -> HttpResponse:
    """Every use of one name. With a decision: what it would change; POST changes what was ticked."""
    project = get_project_for(request.user, project_id, ADJUDICATE if request.method == "POST" else VIEW)
    form = NameForm(request.GET)
    if not form.is_valid():
        return redirect("annotations:names", project.pk)
    chosen = form.cleaned_data
    uses = NameUse.objects.filter(project=project, language=chosen["language"], name=chosen["name"])
    if request.method == "POST":
        return _make_alike(request, project, uses)
    counts = uses.values("words", "label").annotate(n=Count("pk")).order_by("-n", "words", "label")
    decisions = sorted((row["words"], row["label"]) for row in counts[:MOST_DECISIONS])
    number = chosen["decision"]
    decision = Decision(*decisions[number]) if number is not None and number < len(decisions) else None
    rows = list(
        uses.filter(pk__gt=chosen["after"] or 0)
        .select_related("pair", "review__reviewer")
        .prefetch_related("review__items")
        .order_by("pk")[: PAGE_SIZE + 1]
    )
    page = rows[:PAGE_SIZE]
    for use in page:
        use.pair.project = project
    query = {key: value for key, value in chosen.items() if value not in {None, ""} and key != "after"}
    context = {
        "project": project,
        "language": chosen["language"],
        "name": chosen["name"],
        "decisions": [Decision(*one) for one in decisions],
        "decision": decision,
        "number": number,
        "uses": page,
        "previews": preview_alike(page, decision) if decision else [],
        "can_apply": project.role in ADJUDICATE,
        "n_uses": sum(row["n"] for row in counts),
        "following": urlencode(query | {"after": page[-1].pk}) if len(rows) > PAGE_SIZE else "",
        "address": f"{request.path}?{urlencode({'language': chosen['language'], 'name': chosen['name']})}",
    }
    return render(request, "annotations/name.html", context)


def _make_alike(request: SignedInRequest, project: Project, uses: QuerySet[NameUse]) -> HttpResponse:
    """The ticked uses, or all of the name: the first ones at once, the rest by the workers."""
    form = AlikeForm(request.POST)
    chosen = {key: request.GET.get(key, "") for key in ("language", "name")}
    back = f"{request.path}?{urlencode(chosen)}"
    if not form.is_valid():
        messages.error(request, _("Tick the sentences that are to be changed."))
        return redirect(back)
    data = form.cleaned_data
    if data["label"] and data["label"] not in project.label_names:
        messages.error(request, _("“%s” is not a label of this project.") % data["label"])
        return redirect(back)
    wanted = uses if data["all"] else uses.filter(pk__in=data["uses"][:PAGE_SIZE])
    detail = chosen | {"words": data["words"], "label": data["label"]}
    if not data["all"]:
        detail["uses"] = list(wanted.values_list("pk", flat=True))
    try:
        bulk = begin_bulk(
            project=project,
            actor=request.user,
            kind=BulkChange.Kind.CONSISTENCY,
            n_wanted=wanted.count(),
            detail=detail,
        )
    except BulkBusy:
        messages.error(request, busy_message())
        return redirect(back)
    return redirect(bulk)


@require_GET
@login_required
def rerun(request: SignedInRequest, project_id: int) -> HttpResponse:
    """Where the newest run disagrees with a gold decision: for looking at, nothing is changed."""
    project = get_project_for(request.user, project_id)
    form = PageForm(request.GET)
    form.is_valid()
    context = report_context(project, ProjectReport.Kind.RERUN)
    found = RunDisagreement.objects.filter(
        project=project, is_dismissed=False, pk__gt=form.cleaned_data.get("after") or 0
    )
    rows = list(found.select_related("pair", "run").order_by("pk")[: PAGE_SIZE + 1])
    page = rows[:PAGE_SIZE]
    context |= {
        "project": project,
        "rows": [(row, *_words(row)) for row in page],
        "can_dismiss": project.role in ADJUDICATE,
        "following": f"after={page[-1].pk}" if len(rows) > PAGE_SIZE else "",
    }
    return render(request, "annotations/rerun.html", context)


@require_POST
@login_required
def rerun_dismiss(request: SignedInRequest, disagreement_id: int) -> HttpResponse:
    """The gold stays, and this run's other opinion is not shown again."""
    row = get_run_disagreement_for(request.user, disagreement_id, ADJUDICATE)
    RunDisagreement.objects.filter(pk=row.pk).update(is_dismissed=True)
    return redirect(f"{reverse('annotations:rerun', args=[row.project_id])}?after={row.pk - 1}")


def _words(row: RunDisagreement) -> tuple[str, str]:
    """What gold says and what the run says; the text may have fewer words than it had for the run."""
    sentence = Sentence(row.pair.target_text, row.pair.target_offsets, ())
    spans = [(row.gold_start, row.gold_end), (row.start, row.end)]
    gold, machine = (
        sentence.words(start, end) if end is not None and end <= len(sentence) else "" for start, end in spans
    )
    return gold, machine

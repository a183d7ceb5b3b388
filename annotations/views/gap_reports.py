"""Pages of saved gap reports: tables and pictures, the files, and the sentences behind a number."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from annotations.access import get_gap_report_for
from annotations.actions.gap_reports import FILTERS, faulty_sentences, report_files
from annotations.gap_tables import choices, domains
from annotations.models import GapReport
from annotations.requests import SignedInRequest
from annotations.views.gap_launch import progress_context, told

PAGE_SIZE = 30
PICTURES = {".png": "image/png"}
TITLES = {
    "system": _("System"),
    "domain": _("Domain"),
    "noise": _("Noise"),
    "severity": _("Severity"),
    "stage": _("At fault"),
}


@require_GET
@login_required
def gap_report(request: SignedInRequest, report_id: int) -> HttpResponse:
    """A finished report; one that is not shows how far it is."""
    found = get_gap_report_for(request.user, report_id)
    if found.status != GapReport.Status.DONE:
        return render(request, "annotations/gap_report_unfinished.html", progress_context(found))
    files = report_files(found)
    context = told(found) | {
        "project": found.project,
        "gap_report": found,
        "domains": domains(found.report),
        "files": [path.name for path in files],
        "pictures": [path.name for path in files if path.suffix in PICTURES],
    }
    return render(request, "annotations/gap_report.html", context)


@require_GET
@login_required
def gap_report_file(request: SignedInRequest, report_id: int, name: str) -> FileResponse:
    """A picture to show, or another file to keep."""
    found = get_gap_report_for(request.user, report_id)
    for path in report_files(found):
        if path.name == name:
            shown = PICTURES.get(path.suffix)
            return FileResponse(
                path.open("rb"),
                as_attachment=shown is None,
                filename=name,
                content_type=shown or "text/plain",
            )
    raise Http404("no such file in the report")


@require_GET
@login_required
def gap_report_sentences(request: SignedInRequest, report_id: int) -> HttpResponse:
    """Sentences that systems got wrong, by system, domain, noise, severity and stage at fault."""
    found = get_gap_report_for(request.user, report_id)
    if found.status != GapReport.Status.DONE:
        return redirect(found)
    asked: MultiValueDict[str, str] = request.GET
    wanted = {name: asked.get(name, "") for name in FILTERS}
    page = asked.get("page", "1")
    number = max(1, int(page)) if page.isdecimal() and len(page) < 7 else 1
    stage = asked.get("stage", "")
    rows = faulty_sentences(found, wanted, stage=stage, start=(number - 1) * PAGE_SIZE, n=PAGE_SIZE + 1)
    context = {
        "project": found.project,
        "gap_report": found,
        "choices": [
            {"name": name, "title": TITLES[name], "values": values, "chosen": wanted.get(name, stage)}
            for name, values in choices(found.report).items()
        ],
        "rows": [_shown(row) for row in rows[:PAGE_SIZE]],
        "next_page": number + 1 if len(rows) > PAGE_SIZE else None,
        "query": urlencode({**wanted, "stage": stage}),
    }
    return render(request, "annotations/gap_report_sentences.html", context)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """The row with the words of its entities, instead of their places."""

    def words(entities: list[list[Any]]) -> list[dict[str, str]]:
        return [{"text": " ".join(row["tokens"][a:b]), "label": label} for a, b, label in entities]

    faults = [
        {
            "stage": fault["stage"],
            "text": " ".join(row["tokens"][slice(*fault["span"])]),
            "label": fault["label"],
            "in_gold": fault["gold"],
        }
        for fault in row["faults"]
    ]
    return row | {
        "text": " ".join(row["tokens"]),
        "gold": words(row["gold"]),
        "predicted": words(row["predicted"]),
        "faults": faults,
    }

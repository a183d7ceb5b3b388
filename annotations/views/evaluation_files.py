"""What lies behind an evaluation's numbers: the sentences that went wrong, and its files."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from annotations.access import get_evaluation_for
from annotations.actions.audit import Kind, write_audit
from annotations.actions.evaluation import evaluation_folder
from annotations.actions.faulty_sentences import (
    BETTER,
    WORSE,
    FaultySentence,
    Wanted,
    faulty_sentences,
    words_of,
)
from annotations.evaluation_words import KINDS
from annotations.models import Evaluation
from annotations.requests import SignedInRequest
from annotations.systems import system_name

PAGE_SIZE = 30
FILTERS = ("kind", "label", "found", "compared")


def file_names(evaluation: Evaluation) -> list[str]:
    """The files of an evaluation that is done; none when they were removed."""
    folder = evaluation_folder(evaluation)
    if not evaluation.report or not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if path.is_file() and path.name[0] != ".")


@require_GET
@login_required
def evaluation_sentences(request: SignedInRequest, evaluation_id: int) -> HttpResponse:
    """Sentences that went wrong, by kind of error, label, and how the baseline did."""
    found = get_evaluation_for(request.user, evaluation_id)
    asked = {name: request.GET.get(name, "") for name in FILTERS}
    after = request.GET.get("after", "")
    place = int(after) if after.isdecimal() and len(after) < 16 else 0
    rows, following = faulty_sentences(found, Wanted(**asked), after=place, n=PAGE_SIZE)
    context = {
        "project": found.project,
        "evaluation": found,
        "system": system_name(found.system),
        "baseline": system_name(found.baseline),
        "choices": _choices(found, asked),
        "rows": [_shown(row) for row in rows],
        "is_first": not place,
        "query": urlencode(asked),
        "following": following,
    }
    return render(request, "annotations/evaluation_sentences.html", context)


@require_GET
@login_required
def evaluation_file(request: SignedInRequest, evaluation_id: int, name: str) -> FileResponse:
    found = get_evaluation_for(request.user, evaluation_id)
    if name not in file_names(found):
        raise Http404("no such file of the evaluation")
    write_audit(found.project, Kind.DOWNLOADED, request.user, evaluation=found.pk, file=name)
    file = (evaluation_folder(found) / name).open("rb")
    return FileResponse(file, as_attachment=True, filename=name, content_type="text/plain; charset=utf-8")


def _choices(evaluation: Evaluation, asked: dict[str, str]) -> list[dict[str, Any]]:
    labels = [(label, label) for label in sorted(evaluation.report.get("errors", {}))]
    compared = [(WORSE, _("worse here")), (BETTER, _("better here"))]
    offered: dict[str, tuple[str, list[tuple[str, Any]]]] = {
        "kind": (_("Error"), list(KINDS.items())),
        "label": (_("Label in gold"), labels),
        "found": (_("Label found instead"), labels),
    }
    if evaluation.baseline:
        offered["compared"] = (_("Beside the baseline"), compared)
    return [
        {"name": name, "title": title, "values": values, "chosen": asked[name]}
        for name, (title, values) in offered.items()
    ]


def _shown(row: FaultySentence) -> dict[str, Any]:
    """The sentence with the words of its entities, instead of their places."""
    faults = [
        {
            "kind": KINDS.get(fault.kind, fault.kind),
            "gold": words_of(row, fault.gold),
            "found": words_of(row, fault.found),
        }
        for fault in row.faults
    ]
    sides = {
        side: [words_of(row, triple) for triple in triples or []]
        for side, triples in (("gold", row.gold), ("found", row.found), ("baseline", row.baseline))
    }
    text = " ".join(row.tokens)
    return {"pair": row.pair, "language": row.language, "text": text, "faults": faults, **sides}

"""Pages of imports: upload, preview, commit or discard."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations.access import OWN, get_import_for, get_project_for
from annotations.actions.import_work import progress_of, rejected_path
from annotations.actions.staged_imports import (
    ImportMoved,
    ask_again,
    check_again,
    commit_import,
    discard_import,
    is_staged,
    stage_import,
)
from annotations.display import SOURCE, Mark, Side
from annotations.imports.forms import ReadingForm, UploadForm
from annotations.imports.upload import files_too_large
from annotations.languages import get_language
from annotations.models import ImportBatch
from annotations.requests import SignedInRequest
from annotations.views.review_page import label_hues
from annotations.waiting import say_why_it_waits

Status = ImportBatch.Status


@require_http_methods(["GET", "POST"])
@login_required
def imports(request: SignedInRequest, project_id: int) -> HttpResponse:
    """The imports of a project, and the form that brings in more."""
    project = get_project_for(request.user, project_id, OWN)
    form = UploadForm(
        request.POST or None, request.FILES or None, project=project, too_large=files_too_large(request)
    )
    if request.method == "POST" and form.is_valid():
        batch = stage_import(project=project, user=request.user, uploads=form.uploads, options=form.options)
        return redirect("annotations:import", batch.pk)
    context = {
        "project": project,
        "form": form,
        "batches": project.imports.select_related("created_by")[:20],
        "languages": [
            row["target_language"] for row in project.pair_counts.all().totals_by("target_language")
        ],
    }
    return render(request, "annotations/import_upload.html", context)


@require_GET
@login_required
def import_batch(request: SignedInRequest, batch_id: int) -> HttpResponse:
    """Where an import stands; the part that changes is asked for alone while a worker is at it."""
    batch = get_import_for(request.user, batch_id, OWN)
    return _render_batch(request, batch)


@require_POST
@login_required
def import_check(request: SignedInRequest, batch_id: int) -> HttpResponse:
    batch = get_import_for(request.user, batch_id, OWN)
    form = ReadingForm(request.POST, project=batch.project)
    if not form.is_valid():
        return _render_batch(request, batch, form)
    try:
        check_again(batch=batch, options=form.options)
    except ImportMoved:
        messages.warning(request, _("This import is not waiting any more."))
    return redirect("annotations:import", batch.pk)


@require_POST
@login_required
def import_commit(request: SignedInRequest, batch_id: int) -> HttpResponse:
    batch = get_import_for(request.user, batch_id, OWN)
    try:
        commit_import(batch=batch, keep_good="keep_good" in request.POST, actor=request.user)
    except ImportMoved:
        messages.warning(request, _("This import is not waiting any more."))
    return redirect("annotations:import", batch.pk)


@require_POST
@login_required
def import_discard(request: SignedInRequest, batch_id: int) -> HttpResponse:
    batch = get_import_for(request.user, batch_id, OWN)
    try:
        discard_import(batch=batch, actor=request.user)
        messages.success(request, _("The upload is discarded."))
    except ImportMoved:
        messages.warning(request, _("This import is not waiting any more."))
    return redirect("annotations:imports", batch.project_id)


@require_POST
@login_required
def import_ask_again(request: SignedInRequest, batch_id: int) -> HttpResponse:
    batch = get_import_for(request.user, batch_id, OWN)
    ask_again(batch=batch)
    messages.info(request, _("The workers are asked again."))
    return redirect("annotations:import", batch.pk)


@require_GET
@login_required
def import_rejected(request: SignedInRequest, batch_id: int) -> FileResponse:
    """The bad lines as they came, and the list of reasons."""
    batch = get_import_for(request.user, batch_id, OWN)
    path = rejected_path(batch)
    if not path.is_file():
        raise Http404("no rejected lines")
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"import-{batch.pk}-rejected.zip")


def _render_batch(
    request: SignedInRequest, batch: ImportBatch, form: ReadingForm | None = None
) -> HttpResponse:
    is_waiting = batch.status in {Status.CHECKING, Status.IMPORTING}
    if form is None and batch.status == Status.STAGED:
        reading = ReadingForm.initial_from(batch.options["reading"])
        form = ReadingForm(initial=reading, project=batch.project)
    context = {
        "project": batch.project,
        "batch": batch,
        "report": batch.report,
        "first": _first_pairs(batch),
        "form": form,
        "is_waiting": is_waiting,
        "notice": say_why_it_waits(batch) if is_waiting else "",
        "is_staged": is_staged(batch),
        "n_read": progress_of(batch) if is_waiting else 0,
        "has_rejected": rejected_path(batch).is_file(),
    }
    name = "_import_batch.html" if request.htmx else "import_batch.html"
    return render(request, f"annotations/{name}", context)


def _first_pairs(batch: ImportBatch) -> list[dict[str, Any]]:
    """The first pairs of a preview, with both sides ready to be shown."""
    hues = label_hues(batch.project)
    return [
        {
            "id": pair["id"],
            "document": pair["document"],
            "sides": [
                _side(name, pair[f"{name}_language"], pair[name], hues) for name in ("source", "target")
            ],
        }
        for pair in batch.report.get("first", [])
    ]


def _side(name: str, language: str, side: dict[str, Any], hues: dict[str, int]) -> Side:
    marks = [Mark(start, end, label, SOURCE, hues.get(label, 0)) for start, end, label in side["entities"]]
    return Side(name, get_language(language), side["text"], side["offsets"], marks)

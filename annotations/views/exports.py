"""Pages of exports: choose, see how much it is, download what was read back and compared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations import tasks
from annotations.access import ADJUDICATE, get_export_for, get_project_for
from annotations.actions.audit import Kind, write_audit
from annotations.actions.background import send_on_commit
from annotations.actions.exports import export_progress, make_export, promise_export, zip_path
from annotations.export.counts import count_export
from annotations.export.forms import ExportForm
from annotations.export.options import ExportOptions
from annotations.models import Export
from annotations.requests import SignedInRequest
from annotations.waiting import say_why_it_waits

IN_REQUEST_SENTENCES = 5_000  # what is more is for a worker
LIST_SIZE = 20
Status = Export.Status


@require_http_methods(["GET", "POST"])
@login_required
def exports(request: SignedInRequest, project_id: int) -> HttpResponse:
    """The exports of a project, and the form that makes another. Any member may export gold."""
    project = get_project_for(request.user, project_id)
    form = ExportForm(request.POST or None, project=project)
    if request.method == "POST" and form.is_valid():
        count = count_export(project, form.options)
        if count.total:
            export = promise_export(project=project, user=request.user, options=form.options)
            if count.total <= IN_REQUEST_SENTENCES:
                make_export(export.pk)
            else:
                send_on_commit(tasks.make_export, export.pk)
            return redirect("annotations:export", export.pk)
        form.add_error(None, _("Nothing of what you chose is there yet."))
    made = project.exports.select_related("created_by")[:LIST_SIZE]
    context = {
        "project": project,
        "form": form,
        "count": count_export(project, ExportOptions()),
        "exports": [one for one in made if project.role in ADJUDICATE or not one.is_restricted],
    }
    return render(request, "annotations/export_form.html", context)


@require_GET
@login_required
def export_count(request: SignedInRequest, project_id: int) -> HttpResponse:
    """How many sentences the choices in the form would give."""
    project = get_project_for(request.user, project_id)
    form = ExportForm(request.GET, project=project)
    count = count_export(project, form.options) if form.is_valid() else None
    return render(request, "annotations/_export_count.html", {"count": count, "form": form})


@require_GET
@login_required
def export(request: SignedInRequest, export_id: int) -> HttpResponse:
    """What is in an export, with its downloads; while it is made, the part that changes can be had alone."""
    export = get_export_for(request.user, export_id)
    is_waiting = export.status == Status.WORKING
    context = {
        "project": export.project,
        "export": export,
        "report": export.report,
        "is_waiting": is_waiting,
        "notice": say_why_it_waits(export) if is_waiting else "",
        "n_written": export_progress(export) if is_waiting else 0,
        "is_there": zip_path(export).is_file(),
    }
    name = "_export.html" if request.htmx else "export.html"
    return render(request, f"annotations/{name}", context)


@require_POST
@login_required
def export_ask_again(request: SignedInRequest, export_id: int) -> HttpResponse:
    export = get_export_for(request.user, export_id)
    send_on_commit(tasks.make_export, export.pk)
    messages.info(request, _("The workers are asked again."))
    return redirect("annotations:export", export.pk)


@require_GET
@login_required
def export_zip(request: SignedInRequest, export_id: int) -> FileResponse:
    """All files of an export."""
    export, path = _ready_zip(request, export_id)
    name = f"export-{export_id}.zip"
    write_audit(export.project, Kind.DOWNLOADED, request.user, export=export.pk, file=name)
    return FileResponse(path.open("rb"), as_attachment=True, filename=name)


@require_GET
@login_required
def export_file(request: SignedInRequest, export_id: int, name: str) -> HttpResponseBase:
    """One file of an export, unpacked on its way."""
    export, path = _ready_zip(request, export_id)
    archive = ZipFile(path)
    try:
        size = archive.getinfo(name).file_size
    except KeyError as error:
        archive.close()
        raise Http404("no such file in the export") from error
    write_audit(export.project, Kind.DOWNLOADED, request.user, export=export.pk, file=name)
    response = StreamingHttpResponse(_chunks(archive, name), content_type="text/plain; charset=utf-8")
    response.headers["Content-Length"] = str(size)
    response.headers["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    return response


def _ready_zip(request: SignedInRequest, export_id: int) -> tuple[Export, Path]:
    export = get_export_for(request.user, export_id)
    path = zip_path(export)
    if export.status != Status.READY or not path.is_file():
        raise Http404("the files are not there")
    return export, path


def _chunks(archive: ZipFile, name: str) -> Iterator[bytes]:
    with archive, archive.open(name) as file:
        while chunk := file.read(1 << 16):
            yield chunk

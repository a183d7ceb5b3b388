"""Exports through the web: made in the request when small, else by a worker, and kept for some days."""

import shutil
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from annotations.actions.audit import Kind, write_audit
from annotations.actions.background import one_snapshot, taking
from annotations.actions.import_work import remove_old_folders
from annotations.export.archive import pack
from annotations.export.build import NothingToExport, build_export
from annotations.export.files import ExportDamaged
from annotations.export.options import ExportOptions
from annotations.models import Export, Project, User

Status = Export.Status


def promise_export(*, project: Project, user: User, options: ExportOptions) -> Export:
    """Record what is asked for. Whoever calls `make_export` keeps the promise."""
    remove_old_folders("exports")
    with transaction.atomic():
        export = Export.objects.create(
            project=project, created_by=user, options=asdict(options), folder=f"exports/{uuid4().hex}"
        )
        contents = {name: getattr(options, name) for name in ("format", "silver", "reviewers")}
        write_audit(project, Kind.EXPORTED, user, export=export.pk, **contents)
    return export


def make_export(export_id: int) -> None:
    """Make the files of an export that is not made yet, read them back, and put them into one zip."""
    with one_snapshot(), taking(Export, export_id, Status.WORKING) as export:
        if export is None:
            return
        making = export_folder(export) / "making"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        try:
            export.report = build_export(
                export.project,
                export_options(export.options),
                making,
                made_by=export.created_by.username,
                on_progress=lambda n: _write_progress(export, n),
            )
            pack(making, zip_path(export))
            export.status = Status.READY
        except (NothingToExport, ExportDamaged, ValueError) as error:
            export.status, export.error = Status.FAILED, str(error)
        finally:
            shutil.rmtree(making, ignore_errors=True)
        export.finished_at = timezone.now()
        export.save(update_fields=["status", "report", "error", "finished_at"])


def mark_export_failed(export_id: int, reason: str) -> None:
    """Record that an export could not be made, for a reason that is not in its data."""
    promised = Export.objects.filter(pk=export_id, status=Status.WORKING)
    promised.update(status=Status.FAILED, error=reason, finished_at=timezone.now())


def export_options(options: dict[str, Any]) -> ExportOptions:
    """The options as Export.options keeps them; JSON has no tuples."""
    tuples = {name: tuple(options[name]) for name in ("languages", "domains")}
    return ExportOptions(**options | tuples)


def export_folder(export: Export) -> Path:
    return Path(settings.MEDIA_ROOT, export.folder or "exports/none")


def zip_path(export: Export) -> Path:
    """Where the files lie; they are removed after some days."""
    return export_folder(export) / "export.zip"


def export_progress(export: Export) -> int:
    """How many sentences are written so far."""
    with suppress(OSError, ValueError):
        return int((export_folder(export) / "progress").read_text())
    return 0


def _write_progress(export: Export, n_written: int) -> None:
    (export_folder(export) / "progress").write_text(str(n_written))

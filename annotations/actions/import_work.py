"""The work on staged imports, by a request when the upload is small, else by a worker.

A staged upload is a folder below MEDIA_ROOT: a file for each side under the side's name, `rejected.zip` after
a check that met bad lines, `progress` while a worker reads.
"""

import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from annotations.actions.background import taking
from annotations.actions.imports import ImportRefused, Reading, fill_batch
from annotations.imports.check import Rules, checked
from annotations.imports.detect import describe, open_records, settle
from annotations.imports.preview import Preview, problems_as_report
from annotations.imports.records import ImportFiles, ImportOptions, InputFile, UnreadableFile
from annotations.imports.rejected import collecting
from annotations.models import ImportBatch

Status = ImportBatch.Status
KEPT_DAYS = 14


def run_check(batch_id: int) -> None:
    """Read a batch from end to end and keep what was found."""
    with taking(ImportBatch, batch_id, Status.CHECKING) as batch:
        if batch is None:
            return
        try:
            batch.report = _check(batch)
        except UnreadableFile as error:
            batch.report = {"error": str(error)}
        batch.status = Status.STAGED
        batch.save(update_fields=["report", "status", "format"])


def run_import(batch_id: int) -> None:
    """Import a batch whole, or put it back with the reason."""
    with taking(ImportBatch, batch_id, Status.IMPORTING) as batch:
        if batch is None:
            return
        reading = Reading(on_read=_progress_writer(batch))
        try:
            files = input_files(batch)
            options = settle(files, reading_options(batch))
            fill_batch(
                batch,
                open_records(files, options),
                options=options,
                keep_good=batch.options["keep_good"],
                reading=reading,
            )
        except (ImportRefused, UnreadableFile) as error:  # the project has changed since the check
            problems = problems_as_report(reading.problems)
            batch.report |= {"error": str(error), "n_rejected": reading.n_rejected, "problems": problems}
            batch.status = Status.STAGED
            batch.save(update_fields=["status", "report"])
            return
        transaction.on_commit(lambda: _remove_uploads(batch))


def mark_failed(batch_id: int, reason: str) -> None:
    """Record that a batch could not be worked on, for a reason that is not in its lines."""
    promised = ImportBatch.objects.filter(pk=batch_id, status__in=[Status.CHECKING, Status.IMPORTING])
    promised.update(status=Status.FAILED, error=reason, finished_at=timezone.now())


def staged_folder(batch: ImportBatch) -> Path:
    """Where the upload lies; a folder that is never there for a batch that came without one."""
    return Path(settings.MEDIA_ROOT, batch.staged_path or "imports/none")


def rejected_path(batch: ImportBatch) -> Path:
    """Where the rejected lines of the last check lie; there is no file when there were none."""
    return staged_folder(batch) / "rejected.zip"


def reading_options(batch: ImportBatch) -> ImportOptions:
    return ImportOptions(**batch.options["reading"])


def input_files(batch: ImportBatch) -> ImportFiles:
    """The staged files under the names that they were uploaded with."""
    names: dict[str, str] = batch.options["sides"]
    if len(set(names.values())) < len(names):
        names = {side: f"{side}/{name}" for side, name in names.items()}
    folder = staged_folder(batch)
    return ImportFiles(**{side: InputFile(folder / side, name) for side, name in names.items()})


def progress_of(batch: ImportBatch) -> int:
    """How many lines a worker has read so far."""
    with suppress(OSError, ValueError):
        return int((staged_folder(batch) / "progress").read_text())
    return 0


def remove_old_folders(kind: str) -> None:
    """Delete what was put below MEDIA_ROOT/kind more than KEPT_DAYS days ago."""
    oldest = time.time() - KEPT_DAYS * 24 * 3600
    for folder in Path(settings.MEDIA_ROOT, kind).glob("*"):
        if folder.stat().st_mtime < oldest:
            shutil.rmtree(folder, ignore_errors=True)


def _check(batch: ImportBatch) -> dict[str, Any]:
    project, files = batch.project, input_files(batch)
    options = settle(files, reading_options(batch))
    batch.format = options.format
    rules = Rules.of(project.source_language, project.label_names, options)
    preview = Preview()
    rejected_path(batch).unlink(missing_ok=True)
    with collecting(rejected_path(batch)) as rejected:
        reading = Reading(on_problem=rejected.add, on_read=_progress_writer(batch))
        for record in reading.good(checked(open_records(files, options), rules)):
            preview.add(record)
    return preview.as_report(project.pk) | {
        "description": describe(options, files),
        "n_read": reading.n_read,
        "n_rejected": reading.n_rejected,
        "problems": problems_as_report(reading.problems),
        "labels": dict(rules.seen_labels.most_common(50)),
        "new_labels": sorted(set(rules.seen_labels) - set(project.label_names)),
    }


def _progress_writer(batch: ImportBatch) -> Callable[[int], None]:
    path = staged_folder(batch) / "progress"
    path.unlink(missing_ok=True)

    def write(n_read: int) -> None:
        path.write_text(str(n_read))

    return write


def _remove_uploads(batch: ImportBatch) -> None:
    for name in (*batch.options["sides"], "progress"):
        (staged_folder(batch) / name).unlink(missing_ok=True)

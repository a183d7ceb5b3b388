"""Imports through the web: the upload is staged, checked and shown before anything enters the project."""

import shutil
from dataclasses import asdict
from typing import Any
from uuid import uuid4

from celery import Task
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from annotations.actions.audit import Kind, write_audit
from annotations.actions.background import send_on_commit
from annotations.actions.import_work import remove_old_folders, run_check, run_import, staged_folder
from annotations.imports.records import ImportOptions
from annotations.models import ImportBatch, Project, User
from annotations.tasks import check_import, import_staged

Status = ImportBatch.Status
IN_REQUEST_BYTES = 1_000_000  # what is larger is for a worker


class ImportMoved(ValueError):
    """The batch is not in the state any more that the page showed."""


def stage_import(
    *, project: Project, user: User, uploads: dict[str, UploadedFile], options: ImportOptions
) -> ImportBatch:
    """Keep the uploads (of pairs, source, target) below MEDIA_ROOT and have them checked."""
    remove_old_folders("imports")
    batch = ImportBatch(
        project=project,
        created_by=user,
        status=Status.CHECKING,
        format=options.format,
        file_names=[upload.name for upload in uploads.values()],
        staged_path=f"imports/{uuid4().hex}",
        options={
            "reading": asdict(options),
            "sides": {side: upload.name for side, upload in uploads.items()},
        },
    )
    folder = staged_folder(batch)
    folder.mkdir(parents=True)
    try:
        for side, upload in uploads.items():
            with (folder / side).open("wb") as file:
                shutil.copyfileobj(upload, file, 1 << 20)
        batch.save()
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)  # half a file would take the room that is missing
        raise
    _check(batch)
    return batch


def check_again(*, batch: ImportBatch, options: ImportOptions) -> None:
    """Check a staged import, read in another way. Raises ImportMoved."""
    _move(batch, Status.CHECKING, options=batch.options | {"reading": asdict(options)})
    _check(batch)


def commit_import(*, batch: ImportBatch, keep_good: bool, actor: User) -> None:
    """Import a staged batch; the good lines of it when that is asked for. Raises ImportMoved."""
    chosen = {"keep_good": keep_good, "committed_by": actor.pk}
    _move(batch, Status.IMPORTING, options=batch.options | chosen)
    if _is_small(batch):
        run_import(batch.pk)
    else:
        send_on_commit(import_staged, batch.pk)


def discard_import(*, batch: ImportBatch, actor: User) -> None:
    """Forget a staged upload. Raises ImportMoved."""
    with transaction.atomic():
        _move(batch, Status.DISCARDED, finished_at=timezone.now())
        files = batch.file_names
        write_audit(batch.project, Kind.IMPORT_DISCARDED, actor, batch=batch.pk, files=files)
    shutil.rmtree(staged_folder(batch), ignore_errors=True)


def ask_again(*, batch: ImportBatch) -> None:
    """Send a batch that waits for a worker once more; whatever else it is, nothing happens."""
    tasks: dict[str, Task] = {Status.CHECKING: check_import, Status.IMPORTING: import_staged}
    if batch.status in tasks:
        send_on_commit(tasks[batch.status], batch.pk)


def is_staged(batch: ImportBatch) -> bool:
    """Whether the upload is still there; it is removed after some days."""
    return staged_folder(batch).is_dir()


def _check(batch: ImportBatch) -> None:
    if _is_small(batch):
        run_check(batch.pk)
    else:
        send_on_commit(check_import, batch.pk)


def _is_small(batch: ImportBatch) -> bool:
    paths = [staged_folder(batch) / side for side in batch.options["sides"]]
    return sum(path.stat().st_size for path in paths if path.exists()) <= IN_REQUEST_BYTES


def _move(batch: ImportBatch, status: str, **fields: Any) -> None:
    """Out of STAGED by compare-and-set: of two clicks the second finds it gone."""
    staged = ImportBatch.objects.filter(pk=batch.pk, status=Status.STAGED)
    if not staged.update(status=status, **fields):
        raise ImportMoved(f"the import is not waiting any more: {batch}")
    batch.refresh_from_db()

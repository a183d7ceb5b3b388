"""Launch, cancel, resume and delete projection runs. The work itself is in the workers."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from annotations.actions.audit import Kind, write_audit
from annotations.actions.run_choices import ALREADY_ACTIVE, check_run, choices_of_route
from annotations.models import (
    Candidate,
    PairResult,
    Project,
    ProjectionRun,
    Review,
    RunChunk,
    RunComparison,
    SentencePair,
    SourceEntity,
    User,
    WordTable,
)
from annotations.workforce import default_queue
from workers.tasks import start_run

Status = ProjectionRun.Status


@transaction.atomic
def launch_run(*, project: Project, user: User, target_language: str, **choices: Any) -> ProjectionRun:
    """Queue a run over the pairs of one target language.

    The method's confidences are corrected by what the project's reviews taught (`fit_confidence`), unless the
    options say otherwise.
    choices: route and what it reads (`route_fields`; the defaults where left out), their `*_options`, scope,
    scope_filter, chunk_size, queue (`default_queue`). Names that the route does not read are left out;
    options that it does not read are refused. Raises ValidationError with a sentence per field.
    """
    chosen = {"queue": default_queue()} | choices | choices_of_route(choices)
    run = ProjectionRun(project=project, created_by=user, target_language=target_language, **chosen)
    check_run(run)
    if run.method in project.recalibrations:
        run.method_options.setdefault("recalibration", project.recalibrations[run.method])
    try:
        with transaction.atomic():
            run.save()
    except IntegrityError as error:  # somebody else's launch got there first
        raise ValidationError(ALREADY_ACTIVE) from error
    _write_audit(run, Kind.RUN_LAUNCHED, user)
    _start_on_commit(run)
    return run


@transaction.atomic
def cancel_run(*, run: ProjectionRun, actor: User | None = None) -> ProjectionRun:
    """Stop an active run. What is saved stays; a chunk that a worker has in hand is not saved any more."""
    run = ProjectionRun.objects.select_for_update(no_key=True).get(pk=run.pk)
    if not run.is_active:
        raise ValidationError(
            _("The run is %s; there is nothing to cancel.") % run.get_status_display().lower()
        )
    run.status = Status.CANCELLED
    run.finished_at = Now()
    run.claim_token = run.lease_until = None
    run.save(update_fields=["status", "finished_at", "claim_token", "lease_until"])
    _write_audit(run, Kind.RUN_CANCELLED, actor)
    return run


@transaction.atomic
def resume_run(*, run: ProjectionRun, actor: User | None = None) -> ProjectionRun:
    """Go on with a run that was cancelled or failed, or ask the workers again for one that stands still.

    Finished chunks stay as they are; failed ones are tried again.
    """
    # chunks before the run, as a worker locks them that saves one
    list(run.chunks.not_done().select_for_update().order_by("pk"))
    run = ProjectionRun.objects.select_for_update(no_key=True).get(pk=run.pk)
    if run.status == Status.DONE:
        raise ValidationError(_("The run is done; launch a new one to project again."))
    if not run.is_active:
        run.chunks.failed().update(status=RunChunk.Status.QUEUED, error="", finished_at=None)
        run.chunks.unfinished().update(attempts=0)
        run.status = Status.RUNNING if run.prepared_at else Status.QUEUED
        run.error = ""
        run.attempts = 0
        run.finished_at = None
    run.moved_at = Now()
    try:
        with transaction.atomic():
            run.save(update_fields=["status", "error", "attempts", "finished_at", "moved_at"])
    except IntegrityError as error:
        raise ValidationError(ALREADY_ACTIVE) from error
    _write_audit(run, Kind.RUN_RESUMED, actor)
    _start_on_commit(run)
    return run


@transaction.atomic
def delete_run(*, run: ProjectionRun, actor: User | None = None) -> None:
    """Delete a run with all that it found, by the table and not row by row.

    Reviews stay, and keep its signature. Sentences that showed its suggestions wait for another run.
    """
    run = ProjectionRun.objects.select_for_update().get(pk=run.pk)
    if run.is_active:
        raise ValidationError(_("The run is under way; cancel it first."))
    _write_audit(run, Kind.RUN_DELETED, actor)
    shown = SentencePair.objects.filter(shown_run=run)
    shown.awaiting_review().update(status=SentencePair.Status.NEW)
    shown.update(shown_run=None, priority=0.0)
    Review.objects.filter(run=run).update(run=None)
    RunComparison.objects.filter(Q(first=run) | Q(second=run)).delete()
    with connection.cursor() as cursor:
        for model in (Candidate, SourceEntity, PairResult, RunChunk, WordTable):
            cursor.execute(f"DELETE FROM {model._meta.db_table} WHERE run_id = %s", [run.pk])  # noqa: S608
        cursor.execute(f"DELETE FROM {ProjectionRun._meta.db_table} WHERE id = %s", [run.pk])  # noqa: S608


def _write_audit(run: ProjectionRun, kind: str, actor: User | None) -> None:
    language, method = run.target_language, run.method or run.target_tagger
    write_audit(run.project, kind, actor, run=run.pk, language=language, method=method)


def _start_on_commit(run: ProjectionRun) -> None:
    # robust: with the broker away the run stays queued, and the first worker that connects takes it up
    transaction.on_commit(lambda: start_run.delay(run.pk), robust=True)

"""Launch, cancel, resume and delete projection runs. The work itself is in the workers."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.actions.audit import Kind, write_audit
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
from annotations.models.workforce import QUEUES
from annotations.workforce import default_queue
from workers.choices import given_sides, known_names, route_fields
from workers.tasks import start_run

Status = ProjectionRun.Status
FILTER_FIELDS = ("domain", "document")
MAX_CHUNK_SIZE = 1_000
# The choices of a run, beside the route, with what stands where there is none.
NO_CHOICE = {
    "translator": "",
    "markers": "off",
    "back_translation": "off",
    "tagger": "",
    "aligner": "",
    "method": "",
    "target_tagger": "",
}
# Whose model has no default.
NEEDS_MODEL = {
    "translator_options": ("seq2seq", "ctranslate2"),
    "target_tagger_options": ("huggingface",),
    "tagger_options": ("huggingface",),
}
# Options, by the choice that they belong to.
OPTIONS_OF = {
    "translator_options": "translator",
    "back_translator_options": "back_translation",
    "tagger_options": "tagger",
    "aligner_options": "aligner",
    "method_options": "method",
    "target_tagger_options": "target_tagger",
}
ALREADY_ACTIVE = gettext_lazy("A run over this project and language is already under way.")
# What to say where no pair has the sides that a route is given.
LACKING = {
    ("source", "target"): gettext_lazy(
        "The route %s needs a source and a target; no pair of this scope has that."
    ),
    ("source",): gettext_lazy("The route %s needs a source; no pair of this scope has that."),
    ("target",): gettext_lazy("The route %s needs a target; no pair of this scope has that."),
}


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


def default_names(route: str = "") -> dict[str, str]:
    """What a run over this route (the first one, if it does not say) names where it does not say."""
    defaults = {field: next(iter(names)) for field, names in known_names().items()}
    route = route or defaults["route"]
    read = route_fields().get(route, ())
    names = {field: defaults[field] if field in read else none for field, none in NO_CHOICE.items()}
    if "tagger" in read:  # a tagger of the target is a choice there, and all there is in model-transfer
        names["target_tagger"] = ""
    return {"route": route, **names}


def choices_of_route(choices: dict[str, Any]) -> dict[str, Any]:
    """The route of some choices, and all names: those chosen, if it reads them, else its own."""
    names = default_names(choices.get("route", ""))
    read = route_fields().get(names["route"], ())
    return names | {field: choices[field] for field in read if field in choices}


def _write_audit(run: ProjectionRun, kind: str, actor: User | None) -> None:
    language, method = run.target_language, run.method or run.target_tagger
    write_audit(run.project, kind, actor, run=run.pk, language=language, method=method)


def _start_on_commit(run: ProjectionRun) -> None:
    # robust: with the broker away the run stays queued, and the first worker that connects takes it up
    transaction.on_commit(lambda: start_run.delay(run.pk), robust=True)


def check_run(run: ProjectionRun) -> None:
    """Raise ValidationError naming each field that holds what no run can use, and what it may hold."""
    errors = _unknown_names(run) | _unfit_options(run)
    if run.queue not in QUEUES:
        errors["queue"] = f"Unknown queue {run.queue!r}; known: {', '.join(QUEUES)}."
    if run.scope not in ProjectionRun.Scope.values:
        errors["scope"] = f"Unknown scope {run.scope!r}; known: {', '.join(ProjectionRun.Scope.values)}."
    elif not _is_filter(run.scope_filter):
        errors["scope_filter"] = f"A filter is an object with {' or '.join(FILTER_FIELDS)}."
    elif run.scope == ProjectionRun.Scope.FILTER and not run.scope_filter:
        errors["scope_filter"] = _("Give the domain or the document that the pairs are of.")
    elif run.scope != ProjectionRun.Scope.FILTER and run.scope_filter:
        errors["scope_filter"] = f"A filter goes with the scope {ProjectionRun.Scope.FILTER.value!r} only."
    if not 1 <= run.chunk_size <= MAX_CHUNK_SIZE:
        errors["chunk_size"] = f"A chunk has between 1 and {MAX_CHUNK_SIZE} pairs, not {run.chunk_size}."
    if not errors and not SentencePair.objects.for_scope(run).exists():
        errors["target_language"] = _("No pair of %s is in this scope.") % run.target_language
    elif not errors and not SentencePair.objects.for_scope(run).with_sides(given_sides()[run.route]).exists():
        errors["route"] = LACKING[given_sides()[run.route]] % run.route
    if errors:
        raise ValidationError(errors)
    if (
        ProjectionRun.objects.active()
        .filter(project=run.project, target_language=run.target_language)
        .exists()
    ):
        raise ValidationError(ALREADY_ACTIVE)


def _unknown_names(run: ProjectionRun) -> dict[str, str]:
    read = ("route", *route_fields().get(run.route, ()))
    return {
        field: f"Unknown {field} {getattr(run, field)!r}; known: {', '.join(names)}."
        for field, names in known_names().items()
        if field in read and getattr(run, field) not in names and not _may_be_left_out(run, field)
    }


def _may_be_left_out(run: ProjectionRun, field: str) -> bool:
    """A tagger of the target is a choice, but in model-transfer, which is nothing else."""
    return field == "target_tagger" and run.target_tagger == "" and run.route != "model-transfer"


def _unfit_options(run: ProjectionRun) -> dict[str, str]:
    errors = {}
    for field, choice in OPTIONS_OF.items():
        options = getattr(run, field)
        chosen = getattr(run, choice)
        if not isinstance(options, dict):
            errors[field] = _('Options are a JSON object, for example {"max_length": 8}.')
        elif options and chosen == NO_CHOICE[choice]:
            errors[field] = f"The run has no {choice}, so it reads no options of one."
        elif chosen in NEEDS_MODEL.get(field, ()) and not options.get("model"):
            words = _('Name the model of the %s: {"model": a folder or a Hugging Face id}.')
            errors[field] = words % choice
    return errors


def _is_filter(value: object) -> bool:
    return (
        isinstance(value, dict)
        and set(value) <= set(FILTER_FIELDS)
        and all(isinstance(text, str) and text for text in value.values())
    )

"""What every long job of the workers can be told: begin, stop, go on. See LeasedJob."""

from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.functional import Promise

from annotations.models import LeasedJob

J = TypeVar("J", bound=LeasedJob)
Status = LeasedJob.Status


def save_unless(job: J, refusal: str | Promise, *, fields: list[str] | None = None) -> None:
    """Save a job that is active now. Raises ValidationError when another of its project was first."""
    try:
        with transaction.atomic():
            job.save(update_fields=fields)
    except IntegrityError as error:
        raise ValidationError(str(refusal)) from error


def lock(job: J) -> J:
    rows: QuerySet[J] = type(job)._default_manager.select_for_update(no_key=True)  # type: ignore[assignment]
    return rows.get(pk=job.pk)


def stop(job: J) -> None:
    """End an active job that is locked; its worker lets go at its next step."""
    job.status, job.finished_at = Status.CANCELLED, Now()
    job.save(update_fields=["status", "finished_at"])


def go_on(job: J, refusal: str | Promise) -> None:
    """Queue a locked job that ended early. Raises ValidationError when another one is active."""
    job.status, job.error, job.attempts, job.finished_at = Status.QUEUED, "", 0, None
    job.claim_token = job.lease_until = None
    fields = ["status", "error", "attempts", "finished_at", "claim_token", "lease_until"]
    save_unless(job, refusal, fields=fields)


def mark_job_failed(model: type[LeasedJob], job_id: int, reason: str) -> None:
    """Record that the sentences of a job could not be written."""
    waiting = model.objects.filter(pk=job_id, status=Status.QUEUED)
    waiting.update(status=Status.FAILED, error=reason, finished_at=Now())

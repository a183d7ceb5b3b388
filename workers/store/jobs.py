"""A job's row: taking it under a lease, saying how far it is, ending it once. See LeasedJob."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Coalesce, Now

from annotations.models import LeasedJob
from workers.store.runs import MAX_ATTEMPTS, ClaimLost, lease

Status = LeasedJob.Status


@dataclass(frozen=True, slots=True)
class JobClaim:
    """A job that the message `token` holds."""

    model: type[LeasedJob]
    job_id: int
    token: UUID

    def __str__(self) -> str:
        return f"{self.model._meta.verbose_name} {self.job_id}"

    @property
    def rows(self) -> Any:
        """The job's row while the claim holds it, else none."""
        return self.model.objects.filter(pk=self.job_id, claim_token=self.token)


def claim_job(model: type[LeasedJob], job_id: int, token: UUID) -> JobClaim | None:
    """Take an active job whose sentences are written and that nobody holds. None when there is none."""
    claim = JobClaim(model, job_id, token)
    taken = (
        model.objects.free(token)
        .filter(model.IS_WRITTEN, pk=job_id)
        .update(
            status=Status.RUNNING,
            started_at=Coalesce("started_at", Now()),
            moved_at=Now(),
            attempts=F("attempts") + 1,
            claim_token=token,
            lease_until=lease(),
        )
    )
    if taken and model.objects.filter(pk=job_id, attempts__gt=MAX_ATTEMPTS).exists():
        fail_job(claim, f"{MAX_ATTEMPTS} workers in a row were lost while they worked on it")
        return None
    return claim if taken else None


def extend_job_lease(claim: JobClaim) -> None:
    claim.rows.update(lease_until=lease())


def is_job_wanted(claim: JobClaim) -> bool:
    """Whether to go on: it was not cancelled, and no other worker has it."""
    return bool(claim.rows.filter(status=Status.RUNNING).exists())


def report_job(claim: JobClaim, **values: Any) -> None:
    """Keep step, n_steps, stage or another column. Raises ClaimLost when it is not wanted any more.

    A worker that comes this far is not lost, so the attempts begin anew.
    """
    if not claim.rows.filter(status=Status.RUNNING).update(moved_at=Now(), attempts=1, **values):
        raise ClaimLost(f"{claim} was cancelled or taken over")


def finish_job(claim: JobClaim, **values: Any) -> None:
    """Keep what came of it, once: a job that was cancelled or taken over meanwhile stays as it is."""
    _end(claim.rows.filter(status=Status.RUNNING), status=Status.DONE, **values)


def fail_job(claim: JobClaim, reason: str) -> None:
    _end(claim.rows.active(), status=Status.FAILED, error=reason)


def release_job(claim: JobClaim) -> None:
    """Let go of a job that was cancelled."""
    claim.rows.update(claim_token=None, lease_until=None)


def jobs_to_wake() -> list[tuple[str, int]]:
    """Active jobs that nobody holds: the task that goes on with each, and its id."""
    found = []
    for model in LeasedJob.__subclasses__():
        written = set(model.objects.free().filter(model.IS_WRITTEN).values_list("pk", flat=True))
        for job_id in model.objects.free().order_by("pk").values_list("pk", flat=True):
            found.append((model.WORK if job_id in written else model.WRITE, job_id))
    return found


def _end(rows: Any, **values: Any) -> None:
    rows.update(stage="", finished_at=Now(), claim_token=None, lease_until=None, **values)

"""Chunks: claimed by one worker at a time under a lease, given back or failed with a reason."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from annotations.models import ProjectionRun, RunChunk
from workers.pairs import PairInput
from workers.store.pairs import load_inputs
from workers.store.runs import (
    MAX_ATTEMPTS,
    ClaimLost,
    commit_without_waiting_for_the_disk,
    finish_run_if_complete,
    lease,
    pairs_in_scope,
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A chunk that this worker holds while its lease lasts."""

    chunk_id: int
    run_id: int
    token: UUID
    first_pair_id: int
    last_pair_id: int
    n_pairs: int


def claim_chunk(run_id: int, token: UUID) -> Claim | None:
    """The next chunk of a running run that nobody works on, or None.

    A chunk that outlived MAX_ATTEMPTS workers is failed instead: it is what ends them.
    """
    while claim := _claim_next(run_id, token):
        if not _attempts_used_up(claim):
            return claim
        fail_chunk(claim, f"{MAX_ATTEMPTS} workers in a row were lost while they worked on it")
    return None


@transaction.atomic
def _claim_next(run_id: int, token: UUID) -> Claim | None:
    commit_without_waiting_for_the_disk()
    chunk = _claimable(run_id, token).select_for_update(skip_locked=True, of=("self",)).first()
    if chunk is None:
        return None
    RunChunk.objects.filter(pk=chunk.pk).update(
        status=RunChunk.Status.RUNNING,
        attempts=F("attempts") + 1,
        claim_token=token,
        lease_until=lease(),
    )
    return Claim(chunk.pk, run_id, token, chunk.first_pair_id, chunk.last_pair_id, chunk.n_pairs)


def _attempts_used_up(claim: Claim) -> bool:
    return RunChunk.objects.filter(pk=claim.chunk_id, attempts__gt=MAX_ATTEMPTS).exists()


def has_claimable_chunk(run_id: int, token: UUID) -> bool:
    return _claimable(run_id, token).exists()


def _claimable(run_id: int, token: UUID) -> QuerySet[RunChunk]:
    chunks = RunChunk.objects.filter(
        run=run_id, run__status=ProjectionRun.Status.RUNNING, run__prepared_at__isnull=False
    )
    return chunks.claimable_by(token).order_by("first_pair_id")


def held(claim: Claim) -> QuerySet[RunChunk]:
    """The chunk's row, if the claim still stands."""
    return RunChunk.objects.filter(pk=claim.chunk_id, claim_token=claim.token, status=RunChunk.Status.RUNNING)


def extend_chunk_lease(claim: Claim) -> None:
    held(claim).update(lease_until=lease())


def report_stage(claim: Claim, stage: str) -> None:
    """Say what the worker is at. Raises ClaimLost when the work is not wanted any more."""
    running = held(claim).filter(run__status=ProjectionRun.Status.RUNNING)
    if not running.update(stage=stage):
        raise ClaimLost(f"chunk {claim.chunk_id} of run {claim.run_id}")


def release_chunk(claim: Claim) -> None:
    """Give a chunk back unfinished, for no fault of its own."""
    held(claim).update(
        status=RunChunk.Status.QUEUED,
        attempts=F("attempts") - 1,
        stage="",
        claim_token=None,
        lease_until=None,
    )


@transaction.atomic
def fail_chunk(claim: Claim, reason: str) -> None:
    """Record why a chunk could not be worked on; the run goes on without it."""
    failed = held(claim).update(
        status=RunChunk.Status.FAILED,
        error=reason,
        stage="",
        finished_at=Now(),
        claim_token=None,
        lease_until=None,
    )
    if failed and ProjectionRun.objects.filter(pk=claim.run_id).update(moved_at=Now()):
        finish_run_if_complete(claim.run_id)


def load_pairs(claim: Claim) -> list[PairInput]:
    """The chunk's pairs that are still in the run's scope."""
    pairs = pairs_in_scope(claim.run_id).filter(id__range=(claim.first_pair_id, claim.last_pair_id))
    return load_inputs(pairs)

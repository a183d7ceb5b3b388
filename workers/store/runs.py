"""A run's row: preparing it under a lease, ending it once, and finding the runs that nobody works on."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, Now

from annotations.models import ProjectionRun, RunChunk, SentencePair
from workers.pairs import PairInput
from workers.stages import RunConfig
from workers.store.pairs import load_inputs

MAX_ATTEMPTS = 3
RUNNING = ProjectionRun.Status.RUNNING


class ClaimLost(RuntimeError):
    """The work belongs to another worker by now, or its run is no longer running. Nothing was saved."""


def lease() -> Any:
    """The end of a lease that starts now."""
    return Now() + timedelta(seconds=settings.RUN_LEASE_S)


def commit_without_waiting_for_the_disk() -> None:
    """For this transaction. A power cut may undo the last chunks, whole, and they are done again."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")


def pairs_in_scope(run_id: int) -> QuerySet[SentencePair]:
    return SentencePair.objects.for_scope(ProjectionRun.objects.get(pk=run_id))


def get_config(run_id: int) -> RunConfig:
    run = ProjectionRun.objects.select_related("project").get(pk=run_id)
    return RunConfig(
        route=run.route,
        translator=run.translator,
        translator_options=run.translator_options,
        markers=run.markers,
        back_translation=run.back_translation,
        back_translator_options=run.back_translator_options,
        source_language=run.project.source_language,
        target_language=run.target_language,
        tagger=run.tagger,
        tagger_options=run.tagger_options,
        target_tagger=run.target_tagger,
        target_tagger_options=run.target_tagger_options,
        aligner=run.aligner,
        aligner_options=run.aligner_options,
        method=run.method,
        method_options=run.method_options,
        uses_tagger=run.uses_tagger,
        labels=frozenset(run.project.label_names),
        statistics=run.statistics,
    )


def claim_run(run_id: int, token: UUID) -> bool:
    """Take an active run that is not prepared and that nobody prepares. False when there is no such run."""
    free = Q(lease_until=None) | Q(lease_until__lt=Now()) | Q(claim_token=token)
    taken = (
        ProjectionRun.objects.active()
        .filter(free, pk=run_id, prepared_at=None)
        .update(
            status=RUNNING,
            started_at=Coalesce("started_at", Now()),
            moved_at=Now(),
            attempts=F("attempts") + 1,
            claim_token=token,
            lease_until=lease(),
        )
    )
    if taken and ProjectionRun.objects.filter(pk=run_id, attempts__gt=MAX_ATTEMPTS).exists():
        fail_run(run_id, f"{MAX_ATTEMPTS} workers in a row were lost while they prepared the run")
        return False
    return bool(taken)


def extend_run_lease(run_id: int, token: UUID) -> None:
    ProjectionRun.objects.filter(pk=run_id, claim_token=token).update(lease_until=lease())


def report_run_stage(run_id: int, token: UUID, stage: str) -> None:
    """Say what the preparation is at. Raises ClaimLost when the run is not wanted any more."""
    held = ProjectionRun.objects.filter(pk=run_id, claim_token=token, status=RUNNING)
    if not held.update(stage=stage):
        raise ClaimLost(f"run {run_id} was cancelled or taken over while it was being prepared")


@transaction.atomic
def create_chunks(run_id: int) -> None:
    """Cut the run's scope into chunks by key ranges. Once: a second call finds them there."""
    run = ProjectionRun.objects.select_for_update(no_key=True).get(pk=run_id)
    if run.chunks.exists():
        return
    pairs = pairs_in_scope(run_id)
    run.uses_tagger = pairs.filter(has_source_labels=False).exists()
    scope, params = pairs.order_by().values("id").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {RunChunk._meta.db_table}
                (run_id, first_pair_id, last_pair_id, n_pairs, status, attempts, error, signature)
            SELECT %s, min(id), max(id), count(*), 'queued', 0, '', ''
            FROM (
                SELECT id, (row_number() OVER (ORDER BY id) - 1) / %s AS part FROM ({scope}) AS scope
            ) AS cut
            GROUP BY part
            RETURNING n_pairs
            """,  # noqa: S608  (the SQL is our own)
            [run_id, run.chunk_size, *params],
        )
        run.n_pairs = sum(n_pairs for (n_pairs,) in cursor.fetchall())
    run.save(update_fields=["n_pairs", "uses_tagger"])


def load_sample(run_id: int, n_pairs: int) -> list[PairInput]:
    """At most `n_pairs` pairs, evenly spread over the run's scope: the same ones every time."""
    pairs = pairs_in_scope(run_id)
    step = max(1, -(-pairs.count() // n_pairs))
    scope, params = pairs.order_by().values("id").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM ({scope}) AS scope)
            AS placed WHERE place %% %s = 0
            """,  # noqa: S608  (the SQL is our own)
            [*params, step],
        )
        ids = [pair_id for (pair_id,) in cursor.fetchall()]
    return load_inputs(SentencePair.objects.filter(id__in=ids))


@transaction.atomic
def finish_preparation(run_id: int, token: UUID, *, statistics: dict[str, Any], signature: str) -> None:
    """Let the run's chunks be taken. Raises ClaimLost."""
    ready = ProjectionRun.objects.filter(pk=run_id, claim_token=token, status=RUNNING).update(
        statistics=statistics,
        signature=signature,
        stage="",
        prepared_at=Now(),
        moved_at=Now(),
        claim_token=None,
        lease_until=None,
    )
    if not ready:
        raise ClaimLost(f"run {run_id} was cancelled or taken over while it was being prepared")
    finish_run_if_complete(run_id)


def get_signature(run_id: int) -> str:
    return ProjectionRun.objects.values_list("signature", flat=True).get(pk=run_id)


def is_prepared(run_id: int) -> bool:
    return ProjectionRun.objects.filter(pk=run_id, status=RUNNING, prepared_at__isnull=False).exists()


def fail_run(run_id: int, reason: str) -> None:
    """End an active run with a reason."""
    ProjectionRun.objects.active().filter(pk=run_id).update(
        status=ProjectionRun.Status.FAILED,
        error=reason,
        stage="",
        finished_at=Now(),
        moved_at=Now(),
        claim_token=None,
        lease_until=None,
    )


def finish_run_if_complete(run_id: int) -> None:
    """End a run whose chunks are all done or failed.

    Called with the run's row locked, so that of the last two chunks the later one sees the other's end.
    """
    chunks = RunChunk.objects.filter(run=run_id)
    if chunks.unfinished().exists():
        return
    n_chunks, n_failed = chunks.count(), chunks.failed().count()
    error = f"{n_failed} of {n_chunks} chunks failed; resume the run to try them again" if n_failed else ""
    ProjectionRun.objects.filter(pk=run_id, status=RUNNING).update(
        status=ProjectionRun.Status.FAILED if n_failed else ProjectionRun.Status.DONE,
        error=error,
        finished_at=Now(),
    )


def get_queue(run_id: int) -> str:
    """The queue whose workers do a run. Raises ProjectionRun.DoesNotExist."""
    return ProjectionRun.objects.values_list("queue", flat=True).get(pk=run_id)


def take_runs_to_wake(*, only_stalled: bool) -> list[tuple[int, bool]]:
    """Active runs to send messages for, with whether they are prepared.

    A run is stalled when nobody holds a lease on it and nothing moved for the length of one: its messages
    are lost, or their worker is. Each stalled run is given to one caller only.
    """
    runs = ProjectionRun.objects.active()
    if only_stalled:
        now = Now()
        held = RunChunk.objects.held().filter(run=OuterRef("pk"))
        runs = runs.filter(
            ~Exists(held),
            Q(lease_until=None) | Q(lease_until__lt=now),
            moved_at__lt=now - timedelta(seconds=settings.RUN_LEASE_S),
        )
    taken = []
    for run_id, moved_at, prepared_at in list(runs.values_list("id", "moved_at", "prepared_at")):
        mine = ProjectionRun.objects.filter(pk=run_id, moved_at=moved_at).update(moved_at=Now())
        if mine or not only_stalled:
            taken.append((run_id, prepared_at is not None))
    return taken

"""What a chunk found, saved in one transaction with its end and the run's counters. Rows go in by COPY."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from annotations.models import Candidate, PairResult, ProjectionRun, RunChunk, SentencePair, SourceEntity
from workers.pairs import ALIGNMENT, PairOutput
from workers.store.chunks import Claim, held
from workers.store.copying import copy_rows, next_ids
from workers.store.pairs import PairRow, read_rows
from workers.store.result_rows import EXTRA_CONFIDENCE, candidate_rows, direct_row, extra_row, result_row
from workers.store.runs import ClaimLost, commit_without_waiting_for_the_disk, finish_run_if_complete
from workers.store.sides import take_sides

PROBLEMS = ("empty", "failed")

EntityIds = dict[tuple[int, int, int], int]  # (pair, start, end) to the id of the source entity


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows of a run: pairs, pairs with a problem, source entities with and without a target."""

    n_done: int
    n_failed: int
    n_candidates: int
    n_missing: int


@transaction.atomic
def save_chunk(claim: Claim, outputs: Sequence[PairOutput], *, seconds: float, signature: str = "") -> Counts:
    """Put a chunk's results in the place of those its run has of these pairs: all of it or nothing.

    seconds: what the work took. signature: of the worker that did it, where it differs from the run's.
    Pairs that were deleted meanwhile are left out; sides that were translated are taken as in `take_sides`.
    The run's counters move by what came minus what went, so they are exact however often a chunk is run.
    Raises ClaimLost.
    """
    commit_without_waiting_for_the_disk()
    rows = _lock_pairs(output.pair_id for output in outputs)
    outputs = [output for output in outputs if output.pair_id in rows]
    before = _delete_results(claim.run_id, sorted(rows))
    outputs = take_sides(claim.run_id, outputs, rows)
    entity_ids = _copy_tagged_entities(claim.run_id, outputs) | _imported_entity_ids(outputs)
    _copy_results(claim.run_id, outputs)
    after = _copy_candidates(claim.run_id, outputs, entity_ids)
    _show_to_reviewers(claim.run_id, outputs)
    ended = held(claim).update(
        status=RunChunk.Status.DONE,
        n_pairs=len(outputs),
        error="",
        seconds=seconds,
        signature=signature,
        stage="",
        finished_at=Now(),
        claim_token=None,
        lease_until=None,
    )
    counted = ProjectionRun.objects.filter(pk=claim.run_id, status=ProjectionRun.Status.RUNNING).update(
        n_pairs=F("n_pairs") + len(outputs) - claim.n_pairs,
        n_done=F("n_done") + after.n_done - before.n_done,
        n_failed=F("n_failed") + after.n_failed - before.n_failed,
        n_candidates=F("n_candidates") + after.n_candidates - before.n_candidates,
        n_missing=F("n_missing") + after.n_missing - before.n_missing,
        moved_at=Now(),
    )
    if not ended or not counted:
        raise ClaimLost(f"chunk {claim.chunk_id} of run {claim.run_id}")
    finish_run_if_complete(claim.run_id)
    return after


def _lock_pairs(pair_ids: Iterable[int]) -> dict[int, PairRow]:
    """Lock the pairs that are still there, in id order. A reviewer waits for these milliseconds at most."""
    pairs = SentencePair.objects.filter(id__in=list(pair_ids)).order_by("id")
    locked = list(pairs.select_for_update(no_key=True).values_list("id", flat=True))
    # a statement of its own, which sees what others committed while the locks were waited for
    return {row.id: row for row in read_rows(SentencePair.objects.filter(id__in=locked))}


def _delete_results(run_id: int, pair_ids: list[int]) -> Counts:
    """Delete what this run has of these pairs and count it."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH gone AS (DELETE FROM {Candidate._meta.db_table}"  # noqa: S608
            " WHERE run_id = %s AND pair_id = ANY(%s) RETURNING rank, start)"
            " SELECT count(start) FILTER (WHERE rank = 0), count(*) FILTER (WHERE rank = 0 AND start IS NULL)"
            " FROM gone",
            [run_id, pair_ids],
        )
        n_candidates, n_missing = cursor.fetchone()
        cursor.execute(
            f"DELETE FROM {SourceEntity._meta.db_table} WHERE run_id = %s AND pair_id = ANY(%s)",  # noqa: S608
            [run_id, pair_ids],
        )
        cursor.execute(
            f"WITH gone AS (DELETE FROM {PairResult._meta.db_table}"  # noqa: S608
            " WHERE run_id = %s AND pair_id = ANY(%s) RETURNING status)"
            " SELECT count(*), count(*) FILTER (WHERE status = ANY(%s)) FROM gone",
            [run_id, pair_ids, list(PROBLEMS)],
        )
        n_done, n_failed = cursor.fetchone()
    return Counts(n_done, n_failed, n_candidates, n_missing)


def _imported_entity_ids(outputs: Sequence[PairOutput]) -> EntityIds:
    pair_ids = [output.pair_id for output in outputs if output.entities and not output.tagged]
    imported = SourceEntity.objects.filter(run=None, pair__in=pair_ids)
    return {
        (pair_id, start, end): entity_id
        for entity_id, pair_id, start, end in imported.values_list("id", "pair", "start", "end")
    }


def _copy_tagged_entities(run_id: int, outputs: Sequence[PairOutput]) -> EntityIds:
    tagged = [(output.pair_id, entity) for output in outputs if output.tagged for entity in output.entities]
    ids = next_ids(SourceEntity, len(tagged))
    rows = [
        (entity_id, pair_id, run_id, entity.start, entity.end, entity.label, entity.score)
        for entity_id, (pair_id, entity) in zip(ids, tagged, strict=True)
    ]
    columns = {
        "id": "int8",
        "pair_id": "int8",
        "run_id": "int8",
        "start": "int4",
        "end": "int4",
        "label": "varchar",
        "score": "float8",
    }
    copy_rows(SourceEntity, columns, rows)
    return {(pair_id, start, end): entity_id for entity_id, pair_id, _, start, end, _, _ in rows}


def _copy_results(run_id: int, outputs: Sequence[PairOutput]) -> None:
    columns = {
        "run_id": "int8",
        "pair_id": "int8",
        "status": "varchar",
        "message": "text",
        "flags": "varchar[]",
        "link_sources": "int2[]",
        "link_targets": "int2[]",
        "link_scores": "float8[]",
        "similarity": "bytea",
    }
    copy_rows(PairResult, columns, [(run_id, *result_row(output)) for output in outputs])


def _copy_candidates(run_id: int, outputs: Sequence[PairOutput], entity_ids: EntityIds) -> Counts:
    rows: list[tuple[Any, ...]] = []
    n_candidates = n_missing = 0
    for output in outputs:
        via = output.via or [ALIGNMENT] * len(output.projections)
        for projection, way in zip(output.projections, via, strict=True):
            entity = projection.entity
            entity_id = entity_ids.get((output.pair_id, entity.start, entity.end))
            if entity_id is None:
                continue  # the imported entity was deleted meanwhile
            found = candidate_rows(projection, way)
            rows.extend((run_id, output.pair_id, entity_id, *row) for row in found)
            n_candidates += projection.span is not None
            n_missing += projection.span is None
        tagged = [*map(direct_row, output.target_entities), *map(extra_row, output.extras)]
        rows.extend((run_id, output.pair_id, None, *row) for row in tagged)
        n_candidates += len(tagged)
    columns = {
        "run_id": "int8",
        "pair_id": "int8",
        "source_entity_id": "int8",
        "rank": "int2",
        "start": "int4",
        "end": "int4",
        "label": "varchar",
        "score": "float8",
        "confidence": "float8",
        "margin": "float8",
        "reason": "varchar",
        "via": "varchar",
        "voters": "varchar[]",
    }
    copy_rows(Candidate, columns, rows)
    n_failed = sum(output.status in PROBLEMS for output in outputs)
    return Counts(len(outputs), n_failed, n_candidates, n_missing)


def _show_to_reviewers(run_id: int, outputs: Sequence[PairOutput]) -> None:
    """Make this run's candidates the ones shown, hardest first; what is reviewed stays as it is."""
    usable = [output for output in outputs if output.status in ("done", "no-entities")]
    priorities = [
        1 - min((1.0, *(projection.confidence for projection in output.projections), *tagged))
        for output in usable
        for tagged in [
            [
                *(entity.score for entity in output.target_entities),
                *(min(EXTRA_CONFIDENCE, entity.score) for entity in output.extras),
            ]
        ]
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {SentencePair._meta.db_table} AS pair SET shown_run_id = %s, priority = found.priority,"  # noqa: S608
            " status = CASE pair.status WHEN 'new' THEN 'suggested' ELSE pair.status END"
            " FROM unnest(%s::bigint[], %s::float8[]) AS found(id, priority)"
            " WHERE pair.id = found.id AND pair.status <> 'reviewed'",
            [run_id, [output.pair_id for output in usable], priorities],
        )

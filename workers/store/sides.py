"""Sides of pairs that a run translated: taken over when its results are saved, never over a person's work."""

from collections.abc import Mapping, Sequence

from django.db import connection
from django.db.models import F

from annotations.models import Candidate, PairResult, ProjectionRun, SentencePair, SourceEntity
from workers.pairs import MadeSide, PairOutput
from workers.store.pairs import PairRow, open_side
from workers.store.translations import translations_of

TAKEN_UP = "somebody took the sentence up or changed its text while it was worked on; run it again"


def take_sides(run_id: int, outputs: Sequence[PairOutput], rows: Mapping[int, PairRow]) -> list[PairOutput]:
    """Give pairs the sides that were translated for them. To be called with the pairs locked.

    rows: the pairs as they are now. An output whose text is not what the work began with, or that would
    replace a translation that a person fixed meanwhile, is replaced by one that says so. Other runs' results
    on a text that is replaced become outdated. What could not be projected keeps the text that it had.
    """
    checked = [output if _fits(output, rows[output.pair_id]) else _outdated(output) for output in outputs]
    made = {output.pair_id: side for output in checked if (side := _new_side(output, rows[output.pair_id]))}
    if made:
        replaced = [pair_id for pair_id in made if rows[pair_id].translated_side]
        only_source = all(side.name == "source" for side in made.values())
        _outdate_other_runs(run_id, replaced, keep_direct=only_source)
        _write_sides(run_id, made)
    return checked


def _fits(output: PairOutput, row: PairRow) -> bool:
    if output.text_version != row.text_version:
        return False
    new = _new_side(output, row)
    return new is None or open_side(row) == new.name


def _outdated(output: PairOutput) -> PairOutput:
    return PairOutput(output.pair_id, "outdated", TAKEN_UP, text_version=output.text_version)


def _new_side(output: PairOutput, row: PairRow) -> MadeSide | None:
    """The side that the pair does not have yet as it was made."""
    if output.made is None or output.status not in ("done", "no-entities"):
        return None
    source, target = (row.source_text, row.source_offsets), (row.target_text, row.target_offsets)
    side = output.made.side
    same = (source if output.made.name == "source" else target) == (side.text, list(side.offsets))
    return None if same else output.made


def _write_sides(run_id: int, made: Mapping[int, MadeSide]) -> None:
    ids = translations_of(run_id).ids_of({side.key for side in made.values()})
    with connection.cursor() as cursor:
        for name in {side.name for side in made.values()}:
            cursor.executemany(
                f"UPDATE {SentencePair._meta.db_table} SET {name}_text = %s, {name}_offsets = %s,"  # noqa: S608
                " translated_side = %s, translation_id = %s, text_version = text_version + 1 WHERE id = %s",
                [
                    (one.side.text, list(one.side.offsets), name, ids.get(one.key), pair_id)
                    for pair_id, one in made.items()
                    if one.name == name
                ],
            )


def _outdate_other_runs(run_id: int, pair_ids: list[int], *, keep_direct: bool) -> None:
    """Other runs' results on these pairs speak of a text that is replaced now; only their status stays.

    keep_direct: the source is what changes, and what was tagged in the target directly still stands.
    """
    others = ProjectionRun.objects.filter(results__pair__in=pair_ids).exclude(pk=run_id).distinct()
    if keep_direct:
        others = others.exclude(route="model-transfer")
    run_ids = sorted(others.values_list("id", flat=True))
    if not run_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH gone AS (DELETE FROM {Candidate._meta.db_table}"  # noqa: S608
            " WHERE run_id = ANY(%s) AND pair_id = ANY(%s) RETURNING run_id, rank, start)"
            " SELECT run_id, count(start) FILTER (WHERE rank = 0),"
            " count(*) FILTER (WHERE rank = 0 AND start IS NULL) FROM gone GROUP BY run_id ORDER BY run_id",
            [run_ids, pair_ids],
        )
        lost = cursor.fetchall()
        cursor.execute(
            f"DELETE FROM {SourceEntity._meta.db_table} WHERE run_id = ANY(%s) AND pair_id = ANY(%s)",  # noqa: S608
            [run_ids, pair_ids],
        )
    results = PairResult.objects.filter(run__in=run_ids, pair__in=pair_ids)
    results.filter(status__in=["done", "no-entities"]).update(
        status=PairResult.Status.OUTDATED,
        message=f"run {run_id} replaced the translation that this was about",
        flags=[],
        link_sources=[],
        link_targets=[],
        link_scores=[],
        similarity=None,
    )
    for other_id, n_candidates, n_missing in lost:
        ProjectionRun.objects.filter(pk=other_id).update(
            n_candidates=F("n_candidates") - n_candidates, n_missing=F("n_missing") - n_missing
        )

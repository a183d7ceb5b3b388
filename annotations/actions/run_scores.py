"""A run's first suggestions beside what people made gold of the same sentences."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from annotations.export.losses import Losses
from annotations.export.options import JSONL, ExportOptions
from annotations.export.record import ExportRecord
from annotations.export.records import exported_pairs, read_records
from annotations.models import Candidate, PairResult, Project, ProjectionRun
from workers.spans import Entity

BLOCK = 1_000


@dataclass(frozen=True, slots=True)
class ScoredPair:
    """Target tokens with the entities of the gold review and those that the run suggested."""

    pair: int
    tokens: list[str]
    gold: list[Entity]
    suggested: list[Entity]
    language: str
    domain: str


def gold_and_suggested(run_id: int) -> Iterator[ScoredPair]:
    """Every pair that the run has a result for and that has a gold review, in the order of the corpus."""
    project = ProjectionRun.objects.select_related("project").get(pk=run_id).project
    pairs = PairResult.objects.filter(run=run_id, pair__status="reviewed").order_by("pair")
    for record, suggested in gold_of(project, list(pairs.values_list("pair", flat=True)), [run_id]):
        target = record.target
        yield ScoredPair(
            record.pair.pk,
            target.tokens,
            target.entities,
            suggested[run_id],
            record.pair.target_language,
            record.pair.domain,
        )


def gold_of(
    project: Project, pair_ids: Sequence[int], run_ids: Sequence[int]
) -> Iterator[tuple[ExportRecord, dict[int, list[Entity]]]]:
    """Pairs that have gold, in the order of the corpus, each with what every one of the runs suggests first.

    To be read in one snapshot. Words that people changed since a run count as they are now; suggestions
    beyond their end are left out.
    """
    options = ExportOptions(format=JSONL)
    wanted = sorted(pair_ids)
    for start in range(0, len(wanted), BLOCK):
        block = wanted[start : start + BLOCK]
        pairs = exported_pairs(project, options).filter(pk__in=block)
        found = {run_id: _first_suggestions(run_id, block) for run_id in run_ids}
        for record in read_records(project, options, Losses(), pairs=pairs):
            n_tokens = len(record.target.offsets) // 2
            yield (
                record,
                {
                    run_id: _as_tagged(suggested.get(record.pair.pk, []), n_tokens)
                    for run_id, suggested in found.items()
                },
            )


def _first_suggestions(run_id: int, pair_ids: Sequence[int]) -> dict[int, list[Entity]]:
    """Pair -> the run's first choices, the surest first, but for what has no source."""
    chosen = Candidate.objects.filter(run=run_id, pair__in=pair_ids, rank=0, start__isnull=False)
    candidates = chosen.exclude(reason=Candidate.ONLY_TARGET).order_by("pair", "-confidence", "start")
    found: dict[int, list[Entity]] = defaultdict(list)
    for pair, start, end, label in candidates.values_list("pair", "start", "end", "label"):
        if start is not None and end is not None:
            found[pair].append(Entity(start, end, label))
    return found


def _as_tagged(entities: list[Entity], n_tokens: int) -> list[Entity]:
    """Of suggestions that share words the surer one counts, as in an export."""
    kept: list[Entity] = []
    for entity in entities:
        fits = entity.end <= n_tokens
        if fits and not any(entity.span.overlaps(other.span) for other in kept):
            kept.append(entity)
    return sorted(kept)

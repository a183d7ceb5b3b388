"""Which reviewed sentences a system is evaluated on: those it has not learnt from, a sample where many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from heapq import nsmallest
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from django.conf import settings
from django.db.models import Exists, OuterRef

from annotations.actions.learnt import Learnt
from annotations.export.options import JSONL, ExportOptions
from annotations.export.records import BLOCK, exported_pairs
from annotations.models import Evaluation, PairResult, TrainingRun
from annotations.systems import runs_of, trainings_behind


class CannotTest(ValueError):
    """There is nothing to evaluate on; the message says why."""


class Row(NamedTuple):
    """What is read of a pair to decide whether it is tested; names as in SentencePair."""

    pk: int
    target_language: str
    document: str
    external_id: str
    fingerprint: str
    target_text: str

    @property
    def split_key(self) -> str:
        return self.document or self.external_id or self.fingerprint


class _Line(msgspec.Struct):
    """What is read of a line that chose the epoch of a training."""

    pair: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """pairs: ids. facts: how many there were at every step, and how it is known what trainings learnt."""

    pairs: list[int]
    facts: dict[str, Any]


def choose_sentences(evaluation: Evaluation) -> Choice:
    """The same ones for the same seed and reviews: those whose hashes are the lowest.

    Read in blocks; no more is held than is chosen. Raises CannotTest when none is left.
    """
    systems = [evaluation.system, evaluation.baseline]
    trainings = trainings_behind(evaluation.project, systems)
    wanted = [training.pk for training in trainings] if evaluation.leaves_out_learnt else []
    learnt = Learnt(evaluation.project, wanted)
    counts: Counter[str] = Counter()
    keys = (
        (sha256(f"{evaluation.seed}\0{row.pk}".encode()).digest(), row.pk)
        for row in _usable(evaluation, runs_of(systems), learnt, counts)
    )
    chosen = sorted(pk for _, pk in nsmallest(evaluation.limit, keys))
    names = ("n_reviewed", "n_without_result", "n_learnt", "n_left")
    facts: dict[str, Any] = {name: counts[name] for name in names}
    chosen_by = _pairs_that_chose(trainings)
    facts |= {"n_taken": len(chosen), "n_chosen_by": sum(pk in chosen_by for pk in chosen)}
    facts["trainings"] = learnt.told
    if not chosen:
        raise CannotTest(_nothing(facts))
    return Choice(chosen, facts)


def _usable(
    evaluation: Evaluation, run_ids: list[int], learnt: Learnt, counts: Counter[str]
) -> Iterator[Row]:
    """The reviewed pairs that may be tested; the others are counted by reason."""
    options = ExportOptions(
        format=JSONL, languages=tuple(evaluation.languages), domains=tuple(evaluation.domains)
    )
    reviewed = exported_pairs(evaluation.project, options)
    pairs = reviewed
    for run_id in run_ids:
        pairs = pairs.filter(Exists(PairResult.objects.filter(run=run_id, pair=OuterRef("pk"))))
    counts["n_reviewed"] = reviewed.count()
    counts["n_without_result"] = counts["n_reviewed"]
    rows = pairs.values_list(*Row._fields).iterator(chunk_size=BLOCK)
    for row in map(Row._make, rows):
        counts["n_without_result"] -= 1
        is_known = learnt.has(row)
        counts["n_learnt" if is_known else "n_left"] += 1
        if not is_known:
            yield row


def _pairs_that_chose(trainings: Iterable[TrainingRun]) -> set[int]:
    """The sentences by which the best epochs of the trainings were chosen."""
    decoder = msgspec.json.Decoder(_Line)
    found: set[int] = set()
    for training in trainings:
        path = Path(settings.MEDIA_ROOT, training.folder, "dev.jsonl")
        if path.is_file():
            with path.open("rb") as file:
                found |= {decoder.decode(line).pair for line in file}
    return found


def _nothing(facts: dict[str, Any]) -> str:
    return (
        f"no sentence is left to evaluate on: {facts['n_reviewed']} are reviewed, "
        f"{facts['n_without_result']} of them have no result of the run, {facts['n_learnt']} were learnt "
        "from; review more, or do not leave out what was learnt"
    )

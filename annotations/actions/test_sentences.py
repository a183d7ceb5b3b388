"""Which reviewed sentences a system is evaluated on: those it has not learnt from, a sample where many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b, sha256
from pathlib import Path

import msgspec
from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from annotations.export.options import JSONL, ExportOptions
from annotations.export.records import exported_pairs
from annotations.models import Evaluation, PairResult, SentencePair, TrainingRun
from annotations.models.corpus import tokens_of
from annotations.systems import runs_of, trainings_behind

BLOCK = 1_000


class CannotTest(ValueError):
    """There is nothing to evaluate on; the message says why."""


class _Line(msgspec.Struct):
    """What is read of a line that a training learnt from."""

    target: list[str]
    pair: int = 0


@dataclass(slots=True)
class Learnt:
    """What trainings saw, as numbers of pairs and as digests of sentences."""

    pairs: set[int] = field(default_factory=set)
    sentences: set[bytes] = field(default_factory=set)
    chosen_by: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Choice:
    """pairs: ids. facts: how many there were at every step, for the page."""

    pairs: list[int]
    facts: dict[str, int]


def choose_sentences(evaluation: Evaluation) -> Choice:
    """The same ones for the same seed and reviews. Only ids are held of what is not looked at.

    Raises CannotTest when none is left.
    """
    systems = [evaluation.system, evaluation.baseline]
    pairs = exported_pairs(evaluation.project, _options(evaluation))
    facts = {"n_reviewed": pairs.count()}
    for run_id in runs_of(systems):
        pairs = pairs.filter(Exists(PairResult.objects.filter(run=run_id, pair=OuterRef("pk"))))
    ids = list(pairs.values_list("pk", flat=True).iterator(chunk_size=50_000))
    facts["n_without_result"] = facts["n_reviewed"] - len(ids)
    learnt = read_learnt(trainings_behind(evaluation.project, systems), evaluation.leaves_out_learnt)
    kept = [pk for pk in ids if pk not in learnt.pairs]
    facts["n_learnt"] = len(ids) - len(kept)
    kept.sort(key=lambda pk: sha256(f"{evaluation.seed}\0{pk}".encode()).digest())
    chosen: list[int] = []
    n_same = 0
    for pk, is_known in _with_words(kept, learnt):
        if len(chosen) == evaluation.limit:
            break
        n_same += is_known
        if not is_known:
            chosen.append(pk)
    facts |= {"n_same_words": n_same, "n_left": len(kept) - n_same, "n_taken": len(chosen)}
    facts["n_chosen_by"] = sum(pk in learnt.chosen_by for pk in chosen)
    if not chosen:
        raise CannotTest(_nothing(facts))
    return Choice(sorted(chosen), facts)


def read_learnt(trainings: Iterable[TrainingRun], leaves_out: bool) -> Learnt:
    """What the trainings learnt from, and what chose their epochs; without leaving out only the latter.

    Raises CannotTest when it is not known any more.
    """
    learnt = Learnt()
    for training in trainings:
        folder = Path(settings.MEDIA_ROOT, training.folder)
        if (folder / "dev.jsonl").is_file():
            learnt.chosen_by |= {line.pair for line in _lines(folder / "dev.jsonl")}
        if not leaves_out:
            continue
        if not (folder / "train.jsonl").is_file():
            raise CannotTest(
                f"what training {training.pk} learnt from is not there any more, so its sentences cannot be "
                "left out; evaluate without leaving them out, and mind that the scores then flatter it"
            )
        for line in _lines(folder / "train.jsonl"):
            learnt.pairs.add(line.pair)
            learnt.sentences.add(_digest(line.target))
    return learnt


def _options(evaluation: Evaluation) -> ExportOptions:
    return ExportOptions(
        format=JSONL, languages=tuple(evaluation.languages), domains=tuple(evaluation.domains)
    )


def _lines(path: Path) -> Iterator[_Line]:
    decoder = msgspec.json.Decoder(_Line)
    with path.open("rb") as file:
        yield from map(decoder.decode, file)


def _with_words(pair_ids: list[int], learnt: Learnt) -> Iterator[tuple[int, bool]]:
    """Each pair with whether its sentence, word for word, was learnt from as another pair's."""
    for start in range(0, len(pair_ids), BLOCK):
        block = pair_ids[start : start + BLOCK]
        known = _same_words(SentencePair.objects.filter(pk__in=block), learnt) if learnt.sentences else set()
        yield from ((pk, pk in known) for pk in block)


def _same_words(pairs: QuerySet[SentencePair], learnt: Learnt) -> set[int]:
    rows = pairs.values_list("pk", "target_text", "target_offsets")
    return {pk for pk, text, offsets in rows if _digest(tokens_of(text, offsets)) in learnt.sentences}


def _digest(tokens: list[str]) -> bytes:
    return blake2b("\0".join(tokens).encode(), digest_size=12).digest()


def _nothing(facts: dict[str, int]) -> str:
    return (
        f"no sentence is left to evaluate on: {facts['n_reviewed']} are reviewed, "
        f"{facts['n_without_result']} of them have no result of the run, {facts['n_learnt']} were learnt "
        f"from, {facts['n_same_words']} have the words of one that was; review more, or do not leave out "
        "what was learnt"
    )

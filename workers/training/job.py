"""One training of a project from its files to its model folder, with a learning curve on request."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workers.evaluate import bootstrap_difference
from workers.tag import get_tagger
from workers.training.callbacks import Point
from workers.training.data import GOLD, TrainingSentence, read_training_file
from workers.training.fit import TrainingResult, train, working_folder
from workers.training.options import TrainingOptions
from workers.training.save import N_BOOTSTRAP, read_record, score_tagger
from workers.training.sides import with_source_sides


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Dev F1 in [0, 1], with its 95 % interval, of a tagger that saw n_gold reviewed sentences.

    gain: what it is more than the point before, on the same dev sentences; 0 at the first point.
    """

    n_gold: int
    f1: float
    low: float
    high: float
    gain: float = 0.0
    gain_low: float = 0.0
    gain_high: float = 0.0


@dataclass(frozen=True, slots=True)
class JobResult:
    training: TrainingResult
    learning_curve: list[CurvePoint]


def run_job(
    options: dict[str, Any],
    train_file: Path,
    dev_file: Path,
    folder: Path,
    *,
    curve_parts: int = 0,
    on_stage: Callable[[str], None] = lambda stage: None,
    on_point: Callable[[Point], None] = lambda point: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> JobResult:
    """Train on everything, then on 1/2, 1/4, ... of the gold for the learning curve; only the first is kept.

    Where there are silver or source sides, the curve begins at no gold at all: what reviews add to them.
    A tagger that is there already, made before the job was stopped at its learning curve, is taken as it is.
    Raises what `train` raises.
    """
    sentences, dev = read_training_file(train_file), read_training_file(dev_file)
    wanted = TrainingOptions(**options)
    if wanted.sides == "both":
        sentences = with_source_sides(sentences, [train_file])
    on_stage("training")
    done = _finished(folder, dev)
    if done is None:
        done = train(wanted, sentences, dev, folder, on_point=on_point, should_stop=should_stop)
    gold = [sentence for sentence in sentences if sentence.kind == GOLD]
    found = [(len(gold), done)]
    for n_gold in curve_sizes(len(gold), curve_parts):
        on_stage(f"learning curve: {n_gold} gold sentences")
        fewer = with_gold(sentences, n_gold)
        if any(sentence.entities for sentence in fewer):
            found.append((n_gold, _train_part(wanted, fewer, dev, folder, n_gold, should_stop=should_stop)))
    return JobResult(done, learning_curve(found))


def curve_sizes(n_gold: int, parts: int) -> list[int]:
    """How many gold sentences the smaller trainings get: n/2, n/4, ..., and none."""
    sizes = {n_gold >> part for part in range(1, parts + 1)} | ({0} if parts else set())
    return sorted(sizes - {n_gold}, reverse=True)


def learning_curve(found: Sequence[tuple[int, TrainingResult]]) -> list[CurvePoint]:
    """The points by reviewed sentences, each with what it gains over the one before. found: in any order."""
    points: list[CurvePoint] = []
    before: TrainingResult | None = None
    for n_gold, result in sorted(found, key=lambda one: one[0]):
        own = result.scores.strict_f1_interval
        point = CurvePoint(n_gold, own.value, own.low, own.high)
        if before is not None:
            gain, _ = bootstrap_difference(result.dev_counts, before.dev_counts, n_bootstrap=N_BOOTSTRAP)
            point = replace(point, gain=gain.value, gain_low=gain.low, gain_high=gain.high)
        points.append(point)
        before = result
    return points


def _finished(folder: Path, dev: Sequence[TrainingSentence]) -> TrainingResult | None:
    """The training as its folder has it. A folder without a record is half of one and is removed."""
    record = read_record(folder)
    if record is None:
        if not working_folder(folder).exists():
            shutil.rmtree(folder, ignore_errors=True)
        return None
    labels = {label: label for label in record["train"]["entities"]}
    scores, counts = score_tagger(get_tagger("huggingface", model=str(folder), labels=labels), dev)
    return TrainingResult(folder, scores, counts, record["curve"], record["signature"])


def with_gold(sentences: Sequence[TrainingSentence], n_gold: int) -> list[TrainingSentence]:
    """All silver and source sides, and n_gold of the gold sentences, evenly spread."""
    gold = [sentence for sentence in sentences if sentence.kind == GOLD]
    picked = [gold[k * len(gold) // n_gold] for k in range(n_gold)]
    return [*picked, *(sentence for sentence in sentences if sentence.kind != GOLD)]


def _train_part(
    options: TrainingOptions,
    sentences: Sequence[TrainingSentence],
    dev: Sequence[TrainingSentence],
    folder: Path,
    n_gold: int,
    *,
    should_stop: Callable[[], bool],
) -> TrainingResult:
    """The training on a part of the gold; its folder does not stay."""
    part = folder.with_name(f"{folder.name}-{n_gold}")
    shutil.rmtree(part, ignore_errors=True)
    try:
        return train(options, sentences, dev, part, should_stop=should_stop)
    finally:
        shutil.rmtree(part, ignore_errors=True)

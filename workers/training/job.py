"""One training of a project from its files to its model folder, with a learning curve on request."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workers.training.data import GOLD, TrainingSentence, read_training_file
from workers.training.fit import Point, TrainingResult, train, working_folder
from workers.training.options import TrainingOptions


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Dev F1 in [0, 1], with its 95 % interval, of a tagger that saw n_gold reviewed sentences."""

    n_gold: int
    f1: float
    low: float
    high: float


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

    A folder that is there already, made by a worker that was lost afterwards, is made again.
    Raises what `train` raises.
    """
    sentences, dev = read_training_file(train_file), read_training_file(dev_file)
    wanted = TrainingOptions(**options)
    if not working_folder(folder).exists():
        shutil.rmtree(folder, ignore_errors=True)
    on_stage("training")
    done = train(wanted, sentences, dev, folder, on_point=on_point, should_stop=should_stop)
    gold = [sentence for sentence in sentences if sentence.kind == GOLD]
    points = [_point(len(gold), done)]
    for part in range(1, curve_parts + 1):
        n_gold = len(gold) >> part
        on_stage(f"learning curve: {n_gold} gold sentences")
        points.append(
            _train_part(wanted, with_gold(sentences, n_gold), dev, folder, n_gold, should_stop=should_stop)
        )
    return JobResult(done, sorted(points, key=lambda point: point.n_gold))


def with_gold(sentences: Sequence[TrainingSentence], n_gold: int) -> list[TrainingSentence]:
    """All silver, and n_gold of the gold sentences, evenly spread."""
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
) -> CurvePoint:
    part = folder.with_name(f"{folder.name}-{n_gold}")
    shutil.rmtree(part, ignore_errors=True)
    if not any(sentence.entities for sentence in sentences):
        return CurvePoint(n_gold, 0.0, 0.0, 0.0)
    try:
        return _point(n_gold, train(options, sentences, dev, part, should_stop=should_stop))
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _point(n_gold: int, result: TrainingResult) -> CurvePoint:
    interval = result.scores.strict_f1_interval
    return CurvePoint(n_gold, interval.value, interval.low, interval.high)

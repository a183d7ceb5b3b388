"""Fine-tune a tagger on CoNLL or JSONL files. Needs no database and no server."""

import signal
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.management.model_options import add_model_options, configure_models


class Command(BaseCommand):
    help = (
        "Fine-tune a token classifier and write a model folder: safetensors, tokenizer, label map and model "
        "card. `tag_text --tagger huggingface --model FOLDER` and runs use it at once. Stopped by Ctrl-C it "
        "saves a checkpoint, and the same command goes on from there."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "gold", type=Path, nargs="*", metavar="TRAIN",
            help="gold sentences as CoNLL, or an export's JSONL, which may hold silver too",
        )  # fmt: skip
        parser.add_argument(
            "--silver", type=silver_file, action="append", default=[], metavar="FILE[=CANDIDATES]",
            help="silver CoNLL; CANDIDATES: project_conll's JSON lines, for the confidences. May be repeated",
        )  # fmt: skip
        parser.add_argument(
            "--dev", type=Path, required=True, help="labelled sentences that the best epoch is chosen by"
        )
        parser.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER")
        parser.add_argument("--ignore", nargs="*", default=[], metavar="LABEL", help="labels to leave out")
        parser.add_argument("--model", help='"packaged" (default), a Hugging Face id, or a folder')
        parser.add_argument("--layers", type=int, help="keep only the model's lowest layers (default: all)")
        parser.add_argument(
            "--frozen-layers", type=int, help="lowest layers that are not trained (default: 0)"
        )
        parser.add_argument("--train-embeddings", action="store_true", help="train the table of pieces too")
        parser.add_argument(
            "--sides", choices=("both", "target"),
            help="whether the labelled source sides of JSONL are learnt from too (default: both)",
        )  # fmt: skip
        parser.add_argument(
            "--left-out", choices=("skip", "count"),
            help="where an entity may be that the projection left out: learn nothing from those words "
            "(default), or that they are no entity",
        )  # fmt: skip
        parser.add_argument(
            "--weights", choices=("equal", "confidence"),
            help="what a silver entity's words count: as much as gold (default), or their confidence",
        )  # fmt: skip
        parser.add_argument(
            "--silver-weight", type=float,
            help="of a silver sentence's other words, with --weights confidence (default: 1)",
        )  # fmt: skip
        parser.add_argument("--epochs", type=int, help="at most (default: 10)")
        parser.add_argument("--patience", type=int, help="epochs without a better dev F1 (default: 2)")
        parser.add_argument("--batch-size", type=int, help="sentences a step (default: 16)")
        parser.add_argument("--learning-rate", type=float, help="(default: 0.0001)")
        parser.add_argument("--max-length", type=int, help="subwords read at once (default: 192)")
        parser.add_argument("--seed", type=int, help="(default: 0)")
        parser.add_argument("--restart", action="store_true", help="do not go on from a checkpoint")
        add_model_options(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        from workers.model_cache import ModelUnavailable
        from workers.training.data import read_training_file, without
        from workers.training.fit import TrainingStopped, train
        from workers.training.sides import with_source_sides

        try:
            configure_models(options)
            wanted = training_options(options)
            sentences = without(read_sentences(options), options["ignore"])
            if wanted.sides == "both":
                sentences = with_source_sides(sentences, options["gold"])
            dev = without(read_training_file(options["dev"]), options["ignore"])
            with stop_on_interrupt() as should_stop:
                result = train(
                    wanted, sentences, dev, options["output"],
                    on_point=lambda point: self.stdout.write(point_line(point)),
                    should_stop=should_stop,
                    resume=not options["restart"],
                )  # fmt: skip
        except TrainingStopped as stopped:
            raise CommandError(f"{stopped}; the same command goes on from there") from stopped
        except (ValueError, OSError, ModelUnavailable) as error:
            raise CommandError(str(error)) from error
        strict, interval = result.scores.strict, result.scores.strict_f1_interval
        self.stdout.write(
            f"dev P {100 * strict.precision:.2f}  R {100 * strict.recall:.2f}  F1 {100 * strict.f1:.2f} "
            f"[{100 * interval.low:.2f}, {100 * interval.high:.2f}]"
        )
        self.stdout.write(f"{result.folder}: signature {result.signature}")


def silver_file(text: str) -> tuple[Path, Path | None]:
    path, equals, candidates = text.partition("=")
    return Path(path), Path(candidates) if equals else None


def read_sentences(options: dict[str, Any]) -> list[Any]:
    from workers.training.data import SILVER, read_training_file

    sentences = [one for path in options["gold"] for one in read_training_file(path)]
    for path, candidates in options["silver"]:
        sentences += read_training_file(path, SILVER, candidates)
    return sentences


def training_options(options: dict[str, Any]) -> Any:
    """What was given; the defaults are those of TrainingOptions."""
    from dataclasses import fields

    from workers.training.options import TrainingOptions

    names = [field.name for field in fields(TrainingOptions)]
    return TrainingOptions(**{name: options[name] for name in names if options.get(name) is not None})


def point_line(point: dict[str, Any]) -> str:
    values = "  ".join(
        f"{name} {point[name]:.4f}" for name in ("loss", "dev_loss", "dev_f1") if name in point
    )
    return f"step {point['step']}/{point['of']}  epoch {point['epoch']:.2f}  {values}"


@contextmanager
def stop_on_interrupt() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C was pressed; a second one ends at once."""
    pressed: list[int] = []

    def press(number: int, _frame: Any) -> None:
        pressed.append(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, press)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, before)

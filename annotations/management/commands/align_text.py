"""Align the words of two files of tokenised sentences. Needs no database and no server."""

import re
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.management.model_options import add_model_options, configure_models, key_value

BATCH_PAIRS = 512
ALIGNER_OF_METHOD = {
    "argmax": "simalign",
    "itermax": "simalign",
    "match": "simalign",
    "softmax": "awesome",
    "entmax15": "awesome",
}
_TOKENS = re.compile(r"[^ \t]+")


class Command(BaseCommand):
    help = (
        "Write the word alignment of SOURCE and TARGET, files of one tokenised sentence a line, as Pharaoh "
        "text: i-j for source token i and target token j, numbered from 0. An empty line gives an empty line."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", type=Path, help="tokens separated by spaces, one sentence a line")
        parser.add_argument("target", type=Path, help="the translation, line by line")
        parser.add_argument("-o", "--output", type=Path, required=True, help="Pharaoh links")
        parser.add_argument("--aligner", help="word aligner (default: the best we have)")
        parser.add_argument("--model", help='encoder: "packaged", a Hugging Face id, or a local folder')
        parser.add_argument("--layer", help="layer of the encoder; several joined by commas for 'fused'")
        parser.add_argument(
            "--method",
            choices=ALIGNER_OF_METHOD,
            help="rule that makes links; chooses the aligner that has it",
        )
        parser.add_argument(
            "--threshold", type=float, help="lowest score of a link, for aligners that have one"
        )
        parser.add_argument(
            "--option", action="append", default=[], type=key_value, metavar="KEY=VALUE",
            help="another option of the aligner; VALUE is JSON, or text where it is not. May be repeated",
        )  # fmt: skip
        parser.add_argument("--scores", type=Path, help="also write the links' scores, in the same order")
        parser.add_argument(
            "--keep-going", action="store_true",
            help="give an empty line to a pair that cannot be aligned, and name it, instead of stopping",
        )  # fmt: skip
        add_model_options(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        from workers.align import DEFAULT_ALIGNER, ready_aligner
        from workers.model_cache import ModelUnavailable
        from workers.text_lines import read_line_pairs

        source, target = options["source"], options["target"]
        name = options["aligner"] or ALIGNER_OF_METHOD.get(options["method"], DEFAULT_ALIGNER)
        try:
            check_outputs(options)
            n_pairs = sum(1 for _ in read_line_pairs(source, target))  # complaints come before the work
            configure_models(options)
            aligner = ready_aligner(name, all_pairs(source, target), **aligner_options(name, options))
            n_links, n_failed = self.align_files(aligner, options)
        except (ValueError, OSError, ModelUnavailable) as error:
            raise CommandError(str(error)) from error
        failed = f", {n_failed} pairs not aligned" if n_failed else ""
        self.stdout.write(f"{n_pairs} pairs, {n_links} links{failed}")
        self.stdout.write(aligner.signature)

    def align_files(self, aligner: Any, options: Mapping[str, Any]) -> tuple[int, int]:
        """Numbers of links written and of pairs that could not be aligned."""
        from workers.conll import replace_file
        from workers.pharaoh import links_to_pharaoh, scores_to_text

        n_links = n_failed = 0
        with ExitStack() as files:
            output = files.enter_context(replace_file(options["output"]))
            scores = files.enter_context(replace_file(options["scores"])) if options["scores"] else None
            for batch in batches(options["source"], options["target"]):
                alignments = aligner.align([(source, target) for _, source, target in batch])
                for (number, _, _), alignment in zip(batch, alignments, strict=True):
                    if alignment.status == "failed":
                        complaint = f"{options['source']}:{number}: {alignment.message}"
                        if not options["keep_going"]:
                            raise ValueError(complaint)
                        self.stderr.write(complaint)
                        n_failed += 1
                    output.write(links_to_pharaoh(alignment.links) + "\n")
                    n_links += len(alignment.links)
                    if scores is not None:
                        scores.write(scores_to_text(alignment.scores.tolist()) + "\n")
        return n_links, n_failed


def check_outputs(options: Mapping[str, Any]) -> None:
    for name in ("output", "scores"):
        path = options[name]
        if path is None:
            continue
        if path.resolve() in (options["source"].resolve(), options["target"].resolve()):
            raise ValueError(f"{path} is read and cannot be written at the same time")
        if not path.parent.is_dir():
            raise ValueError(f"there is no folder {path.parent} to write {path.name} into")
    if options["scores"] and options["scores"].resolve() == options["output"].resolve():
        raise ValueError("--scores and --output name the same file")


def aligner_options(name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """What the aligner is built with; only what was given, so that its own defaults hold."""
    given = {key: options[key] for key in ("model", "method", "threshold") if options[key] is not None}
    if options["layer"]:
        try:
            layers = [int(layer) for layer in options["layer"].split(",")]
        except ValueError:
            raise ValueError(f"--layer {options['layer']!r} is not a number, or numbers and commas") from None
        if name == "fused":
            given["layers"] = layers
        elif len(layers) == 1:
            given["layer"] = layers[0]
        else:
            raise ValueError(f"aligner {name!r} takes one layer")
    return given | dict(options["option"])


def all_pairs(source: Path, target: Path) -> Iterator[tuple[list[str], list[str]]]:
    return ((left, right) for _, left, right in numbered_pairs(source, target))


def numbered_pairs(source: Path, target: Path) -> Iterator[tuple[int, list[str], list[str]]]:
    from workers.text_lines import read_line_pairs

    return (
        (number, _TOKENS.findall(left), _TOKENS.findall(right))
        for number, left, right in read_line_pairs(source, target)
    )


def batches(source: Path, target: Path) -> Iterator[list[tuple[int, list[str], list[str]]]]:
    pairs = numbered_pairs(source, target)
    while batch := list(islice(pairs, BATCH_PAIRS)):
        yield batch

"""Compare projection methods on the same links. Needs no database and no server."""

import json
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.management.commands.project_conll import (
    add_tagger_options,
    find_alignments,
    method_name,
    read_pairs,
    tag_targets,
    tags_target,
)
from annotations.management.model_options import add_model_options, configure_models

NER = "ner-candidates"
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "soft": ("soft", {}),
    "ensemble": ("ensemble", {}),
    "word-to-word": ("word-to-word", {}),
    "word-to-word original": ("word-to-word", {"preset": "original"}),
    "ngram-candidates greedy": ("ngram-candidates", {"solver": "greedy"}),
    "ngram-candidates exact": ("ngram-candidates", {"solver": "exact"}),
    NER: (NER, {}),
}


class Command(BaseCommand):
    help = (
        "Project SOURCE.conll onto GOLD.conll's tokens with every method on the same links, and score each."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "files", nargs="+", type=Path, metavar="[SOURCE.conll] GOLD.conll",
            help="labelled source and gold target sentences; only the gold file with --source-text",
        )  # fmt: skip
        parser.add_argument("--source-text", type=Path, help="raw source sentences, one a line, tagged first")
        parser.add_argument("--source-language", default="en", help="BCP 47 code (default: en)")
        parser.add_argument("--target-language", default="und", help="BCP 47 code, for its packaged tagger")
        add_tagger_options(parser)
        parser.add_argument("--aligner", help="word aligner (default: the best we have)")
        parser.add_argument("--links", type=Path, help="use these Pharaoh links, one line a sentence")
        parser.add_argument(
            "--methods", nargs="+", choices=sorted(VARIANTS), metavar="NAME",
            help=f"which of {', '.join(VARIANTS)} (default: all; {NER} where the target is tagged)",
        )  # fmt: skip
        parser.add_argument("--ignore", nargs="*", default=[], metavar="LABEL", help="labels not counted")
        parser.add_argument("--json", type=Path, help="write the table as JSON")
        parser.add_argument("--plot", type=Path, help="write a picture (PNG, SVG or PDF)")
        add_model_options(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        from workers.model_cache import ModelUnavailable

        try:
            configure_models(options)
            names = options["methods"] or [name for name in VARIANTS if name != NER or tags_target(options)]
            pairs = tag_targets(read_pairs(options), options, needed=NER in names)
            gold = read_gold(options["files"][-1])
            alignments = align_once(options, pairs)
            rows = [compare(name, pairs, alignments, gold, options["ignore"]) for name in names]
            write_tables(rows, options)
        except (ValueError, OSError, ModelUnavailable) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{'method':<26}{'P':>8}{'R':>8}{'F1':>8}{'95 % interval':>18}{'s/1000':>9}")
        for row in rows:
            interval = f"[{100 * row['f1_low']:.2f}, {100 * row['f1_high']:.2f}]"
            self.stdout.write(
                f"{row['method']:<26}{100 * row['precision']:8.2f}{100 * row['recall']:8.2f}"
                f"{100 * row['f1']:8.2f}{interval:>18}{row['seconds_per_1000']:9.3f}"
            )


def read_gold(path: Path) -> list[list[str]]:
    from workers.conll import read_conll

    sentences = read_conll(path, lenient=True)
    for sentence in sentences:
        if sentence.tags is None:
            raise ValueError(f"{path}:{sentence.line}: the sentence has no gold tags to compare with")
    return [sentence.tags or [] for sentence in sentences]


def align_once(options: dict[str, Any], pairs: list[Any]) -> list[Any]:
    from workers.project.files import align_all

    return align_all(pairs, find_alignments(options, pairs))


def compare(
    name: str, pairs: list[Any], alignments: list[Any], gold: list[list[str]], ignore: list[str]
) -> dict[str, Any]:
    """One row of the table: scores, signature, and the seconds of projecting (not of aligning)."""
    from workers.evaluate import score_tags
    from workers.iob2 import entities_to_tags
    from workers.project import get_projector
    from workers.project.files import project_sentences
    from workers.spans import Entity

    method, method_options = VARIANTS[name]
    warm_up = project_sentences(pairs[:20], alignments[:20], method_name(method), **method_options)
    list(warm_up)  # imports and weights are not what is measured
    start = time.perf_counter()
    sentences = list(project_sentences(pairs, alignments, method_name(method), **method_options))
    seconds = time.perf_counter() - start
    tags = [
        entities_to_tags(
            [Entity(p.span.start, p.span.end, p.entity.label) for p in sentence.projections if p.span],
            len(sentence.pair.target_tokens),
        )
        for sentence in sentences
    ]
    scores = score_tags(gold, tags, ignore=ignore, n_bootstrap=2000)
    return {
        "method": name,
        "signature": get_projector(method, **method_options).signature,
        "precision": scores.strict.precision,
        "recall": scores.strict.recall,
        "f1": scores.strict.f1,
        "f1_low": scores.strict_f1_interval.low,
        "f1_high": scores.strict_f1_interval.high,
        "f1_default": scores.default.f1,
        "exact_match_jaccard": scores.exact_match_jaccard,
        "sentence_exact": scores.sentence_exact,
        "seconds_per_1000": 1000 * seconds / max(len(pairs), 1),
        "per_label": {label: score.f1 for label, score in scores.per_label.items()},
    }


def write_tables(rows: list[dict[str, Any]], options: dict[str, Any]) -> None:
    from workers.conll import replace_file

    if options["json"]:
        with replace_file(options["json"]) as output:
            output.write(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
    if options["plot"]:
        plot(rows, options["plot"])


def plot(rows: list[dict[str, Any]], path: Path) -> None:
    """F1 with its interval for each method, beside the seconds it takes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 0.6 * len(rows) + 1.6), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    names = [row["method"] for row in rows][::-1]
    f1 = [100 * row["f1"] for row in rows][::-1]
    low = [value - 100 * row["f1_low"] for value, row in zip(f1, rows[::-1], strict=True)]
    high = [100 * row["f1_high"] - value for value, row in zip(f1, rows[::-1], strict=True)]
    left.errorbar(f1, names, xerr=[low, high], fmt="o")
    left.set_xlabel("strict F1, 95 % interval")
    right.barh(names, [row["seconds_per_1000"] for row in rows][::-1])
    right.set_xlabel("seconds per 1,000 sentences")
    figure.savefig(path)

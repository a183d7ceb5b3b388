"""Score a tagger, a prediction or a run against gold, in all the ways there are."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.management.commands.score_conll import report
from annotations.management.model_options import add_model_options, configure_models
from workers.evaluation.data import TestSet, read_same_tokens, read_test_set
from workers.evaluation.errors import KINDS


class Command(BaseCommand):
    help = (
        "Score a tagger's folder, a prediction, or a run of a project against gold: F1 strict and as "
        "conlleval, exact match of entities and sentences, error types, errors by label, and scores by "
        "label, length, frequency, domain and language, with intervals. Only --run needs the database."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "gold", type=Path, nargs="?", help="gold CoNLL, or an export's JSONL; not with --run"
        )
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--tagger", metavar="MODEL", help="a token classifier's folder or Hugging Face id")
        what.add_argument(
            "--predicted", type=Path, metavar="PRED.conll", help="CoNLL, or the JSONL of an evaluation's page"
        )
        what.add_argument(
            "--run", type=int, metavar="NUMBER", help="a run, against its project's gold reviews"
        )
        parser.add_argument("--baseline", type=Path, help="another prediction, for a paired bootstrap")
        parser.add_argument(
            "--train", type=Path, nargs="+", default=[], metavar="TRAIN.conll",
            help="what the tagger learnt from, for scores by how often it saw a name",
        )  # fmt: skip
        parser.add_argument("--ignore", nargs="*", default=[], metavar="LABEL", help="labels not counted")
        parser.add_argument("--save", type=Path, metavar="PRED.conll", help="keep the tagger's prediction")
        parser.add_argument("--bootstrap", type=int, default=10_000, help="resamples (default: 10000)")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--json", action="store_true")
        add_model_options(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        from workers.model_cache import ModelUnavailable

        try:
            if (options["gold"] is None) is (options["run"] is None):
                raise ValueError("give a gold file, or --run, which brings its own gold")
            configure_models(options)
            result = evaluate(options)
        except (ValueError, OSError, ModelUnavailable) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(result, ensure_ascii=False, indent=1))
            return
        gain = result["differences"]["strict_f1"] if "differences" in result else None
        for line in report(result | {"gain_over_baseline": gain}):
            self.stdout.write(line)
        self.stdout.write("errors by label")
        for label, counts in result["errors"].items():
            said = "  ".join(f"{kind} {counts[kind]}" for kind in KINDS)
            self.stdout.write(f"  {label:<24} {said}")
        for name, rows in result["breakdown"].items():
            self.stdout.write(f"by {name}")
            for bucket, row in rows.items():
                self.stdout.write(
                    f"  {bucket:<24} P {100 * row['precision']:6.2f}  R {100 * row['recall']:6.2f}"
                    f"  F1 {100 * row['f1']:6.2f}  [{100 * row['low']:.2f}, {100 * row['high']:.2f}]"
                    f"  of {row['support']}"
                )


def evaluate(options: dict[str, Any]) -> dict[str, Any]:
    from workers.breakdown import count_names
    from workers.evaluation.report import ReportSettings, build_report
    from workers.training.data import read_training_file

    test, predicted = read_sides(options)
    seen = None
    if options["train"]:
        known = [one for path in options["train"] for one in read_training_file(path)]
        seen = count_names((sentence.tokens, sentence.entities) for sentence in known)
    baseline = None
    if options["baseline"]:
        gold_path = options["gold"] or Path("the run's gold")
        baseline = read_same_tokens(options["baseline"], gold_path, test.tokens)
    settings = ReportSettings(options["bootstrap"], options["seed"], tuple(options["ignore"]))
    return build_report(test, predicted, baseline, seen=seen, settings=settings)


def read_sides(options: dict[str, Any]) -> tuple[TestSet, list[list[str]]]:
    """The sentences with their gold tags, and the predicted tags."""
    if options["run"] is not None:
        return run_sides(options["run"])
    test = read_test_set(options["gold"])
    if options["predicted"]:
        return test, read_same_tokens(options["predicted"], options["gold"], test.tokens)
    return test, tag(test.tokens, options)


def tag(tokens: list[list[str]], options: dict[str, Any]) -> list[list[str]]:
    from workers.breakdown import entities_to_all_tags
    from workers.conll import replace_file, write_conll
    from workers.evaluation.systems import load_system

    found = load_system("huggingface", {"model": options["tagger"]}).tag(tokens)
    if options["save"]:
        with replace_file(options["save"]) as output:
            write_conll(output, zip(tokens, found, strict=True))
    return entities_to_all_tags(found, tokens)


def run_sides(run_id: int) -> tuple[TestSet, list[list[str]]]:
    """What a run suggested first, against the gold reviews of its pairs."""
    from annotations.actions.run_scores import gold_and_suggested
    from workers.breakdown import entities_to_all_tags

    rows = list(gold_and_suggested(run_id))
    if not rows:
        raise ValueError(f"run {run_id} has no pair with a gold review")
    tokens = [row.tokens for row in rows]
    groups = {"language": [row.language for row in rows], "domain": [row.domain or "none" for row in rows]}
    gold = entities_to_all_tags([row.gold for row in rows], tokens)
    found = entities_to_all_tags([row.suggested for row in rows], tokens)
    return TestSet(tokens, gold, groups, [row.pair for row in rows]), found

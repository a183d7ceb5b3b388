"""Score a tagger, a prediction or a run against gold, in all the ways there are."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.management.commands.score_conll import read_same_tokens, read_tags, report
from annotations.management.model_options import add_model_options, configure_models
from workers.evaluate import bootstrap_difference, score_tags, sentence_counts, without_labels


class Command(BaseCommand):
    help = (
        "Score a tagger's folder, a CoNLL prediction, or a run of a project against gold: F1 strict and as "
        "conlleval, exact match of entities and sentences, error types, and scores by label, length, "
        "frequency, domain and language, with bootstrap intervals. Only --run needs the database."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "gold", type=Path, nargs="?", help="gold CoNLL, or an export's JSONL; not with --run"
        )
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--tagger", metavar="MODEL", help="a token classifier's folder or Hugging Face id")
        what.add_argument("--predicted", type=Path, metavar="PRED.conll")
        what.add_argument(
            "--run", type=int, metavar="NUMBER", help="a run, against its project's gold reviews"
        )
        parser.add_argument(
            "--baseline", type=Path, help="another prediction as CoNLL, for a paired bootstrap"
        )
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
        for line in report(result):
            self.stdout.write(line)
        for name, rows in result["breakdown"].items():
            self.stdout.write(f"by {name}")
            for bucket, row in rows.items():
                self.stdout.write(
                    f"  {bucket:<24} P {100 * row['precision']:6.2f}  R {100 * row['recall']:6.2f}"
                    f"  F1 {100 * row['f1']:6.2f}  of {row['support']}"
                )


def evaluate(options: dict[str, Any]) -> dict[str, Any]:
    from dataclasses import asdict

    from workers.breakdown import break_down, count_names
    from workers.training.data import read_training_file

    tokens, gold, predicted, groups = read_sides(options)
    ignore, settings = options["ignore"], {"n_bootstrap": options["bootstrap"], "seed": options["seed"]}
    gold, predicted = ([without_labels(tags, ignore) for tags in side] for side in (gold, predicted))
    seen = None
    if options["train"]:
        known = [one for path in options["train"] for one in read_training_file(path)]
        seen = count_names([(sentence.tokens, sentence.entities) for sentence in known])
    result: dict[str, Any] = score_tags(gold, predicted, **settings).to_dict()
    parts = break_down(tokens, gold, predicted, seen=seen, groups=groups)
    result["breakdown"] = {
        name: {bucket: asdict(score) for bucket, score in rows.items()} for name, rows in parts.items()
    }
    if options["baseline"]:
        other = read_same_tokens(options["baseline"], options["gold"] or Path("the run's gold"), tokens)
        other_tags = [without_labels(tags, ignore) for tags in other]
        gain, p_value = bootstrap_difference(
            sentence_counts(gold, predicted), sentence_counts(gold, other_tags), **settings
        )
        result["gain_over_baseline"] = asdict(gain) | {"p_value": p_value}
    return result


Sides = tuple[list[list[str]], list[list[str]], list[list[str]], dict[str, list[str]]]


def read_sides(options: dict[str, Any]) -> Sides:
    """Tokens, gold tags, predicted tags, and what groups the sentences are of."""
    from workers.training.data import read_training_file

    if options["run"] is not None:
        return run_sides(options["run"])
    groups: dict[str, list[str]] = {}
    if options["gold"].suffix == ".jsonl":
        sentences = [one for one in read_training_file(options["gold"]) if one.kind == "gold"]
        tokens, gold = [list(one.tokens) for one in sentences], [one.tags for one in sentences]
        groups = {
            "language": [one.language or "und" for one in sentences],
            "domain": [one.domain or "none" for one in sentences],
        }
    else:
        tokens, gold = read_tags(options["gold"])
    if options["predicted"]:
        return tokens, gold, read_same_tokens(options["predicted"], options["gold"], tokens), groups
    return tokens, gold, tag(tokens, options), groups


def tag(tokens: list[list[str]], options: dict[str, Any]) -> list[list[str]]:
    from workers.breakdown import entities_to_all_tags
    from workers.conll import replace_file, write_conll
    from workers.tag import get_tagger

    found = get_tagger("huggingface", model=options["tagger"]).tag(tokens)
    if options["save"]:
        with replace_file(options["save"]) as output:
            write_conll(output, zip(tokens, found, strict=True))
    return entities_to_all_tags(found, tokens)


def run_sides(run_id: int) -> Sides:
    """What a run suggested first, against the gold reviews of its pairs."""
    from annotations.actions.run_scores import gold_and_suggested
    from workers.breakdown import entities_to_all_tags

    rows = list(gold_and_suggested(run_id))
    if not rows:
        raise ValueError(f"run {run_id} has no pair with a gold review")
    tokens = [row.tokens for row in rows]
    groups = {"language": [row.language for row in rows], "domain": [row.domain or "none" for row in rows]}
    gold = entities_to_all_tags([row.gold for row in rows], tokens)
    return tokens, gold, entities_to_all_tags([row.suggested for row in rows], tokens), groups

"""Score a CoNLL file against gold. Needs no database and no server."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workers.evaluate import Scores, bootstrap_difference, score_tags, sentence_counts, without_labels
from workers.evaluation.data import read_same_tokens, read_tags


class Command(BaseCommand):
    help = "Score PRED against GOLD: F1 (strict and conlleval), exact match, error types, intervals."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("gold", type=Path)
        parser.add_argument("predicted", type=Path, metavar="PRED")
        parser.add_argument("--ignore", nargs="*", default=[], metavar="LABEL", help="labels not counted")
        parser.add_argument("--source", type=Path, help="labelled source sentences, for the ceilings")
        parser.add_argument("--baseline", type=Path, help="another prediction, for a paired bootstrap")
        parser.add_argument("--bootstrap", type=int, default=10_000, help="resamples (default: 10000)")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--json", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            result = score_files(options)
        except (ValueError, OSError) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(result, ensure_ascii=False, indent=1))
        else:
            for line in report(result):
                self.stdout.write(line)


def score_files(options: dict[str, Any]) -> dict[str, Any]:
    tokens, gold = read_tags(options["gold"])
    predicted = read_same_tokens(options["predicted"], options["gold"], tokens)
    source = read_tags(options["source"])[1] if options["source"] else None
    if source is not None and len(source) != len(gold):
        raise ValueError(
            f"{options['source']} has {len(source)} sentences, {options['gold']} has {len(gold)}"
        )
    settings = {"n_bootstrap": options["bootstrap"], "seed": options["seed"]}
    scores: Scores = score_tags(gold, predicted, ignore=options["ignore"], source=source, **settings)
    result: dict[str, Any] = {"gold": str(options["gold"]), "predicted": str(options["predicted"])}
    result |= {"ignored": options["ignore"], **scores.to_dict()}
    if options["baseline"]:
        other = read_same_tokens(options["baseline"], options["gold"], tokens)
        kept = [
            [without_labels(tags, options["ignore"]) for tags in side] for side in (gold, predicted, other)
        ]
        gain, p_value = bootstrap_difference(
            sentence_counts(kept[0], kept[1]), sentence_counts(kept[0], kept[2]), **settings
        )
        result["gain_over_baseline"] = {
            "value": gain.value, "low": gain.low, "high": gain.high, "p_value": p_value
        }  # fmt: skip
    return result


def report(result: dict[str, Any]) -> list[str]:
    strict, default, interval = result["strict"], result["default"], result["strict_f1_interval"]
    lines = [
        f"strict   P {100 * strict['precision']:6.2f}  R {100 * strict['recall']:6.2f}"
        f"  F1 {100 * strict['f1']:6.2f}  [{100 * interval['low']:.2f}, {100 * interval['high']:.2f}]",
        f"default  P {100 * default['precision']:6.2f}  R {100 * default['recall']:6.2f}"
        f"  F1 {100 * default['f1']:6.2f}",
    ]
    lines += [
        f"  {label:<8} P {100 * row['precision']:6.2f}  R {100 * row['recall']:6.2f}"
        f"  F1 {100 * row['f1']:6.2f}  of {row['support']}"
        for label, row in result["per_label"].items()
    ]
    lines += [
        f"entity exact match    {100 * result['entity_exact']:6.2f}",
        f"exact-match Jaccard   {100 * result['exact_match_jaccard']:6.2f}",
        f"sentence exact match  {100 * result['sentence_exact']:6.2f} of {result['n_sentences']}, "
        f"{100 * result['sentence_exact_with_gold']:.2f} of those with entities",
    ]
    lines += [
        f"errors {name:<9} " + "  ".join(f"{kind} {count}" for kind, count in counts.items())
        for name, counts in result["error_types"].items()
    ]
    if result["ceilings"]:
        lines += [
            f"ceiling {name.replace('_', ' ')}: P {100 * row['precision']:.2f}  "
            f"R {100 * row['recall']:.2f}  F1 {100 * row['f1']:.2f}"
            for name, row in result["ceilings"].items()
        ]
    if gain := result.get("gain_over_baseline"):
        lines.append(
            f"gain over baseline    {100 * gain['value']:+.2f} F1 "
            f"[{100 * gain['low']:+.2f}, {100 * gain['high']:+.2f}], p {gain['p_value']:.4f}"
        )
    return lines

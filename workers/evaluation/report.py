"""Everything there is to say of a prediction against gold, with a baseline's beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from workers.breakdown import break_down
from workers.evaluate import N_BOOTSTRAP, entity_set, score_tags, sentence_counts, without_labels
from workers.evaluation.data import TestSet
from workers.evaluation.errors import CORRECT, Match, count_confusion, count_errors, match_entities
from workers.evaluation.measures import measure_all, measure_differences

Tags = Sequence[Sequence[str]]
Matches = list[list[Match]]


@dataclass(frozen=True, slots=True)
class ReportSettings:
    """ignore: labels that count as outside on all sides."""

    n_bootstrap: int = N_BOOTSTRAP
    seed: int = 0
    ignore: tuple[str, ...] = ()


def build_report(
    test: TestSet,
    predicted: Tags,
    baseline: Tags | None = None,
    *,
    seen: Mapping[tuple[str, ...], int] | None = None,
    settings: ReportSettings | None = None,
) -> dict[str, Any]:
    """Scores (see `evaluate.Scores`) with intervals, by bucket, errors by label and kind, and confusion.

    seen: how often each name occurs in the training data. With a baseline, also its own scores and the
    differences. Raises ValueError naming the first sentence whose number of tags differs.
    """
    settings = settings or ReportSettings()
    drawn = {"n_bootstrap": settings.n_bootstrap, "seed": settings.seed}
    gold = _kept(test.gold, settings)
    result = _side(test, gold, predicted, settings)
    parts = break_down(test.tokens, gold, _kept(predicted, settings), seen=seen, groups=test.groups, **drawn)
    result["breakdown"] = {
        name: {bucket: asdict(score) for bucket, score in rows.items()} for name, rows in parts.items()
    }
    if baseline is None:
        return result
    other = _kept(baseline, settings)
    result["baseline"] = _side(test, gold, baseline, settings)
    theirs = break_down(test.tokens, gold, other, seen=seen, groups=test.groups, n_bootstrap=0)
    result["baseline"]["breakdown"] = {
        name: {bucket: asdict(score) for bucket, score in rows.items()} for name, rows in theirs.items()
    }
    differences = measure_differences(
        sentence_counts(gold, _kept(predicted, settings)), sentence_counts(gold, other), **drawn
    )
    result["differences"] = {name: asdict(difference) for name, difference in differences.items()}
    return result


def match_sentences(gold: Tags, predicted: Tags, settings: ReportSettings) -> Matches:
    """The entities of each sentence, gold beside found."""
    return [
        match_entities(entity_set(wanted), entity_set(found))
        for wanted, found in zip(_kept(gold, settings), _kept(predicted, settings), strict=True)
    ]


def faulty_rows(
    test: TestSet, predicted: Tags, baseline: Tags | None, settings: ReportSettings
) -> list[dict[str, Any]]:
    """The sentences that the system or the baseline got wrong, each with its faults."""
    own = match_sentences(test.gold, predicted, settings)
    others = match_sentences(test.gold, baseline, settings) if baseline is not None else None
    rows = []
    for number, matches in enumerate(own):
        faults = [match for match in matches if match.kind != CORRECT]
        theirs = [match for match in others[number] if match.kind != CORRECT] if others else []
        if not faults and not theirs:
            continue
        row: dict[str, Any] = {
            "pair": test.pairs[number] if test.pairs else None,
            "language": test.groups["language"][number] if "language" in test.groups else "und",
            "tokens": test.tokens[number],
            "gold": [match.gold for match in matches if match.gold],
            "found": sorted(match.found for match in matches if match.found),
            "faults": [{"kind": m.kind, "gold": m.gold, "found": m.found} for m in faults],
            "n_baseline": len(theirs),
        }
        if others:
            row["baseline"] = sorted(match.found for match in others[number] if match.found)
        rows.append(row)
    return rows


def _side(test: TestSet, gold: Tags, predicted: Tags, settings: ReportSettings) -> dict[str, Any]:
    kept, n_bootstrap, seed = _kept(predicted, settings), settings.n_bootstrap, settings.seed
    matches = match_sentences(test.gold, predicted, settings)
    measures = measure_all(sentence_counts(gold, kept), n_bootstrap=n_bootstrap, seed=seed)
    return score_tags(gold, kept, n_bootstrap=n_bootstrap, seed=seed).to_dict() | {
        "measures": {name: asdict(interval) for name, interval in measures.items()},
        "errors": count_errors(matches),
        "confusion": count_confusion(matches),
    }


def _kept(tags: Tags, settings: ReportSettings) -> list[list[str]]:
    return [without_labels(one, settings.ignore) for one in tags]

"""Scores of predicted entities against gold ones. Tag sequences are IOB2, one list per sentence.

F1 comes from seqeval in both of its readings: "strict" (only well-formed IOB2 entities count) and "default"
(as conlleval reads tags, which is how the published figures were made).
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workers.error_types import count_error_types
from workers.iob2 import OUTSIDE, tags_to_entities

Tags = Sequence[str]
N_BOOTSTRAP = 10_000


@dataclass(frozen=True, slots=True)
class LabelScore:
    """Precision, recall and F1 in [0, 1]; support is the number of gold entities."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with the bounds of its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Ceilings:
    """The best F1 that projection can reach: every source entity projected once, perfectly; and the same
    with the source entities that have no counterpart perfectly left out."""

    project_everything: LabelScore
    perfect_suppression: LabelScore


@dataclass(frozen=True, slots=True)
class Scores:
    """What one prediction is worth.

    entity_exact: share of gold entities found with the same boundaries and label (strict recall).
    exact_match_jaccard: TP / (TP + FP + FN). sentence_exact: share of sentences with the same entities;
    sentence_exact_with_gold: the same among sentences that have gold entities.
    error_types: correct, incorrect, partial, missed and spurious entities in each of the four SemEval 2013
        readings: strict, exact (span only), partial (any overlap), ent_type (overlap and label).
    """

    n_sentences: int
    strict: LabelScore
    default: LabelScore
    per_label: dict[str, LabelScore]
    entity_exact: float
    exact_match_jaccard: float
    sentence_exact: float
    sentence_exact_with_gold: float
    error_types: dict[str, dict[str, int]]
    strict_f1_interval: Interval
    ceilings: Ceilings | None = None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def score_tags(
    gold: Sequence[Tags],
    predicted: Sequence[Tags],
    *,
    ignore: Collection[str] = (),
    source: Sequence[Tags] | None = None,
    n_bootstrap: int = N_BOOTSTRAP,
    seed: int = 0,
) -> Scores:
    """Score `predicted` against `gold`.

    ignore: labels that count as outside on both sides. source: the source side's tags, for the ceilings.
    Raises ValueError naming the first sentence whose number of tags differs.
    """
    check_same_lengths(gold, predicted)
    gold = [without_labels(tags, ignore) for tags in gold]
    predicted = [without_labels(tags, ignore) for tags in predicted]
    counts = sentence_counts(gold, predicted)
    true_positive, false_positive, false_negative = (int(count) for count in counts.sum(axis=0))
    with_gold = counts[:, 0] + counts[:, 2] > 0
    exact = (counts[:, 1] == 0) & (counts[:, 2] == 0)
    strict, per_label = _seqeval(gold, predicted, strict=True)
    default, _ = _seqeval(gold, predicted, strict=False)
    return Scores(
        n_sentences=len(gold),
        strict=strict,
        default=default,
        per_label=per_label,
        entity_exact=_share(true_positive, true_positive + false_negative),
        exact_match_jaccard=_share(true_positive, true_positive + false_positive + false_negative),
        sentence_exact=float(exact.mean()) if len(exact) else 0.0,
        sentence_exact_with_gold=float(exact[with_gold].mean()) if with_gold.any() else 0.0,
        error_types=count_error_types(
            [entity_set(tags) for tags in gold], [entity_set(tags) for tags in predicted]
        ),
        strict_f1_interval=bootstrap_f1(counts, n_bootstrap=n_bootstrap, seed=seed),
        ceilings=None if source is None else find_ceilings(source, gold, ignore=ignore),
    )


def sentence_counts(gold: Sequence[Tags], predicted: Sequence[Tags]) -> NDArray[np.int64]:
    """(sentences, 3) strict true positives, false positives, false negatives."""
    rows = []
    for gold_tags, predicted_tags in zip(gold, predicted, strict=True):
        wanted, found = entity_set(gold_tags), entity_set(predicted_tags)
        both = len(wanted & found)
        rows.append((both, len(found) - both, len(wanted) - both))
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def bootstrap_f1(counts: NDArray[np.int64], *, n_bootstrap: int = N_BOOTSTRAP, seed: int = 0) -> Interval:
    """F1 of the counts with its percentile interval over resampled sentences."""
    samples = resample(counts, n_bootstrap, seed)
    return interval_of(_f1_of(counts.sum(axis=0)[None])[0], _f1_of(samples))


def bootstrap_difference(
    counts: NDArray[np.int64],
    baseline: NDArray[np.int64],
    *,
    n_bootstrap: int = N_BOOTSTRAP,
    seed: int = 0,
) -> tuple[Interval, float]:
    """Paired bootstrap: F1 minus the baseline's F1 on the same resampled sentences.

    Also the share of samples in which the baseline is at least as good (a one-sided p-value).
    """
    if len(counts) != len(baseline):
        raise ValueError(f"{len(counts)} sentences against {len(baseline)} of the baseline")
    samples = resample(np.hstack([counts, baseline]), n_bootstrap, seed)
    differences = _f1_of(samples[:, :3]) - _f1_of(samples[:, 3:])
    value = _f1_of(counts.sum(axis=0)[None])[0] - _f1_of(baseline.sum(axis=0)[None])[0]
    worse = float((differences <= 0).mean()) if len(differences) else 1.0
    return interval_of(value, differences), worse


def find_ceilings(source: Sequence[Tags], gold: Sequence[Tags], *, ignore: Collection[str] = ()) -> Ceilings:
    """Bounds from the label counts of each sentence: no projection can pass what the source offers."""
    if len(source) != len(gold):
        raise ValueError(f"{len(source)} source sentences against {len(gold)} gold ones")
    possible = offered = wanted = 0
    for source_tags, gold_tags in zip(source, gold, strict=True):
        have = Counter(e.label for e in tags_to_entities(without_labels(source_tags, ignore), lenient=True))
        need = Counter(e.label for e in tags_to_entities(without_labels(gold_tags, ignore), lenient=True))
        possible += sum((have & need).values())
        offered += sum(have.values())
        wanted += sum(need.values())
    return Ceilings(_label_score(possible, offered, wanted), _label_score(possible, possible, wanted))


def check_same_lengths(gold: Sequence[Tags], predicted: Sequence[Tags]) -> None:
    if len(gold) != len(predicted):
        raise ValueError(f"{len(gold)} gold sentences against {len(predicted)} predicted ones")
    for number, (one, other) in enumerate(zip(gold, predicted, strict=True)):
        if len(one) != len(other):
            raise ValueError(f"sentence {number}: {len(one)} gold tags against {len(other)} predicted ones")


def without_labels(tags: Tags, ignore: Collection[str]) -> list[str]:
    """The tags with every label of `ignore` made outside."""
    return [OUTSIDE if tag.partition("-")[2] in ignore else tag for tag in tags]


def _seqeval(
    gold: Sequence[Tags], predicted: Sequence[Tags], *, strict: bool
) -> tuple[LabelScore, dict[str, LabelScore]]:
    from seqeval.metrics import classification_report
    from seqeval.scheme import IOB2

    if not any(tag != OUTSIDE for tags in (*gold, *predicted) for tag in tags):
        return LabelScore(0.0, 0.0, 0.0, 0), {}
    options: dict[str, Any] = {"mode": "strict", "scheme": IOB2} if strict else {}
    report = classification_report(
        [list(tags) for tags in gold],
        [list(tags) for tags in predicted],
        output_dict=True,
        zero_division=0,
        **options,
    )
    per_label = {
        label: LabelScore(
            float(row["precision"]), float(row["recall"]), float(row["f1-score"]), int(row["support"])
        )
        for label, row in report.items()
    }
    overall = per_label.pop("micro avg")
    return overall, {label: row for label, row in per_label.items() if not label.endswith(" avg")}


def entity_set(tags: Tags) -> set[tuple[int, int, str]]:
    """Well-formed IOB2 entities: an inside tag that continues nothing is no entity (seqeval, strict)."""
    kept, open_label = [], ""
    for tag in tags:
        prefix, _, label = tag.partition("-")
        open_label = label if prefix == "B" or (prefix == "I" and label == open_label) else ""
        kept.append(tag if open_label else OUTSIDE)
    return {(entity.start, entity.end, entity.label) for entity in tags_to_entities(kept)}


def _label_score(true_positive: int, n_predicted: int, n_gold: int) -> LabelScore:
    precision, recall = _share(true_positive, n_predicted), _share(true_positive, n_gold)
    return LabelScore(precision, recall, _share(2 * true_positive, n_predicted + n_gold), n_gold)


def resample(counts: NDArray[np.int64], n_bootstrap: int, seed: int) -> NDArray[np.int64]:
    """(n_bootstrap, columns) totals of resampled sentences; those with equal counts are drawn together."""
    if not len(counts):
        return np.zeros((0, counts.shape[1]), dtype=np.int64)
    kinds, sizes = np.unique(counts, axis=0, return_counts=True)
    draws = np.random.default_rng(seed).multinomial(len(counts), sizes / len(counts), size=n_bootstrap)
    return np.asarray(draws @ kinds, dtype=np.int64)


def _f1_of(totals: NDArray[np.int64]) -> NDArray[np.float64]:
    true_positive, false_positive, false_negative = totals.T
    size = 2 * true_positive + false_positive + false_negative
    f1: NDArray[np.float64] = np.divide(2 * true_positive, size, out=np.zeros(len(totals)), where=size > 0)
    return f1


def interval_of(value: float, samples: NDArray[np.float64]) -> Interval:
    """The value with its 95 % percentile interval; without samples the value alone."""
    if not len(samples):
        return Interval(float(value), float(value), float(value))
    low, high = np.quantile(samples, [0.025, 0.975])
    return Interval(float(value), float(low), float(high))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0

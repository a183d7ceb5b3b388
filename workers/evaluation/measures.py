"""How exact a prediction is, in several measures, with bootstrap intervals over sentences."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workers.evaluate import Interval, interval_of, resample

Counts = NDArray[np.int64]  # (sentences, 3), see `sentence_counts`
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Difference:
    """A measure minus that of the baseline, with its 95 % interval.

    p_value: the share of resamples in which the baseline is at least as good (one-sided).
    """

    value: float
    low: float
    high: float
    p_value: float


def measure_all(counts: Counts, *, n_bootstrap: int, seed: int) -> dict[str, Interval]:
    """MEASURES, in [0, 1], but for those of sentences with or without gold where there are none."""
    own = _with_sentences(counts)
    samples = resample(np.hstack([counts, own]), n_bootstrap, seed)[:, 3:]
    totals = own.sum(axis=0)[None]
    return {
        name: interval_of(measure(totals)[0], measure(samples)) for name, measure in _defined(own).items()
    }


def measure_differences(
    counts: Counts, baseline: Counts, *, n_bootstrap: int, seed: int
) -> dict[str, Difference]:
    """What `measure_all` has minus that of a baseline, on the same resampled sentences (paired bootstrap).

    Raises ValueError when the numbers of sentences differ.
    """
    if len(counts) != len(baseline):
        raise ValueError(f"{len(counts)} sentences against {len(baseline)} of the baseline")
    own, other = _with_sentences(counts), _with_sentences(baseline)
    width = own.shape[1]
    samples = resample(np.hstack([counts, baseline, own, other]), n_bootstrap, seed)[:, 6:]
    differences = {}
    for name, measure in _defined(own).items():
        value = measure(own.sum(axis=0)[None])[0] - measure(other.sum(axis=0)[None])[0]
        gains = measure(samples[:, :width]) - measure(samples[:, width:])
        found = interval_of(value, gains)
        worse = float((gains <= 0).mean()) if len(gains) else 1.0
        differences[name] = Difference(found.value, found.low, found.high, worse)
    return differences


def _with_sentences(counts: Counts) -> Counts:
    """(sentences, 7): the counts, then 1 for a sentence that is exact, has gold, is exact and has gold, and
    for every sentence. All follow from the counts, so that resamples are those of the counts alone."""
    has_gold = counts[:, 0] + counts[:, 2] > 0
    is_exact = (counts[:, 1] == 0) & (counts[:, 2] == 0)
    columns = [is_exact, has_gold, is_exact & has_gold, np.ones(len(counts), dtype=bool)]
    return np.hstack([counts, np.stack(columns, axis=1).astype(np.int64)])


def _ratio(part: NDArray[np.int64], whole: NDArray[np.int64]) -> Values:
    values: Values = np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
    return values


MEASURES: dict[str, Callable[[NDArray[np.int64]], Values]] = {
    "strict_f1": lambda t: _ratio(2 * t[:, 0], 2 * t[:, 0] + t[:, 1] + t[:, 2]),
    "exact_match_jaccard": lambda t: _ratio(t[:, 0], t[:, 0] + t[:, 1] + t[:, 2]),
    "entity_exact": lambda t: _ratio(t[:, 0], t[:, 0] + t[:, 2]),
    "sentence_exact": lambda t: _ratio(t[:, 3], t[:, 6]),
    "sentence_exact_with_gold": lambda t: _ratio(t[:, 5], t[:, 4]),
    "sentence_exact_without_gold": lambda t: _ratio(t[:, 3] - t[:, 5], t[:, 6] - t[:, 4]),
}


def _defined(own: Counts) -> dict[str, Callable[[NDArray[np.int64]], Values]]:
    """The measures that these sentences can have."""
    n_with_gold = int(own[:, 4].sum())
    without = {"sentence_exact_with_gold"} if not n_with_gold else set()
    without |= {"sentence_exact_without_gold"} if n_with_gold == len(own) else set()
    return {name: measure for name, measure in MEASURES.items() if name not in without}

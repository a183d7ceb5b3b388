"""Whether confidences can be trusted: calibration, and whether the unsure decisions are the wrong ones."""

import math
from collections.abc import Sequence

import numpy as np


def expected_calibration_error(
    confidence: Sequence[float], correct: Sequence[bool], *, n_bins: int = 10
) -> float:
    """Mean gap between confidence and accuracy over bins, weighted by their size (Guo et al., 2017).

    The bins are quantiles, so that none is nearly empty.
    """
    order = np.argsort(np.asarray(confidence, dtype=np.float64), kind="stable")
    sure, right = (
        np.asarray(confidence, dtype=np.float64)[order],
        np.asarray(correct, dtype=np.float64)[order],
    )
    gaps = [
        abs(float(a.mean() - b.mean())) * len(a)
        for a, b in zip(np.array_split(sure, n_bins), np.array_split(right, n_bins), strict=True)
        if len(a)
    ]
    return sum(gaps) / len(sure) if len(sure) else 0.0


def errors_among_least_confident(
    confidence: Sequence[float], correct: Sequence[bool], *, share: float = 0.2
) -> float:
    """Share of all errors found among the `share` least confident decisions; 1.0 when there are none."""
    order = np.argsort(np.asarray(confidence, dtype=np.float64), kind="stable")
    wrong = ~np.asarray(correct, dtype=bool)[order]
    first = int(np.ceil(share * len(wrong)))
    return float(wrong[:first].sum() / wrong.sum()) if wrong.any() else 1.0


def best_share_of_errors(correct: Sequence[bool], *, share: float = 0.2) -> float:
    """The most that `errors_among_least_confident` can be: everything looked at is wrong."""
    n_wrong = sum(not right for right in correct)
    return min(1.0, math.ceil(share * len(correct)) / n_wrong) if n_wrong else 1.0

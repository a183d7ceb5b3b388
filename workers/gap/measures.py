"""Exact match and what is made of it: gaps, robustness, difference in differences, areas, with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workers.evaluate import Interval

Counts = NDArray[np.int64]  # (sentences, 3): true positives, false positives, false negatives
Samples = NDArray[np.float64]  # (1 + n_bootstrap,): the value itself, then that of every resample


@dataclass(frozen=True, slots=True)
class Resampler:
    """The same resamples of a domain's sentences for every system and noise, so that differences are paired.

    weights: (1 + n_bootstrap, sentences), how often each sentence is drawn; the first row takes each once.
    """

    weights: NDArray[np.int64]

    def jaccard(self, counts: Counts) -> Samples:
        """Exact-match Jaccard TP / (TP + FP + FN), in [0, 1]; 1 where there is nothing to find or found."""
        totals = self.weights @ counts
        size = totals.sum(axis=1)
        values: Samples = np.divide(totals[:, 0], size, out=np.ones(len(totals)), where=size > 0)
        return values


def make_resampler(n_sentences: int, *, n_bootstrap: int, seed: int) -> Resampler:
    """Raises ValueError when there is no sentence to draw."""
    if not n_sentences:
        raise ValueError("there are no sentences to resample")
    chances = np.full(n_sentences, 1 / n_sentences)
    draws = np.random.default_rng(seed).multinomial(n_sentences, chances, size=n_bootstrap)
    return Resampler(np.vstack([np.ones(n_sentences, dtype=np.int64), draws]))


def robustness(noisy: Samples, clean: Samples) -> Samples:
    """EM(noisy) / EM(clean); 1 where the clean text has no match to lose."""
    kept: Samples = np.divide(noisy, clean, out=np.ones(len(noisy)), where=clean > 0)
    return kept


def difference_in_differences(
    specific_noisy: Samples, specific_clean: Samples, general_noisy: Samples, general_clean: Samples
) -> Samples:
    """[EM_D(noisy) - EM_D(clean)] - [EM_G(noisy) - EM_G(clean)]: what domain data is worth under noise,
    beyond what it is worth without; positive when the domain-specific system loses less."""
    return (specific_noisy - specific_clean) - (general_noisy - general_clean)


def area_under_severity(severities: Sequence[float], values: Sequence[Samples]) -> Samples:
    """Mean EM over the severities, by trapezia; severities ascend from 0.

    It equals EM(clean) where noise does no harm.
    """
    if len(severities) != len(values) or list(severities) != sorted(set(severities)):
        raise ValueError(f"severities {list(severities)} must ascend, one for each of {len(values)} values")
    if len(severities) == 1:
        return values[0]
    widths = np.diff(np.asarray(severities, dtype=np.float64))
    stacked = np.stack(values)  # (severities, samples)
    area = ((stacked[1:] + stacked[:-1]) / 2 * widths[:, None]).sum(axis=0) / widths.sum()
    return np.asarray(area, dtype=np.float64)


def interval(samples: Samples) -> Interval:
    """The value with its 95 % percentile interval."""
    if len(samples) == 1:
        return Interval(float(samples[0]), float(samples[0]), float(samples[0]))
    low, high = np.quantile(samples[1:], [0.025, 0.975])
    return Interval(float(samples[0]), float(low), float(high))

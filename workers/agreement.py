"""Chance-corrected agreement between people, from arrays of nominal codes or counts.

Cohen's kappa comes from scikit-learn, Fleiss' from torchmetrics, Krippendorff's alpha from `krippendorff`.
All are at most 1 (perfect); 0 is what chance gives. None means undefined: everybody chose the same code.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]  # (units, codes): how many people gave the unit the code


def cohen_kappa(
    first: Sequence[int] | NDArray[np.int64], second: Sequence[int] | NDArray[np.int64]
) -> float | None:
    """Kappa of two people over the same units. Raises ValueError when the lengths differ.

    Source: Cohen (1960).
    """
    from sklearn.metrics import cohen_kappa_score

    if len(first) != len(second):
        raise ValueError(f"{len(first)} codes beside {len(second)}")
    if len(np.unique(np.concatenate([np.asarray(first), np.asarray(second)]))) < 2:
        return None
    return float(cohen_kappa_score(first, second))


def fleiss_kappa(counts: Counts) -> float | None:
    """Kappa of n people over units that all have n codes. Raises ValueError when units differ in number.

    Source: Fleiss (1971).
    """
    import torch
    from torchmetrics.functional.nominal import fleiss_kappa as kappa

    if len(counts) == 0 or (counts.sum(axis=0) > 0).sum() < 2:
        return None
    if len(np.unique(counts.sum(axis=1))) != 1:
        raise ValueError("every unit needs the same number of codes")
    value = float(kappa(torch.from_numpy(counts), mode="counts"))
    return None if math.isnan(value) else value


def krippendorff_alpha(counts: Counts) -> float | None:
    """Nominal alpha over units with any number of codes; a unit with fewer than two says nothing.

    Source: Krippendorff (2011), computing from value counts.
    """
    import krippendorff

    paired = counts[counts.sum(axis=1) > 1]
    if (paired.sum(axis=0) > 0).sum() < 2:
        return None
    return float(krippendorff.alpha(value_counts=paired, level_of_measurement="nominal"))

"""Agreement between people, against figures that were computed by hand or published."""

import numpy as np
import pytest

from workers.agreement import cohen_kappa, fleiss_kappa, krippendorff_alpha

# Fleiss (1971) as worked through in textbooks: 14 raters, 10 subjects, 5 categories, kappa 0.210.
TEXTBOOK = np.array(
    [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ]
)


def test_cohen_by_hand() -> None:
    # 20 of 30 agree; chance is (15 * 12 + 15 * 18) / 900 = 1/2.
    first = [1] * 15 + [0] * 15
    second = [1] * 8 + [0] * 7 + [1] * 4 + [0] * 11
    agree = (8 + 11) / 30
    assert cohen_kappa(first, second) == pytest.approx((agree - 0.5) / 0.5)


def test_fleiss_as_published() -> None:
    assert fleiss_kappa(TEXTBOOK) == pytest.approx(0.210, abs=0.001)


def test_alpha_by_hand() -> None:
    # Two people, four units, one disagreement: Do = 2/8, De = 2 * 3 * 5 / (8 * 7).
    counts = np.array([[2, 0], [0, 2], [0, 2], [1, 1]])
    assert krippendorff_alpha(counts) == pytest.approx(1 - (2 / 8) / (2 * 3 * 5 / 56))


def test_units_with_one_code_say_nothing_to_alpha() -> None:
    counts = np.array([[2, 0], [0, 2], [1, 1]])
    alone = np.vstack([counts, [[1, 0], [0, 1]]])
    assert krippendorff_alpha(alone) == krippendorff_alpha(counts)


def test_one_code_for_everything_is_undefined() -> None:
    assert cohen_kappa([0, 0], [0, 0]) is None
    assert fleiss_kappa(np.array([[2, 0], [2, 0]])) is None
    assert krippendorff_alpha(np.array([[2, 0], [2, 0]])) is None
    assert krippendorff_alpha(np.zeros((0, 3), dtype=np.int64)) is None


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(ValueError, match="2 codes beside 1"):
        cohen_kappa([0, 1], [0])
    with pytest.raises(ValueError, match="same number"):
        fleiss_kappa(np.array([[2, 0], [1, 2]]))

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics import f1_score
from seqeval.scheme import IOB2

from workers.calibration import (
    best_share_of_errors,
    errors_among_least_confident,
    expected_calibration_error,
)
from workers.evaluate import (
    bootstrap_difference,
    bootstrap_f1,
    find_ceilings,
    score_tags,
    sentence_counts,
)

GOLD = [["B-PER", "I-PER", "O", "B-LOC"], ["O", "B-ORG", "O", "O"], ["B-PER", "O", "O", "B-LOC"], ["O"]]
PREDICTED = [
    ["B-PER", "I-PER", "O", "B-ORG"],
    ["B-ORG", "I-ORG", "O", "O"],
    ["O", "O", "B-PER", "B-LOC"],
    ["O"],
]

tags = st.lists(st.sampled_from(["O", "B-A", "I-A", "B-B", "I-B"]), min_size=4, max_size=4)


def test_the_scores_of_a_small_example():
    scores = score_tags(GOLD, PREDICTED)
    assert (scores.strict.precision, scores.strict.recall, scores.strict.support) == (0.4, 0.4, 5)
    assert scores.entity_exact == 0.4
    assert scores.exact_match_jaccard == pytest.approx(2 / 8)
    assert scores.sentence_exact == 0.25
    assert scores.sentence_exact_with_gold == 0
    assert scores.per_label["LOC"].recall == 0.5
    assert scores.error_types["strict"] == {
        "correct": 2,
        "incorrect": 2,
        "partial": 0,
        "missed": 1,
        "spurious": 1,
    }
    assert scores.error_types["exact"]["correct"] == 3
    assert scores.error_types["ent_type"]["correct"] == 3


def test_strict_and_default_differ_on_orphan_tags():
    scores = score_tags([["O", "B-PER"]], [["O", "I-PER"]])
    assert scores.strict.f1 == 0
    assert scores.default.f1 == 1


@given(gold=st.lists(tags, min_size=1, max_size=5), predicted=st.lists(tags, min_size=5, max_size=5))
def test_the_counts_are_seqevals_strict_counts(gold, predicted):
    predicted = predicted[: len(gold)]
    hits, spurious, missed = sentence_counts(gold, predicted).sum(axis=0)
    expected = f1_score(gold, predicted, mode="strict", scheme=IOB2, zero_division=0)
    assert 2 * hits / max(2 * hits + spurious + missed, 1) == pytest.approx(expected)


def test_ignored_labels_count_on_neither_side():
    scores = score_tags([["B-DATE", "B-PER"]], [["O", "B-PER"]], ignore=["DATE"])
    assert scores.strict.f1 == 1
    assert scores.strict.support == 1


def test_nothing_to_score_is_zero_not_an_error():
    scores = score_tags([["O", "O"]], [["O", "O"]])
    assert scores.strict.f1 == 0
    assert scores.sentence_exact == 1
    assert score_tags([], []).n_sentences == 0


def test_the_ceilings_come_from_label_counts():
    ceilings = find_ceilings([["B-PER", "B-PER", "B-LOC"]], [["O", "B-PER", "B-ORG"]])
    assert ceilings.project_everything.precision == pytest.approx(1 / 3)
    assert ceilings.project_everything.recall == 0.5
    assert ceilings.perfect_suppression.f1 == pytest.approx(2 * 0.5 / 1.5)


@pytest.mark.parametrize(
    ("gold", "predicted", "message"),
    [
        ([["O"]], [], "1 gold sentences against 0"),
        ([["O"], ["O"]], [["O"], ["O", "O"]], "sentence 1: 1 gold tags"),
    ],
)
def test_it_names_unequal_lengths(gold, predicted, message):
    with pytest.raises(ValueError, match=message):
        score_tags(gold, predicted)


def test_the_bootstrap_interval_holds_the_value_and_is_repeatable():
    counts = np.array([[1, 0, 0]] * 80 + [[0, 1, 1]] * 20)
    interval = bootstrap_f1(counts, n_bootstrap=2000, seed=3)
    assert interval.value == pytest.approx(0.8)
    assert interval.low < 0.8 < interval.high
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * np.sqrt(0.16 / 100), rel=0.15)
    assert interval == bootstrap_f1(counts, n_bootstrap=2000, seed=3)


def test_the_paired_bootstrap_sees_a_consistent_gain():
    better = np.array([[1, 0, 0]] * 90 + [[0, 1, 1]] * 10)
    worse = np.array([[1, 0, 0]] * 80 + [[0, 1, 1]] * 20)
    gain, p_value = bootstrap_difference(better, worse, n_bootstrap=2000)
    assert gain.value == pytest.approx(0.1)
    assert gain.low > 0
    assert p_value < 0.01
    same, p_value = bootstrap_difference(worse, worse, n_bootstrap=100)
    assert (same.low, same.high, p_value) == (0, 0, 1)


def test_calibration_measures():
    assert expected_calibration_error([0.5] * 4, [True, False, True, False], n_bins=1) == 0
    assert expected_calibration_error([1.0] * 4, [True, False, True, False], n_bins=1) == 0.5
    assert errors_among_least_confident([0.1, 0.9, 0.8, 0.7, 0.6], [False, True, True, True, True]) == 1
    assert errors_among_least_confident([0.1, 0.9, 0.8, 0.7, 0.6], [True, True, False, True, True]) == 0
    assert best_share_of_errors([False, False, True, True, True]) == 0.5  # one decision looked at, two wrong
    assert best_share_of_errors([False, True, True, True, True]) == best_share_of_errors([True]) == 1

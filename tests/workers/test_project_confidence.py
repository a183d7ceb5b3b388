import json
from dataclasses import replace

import numpy as np
import pytest

from tests.workers.small_pairs import ADA
from workers.project import get_projector
from workers.project.confidence import ReviewedProjection, fit_recalibration
from workers.spans import Span


def make_reviews(n, seed=0):
    """Reviews of an engine that always says 0.9 and is right when its margin is high."""
    rng = np.random.default_rng(seed)
    margins = rng.random(n) * 8
    right = rng.random(n) < 1 / (1 + np.exp(-(margins - 3)))
    return [
        ReviewedProjection(0.9, float(margin), 2, 2, 0.95, bool(ok))
        for margin, ok in zip(margins, right, strict=True)
    ]


def test_reviews_lower_the_calibration_error():
    fitted = fit_recalibration(make_reviews(600))
    assert fitted.n_reviews == 600
    assert fitted.error_before > 0.15
    assert fitted.error_after < 0.06
    assert json.loads(json.dumps(fitted.values)) == fitted.values


def test_the_fitted_values_change_confidences_and_nothing_else():
    values = fit_recalibration(make_reviews(600)).values
    plain = get_projector("ngram-candidates").project([ADA])[0]
    corrected = get_projector("ngram-candidates", recalibration=values).project([ADA])[0]
    assert [p.confidence for p in plain] != [p.confidence for p in corrected]
    assert all(0 <= p.confidence <= 1 for p in corrected)
    same = [replace(p, confidence=0) for p in plain]
    assert [replace(p, confidence=0) for p in corrected] == same


def test_a_pin_stays_certain():
    values = fit_recalibration(make_reviews(600)).values
    pinned = replace(ADA, pins={0: Span(4, 5)})
    assert get_projector("soft", recalibration=values).project([pinned])[0][0].confidence == 1


def test_the_signature_says_so_and_learning_still_works():
    values = fit_recalibration(make_reviews(600)).values
    soft = get_projector("soft", recalibration=values)
    assert soft.signature.startswith(f"{get_projector('soft').signature}|recalibrated:600:")
    other = get_projector("soft", recalibration=fit_recalibration(make_reviews(600)[:-1]).values)
    assert other.signature != soft.signature
    assert soft.learn([ADA])["sentences"] == 1
    assert not hasattr(get_projector("word-to-word", recalibration=values), "learn")


@pytest.mark.parametrize("reviews", [make_reviews(30), [r for r in make_reviews(300) if r.right], []])
def test_too_few_reviews_are_refused_with_the_numbers(reviews):
    with pytest.raises(
        ValueError, match=rf"{sum(r.right for r in reviews)} right and .* it takes 60 reviews"
    ):
        fit_recalibration(reviews)

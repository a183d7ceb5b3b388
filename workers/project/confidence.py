"""How likely a decision is right: a small model over the engine's own evidence, refitted from reviews.

Two models. `evidence_confidence` serves the methods that know links alone; its weights ship with the engine
and are made by tests/benchmarks/tune_confidence.py. A project's reviews make a second one, `Recalibration`,
which corrects any method's confidence from what a stored projection still tells.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workers.project import Projection, ProjectionInput, Projector
from workers.project.batch import FlatBatch, Floats
from workers.project.evidence import Evidence
from workers.project.ranker import Classifier, classifier_from, load_weights, sigmoid

EVIDENCE_NAMES = (
    "source-share", "target-share", "coverage", "outside-share", "hull-share", "link-score", "margin",
    "log-length-ratio", "words", "collided", "tagger", "tagger-log-odds", "by-person",
)  # fmt: skip
RECALIBRATION_NAMES = ("log-odds", "projected", "margin", "log-length-ratio", "tagger", "by-person")
MIN_REVIEWS = 60
MIN_OF_EACH = 10
FOLDS = 5


@dataclass(frozen=True, slots=True)
class ReviewedProjection:
    """A projection as it was stored, and whether the reviewers left it as it was.

    n_source, n_target: words of the entity and of its span, 0 for an entity that found none.
    """

    confidence: float
    margin: float
    n_source: int
    n_target: int
    tagger_score: float
    right: bool


@dataclass(frozen=True, slots=True)
class FittedConfidence:
    """values: JSON-able weights for the option `recalibration` of any method.

    error_before, error_after: expected calibration error on reviews that the fit did not see.
    """

    values: dict[str, Any]
    n_reviews: int
    error_before: float
    error_after: float


class Recalibrated:
    """A projector whose confidences a project's reviews have corrected."""

    def __init__(self, projector: Projector, values: Mapping[str, Any]) -> None:
        self.projector = projector
        self.model = classifier_from(values)
        self.n_reviews = int(values.get("reviews", 0))
        self.digest = sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:8]
        self.name = projector.name

    @property
    def signature(self) -> str:
        return f"{self.projector.signature}|recalibrated:{self.n_reviews}:{self.digest}"

    def project(self, batch: Sequence[ProjectionInput]) -> list[list[Projection]]:
        return [
            recalibrate(projections, self.model, item.pins)
            for projections, item in zip(self.projector.project(batch), batch, strict=True)
        ]


class RecalibratedLearner(Recalibrated):
    """The same around a projector that learns from unlabelled pairs."""

    def learn(self, batch: Sequence[ProjectionInput]) -> dict[str, Any]:
        learnt: dict[str, Any] = self.projector.learn(batch)  # type: ignore[attr-defined]
        return learnt


def recalibrate(
    projections: Sequence[Projection], model: Classifier, pins: Mapping[int, Any]
) -> list[Projection]:
    """The projections with corrected confidences; pinned ones keep theirs."""
    if not projections:
        return []
    rows = [
        ReviewedProjection(
            p.confidence, p.margin, len(p.entity.span), len(p.span) if p.span else 0, p.entity.score, False
        )
        for p in projections
    ]
    confidences = corrected_confidences(rows, model)
    return [
        projection if index in pins else replace(projection, confidence=confidence)
        for index, (projection, confidence) in enumerate(zip(projections, confidences, strict=True))
    ]


def corrected_confidences(rows: Sequence[ReviewedProjection], model: Classifier) -> list[float]:
    """What a classifier that `fit_recalibration` fitted makes of each row's confidence."""
    corrected: list[float] = sigmoid(
        model.log_odds(_recalibration_features(rows), RECALIBRATION_NAMES)
    ).tolist()
    return corrected


def without_recalibration(row: ReviewedProjection, values: Mapping[str, Any]) -> ReviewedProjection | None:
    """The projection as it was before `values` corrected its confidence, so that a refit starts afresh.

    None when the correction hardly looked at the confidence, and so cannot be taken back.
    """
    model = classifier_from(values)
    slope = float(model.log_odds(_with_log_odds(row, 1.0), RECALIBRATION_NAMES)[0])
    at_zero = float(model.log_odds(_with_log_odds(row, 0.0), RECALIBRATION_NAMES)[0])
    slope -= at_zero
    if abs(slope) < 0.1:
        return None
    corrected = float(np.clip(row.confidence, 0.005, 0.995))
    log_odds = (np.log(corrected / (1 - corrected)) - at_zero) / slope
    return replace(row, confidence=float(sigmoid(np.array([log_odds]))[0]))


def _with_log_odds(row: ReviewedProjection, log_odds: float) -> Floats:
    features = _recalibration_features([row])
    features[:, RECALIBRATION_NAMES.index("log-odds")] = log_odds
    return features


def fit_recalibration(rows: Sequence[ReviewedProjection]) -> FittedConfidence:
    """Logistic regression from stored projections to review outcomes.

    Raises ValueError saying how many reviews there are and how many it takes.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    from workers.calibration import expected_calibration_error

    right = np.array([row.right for row in rows], dtype=bool)
    n_right, n_wrong = int(right.sum()), int((~right).sum())
    if len(rows) < MIN_REVIEWS or min(n_right, n_wrong) < MIN_OF_EACH:
        raise ValueError(
            f"{n_right} right and {n_wrong} wrong projections were reviewed; "
            f"it takes {MIN_REVIEWS} reviews with {MIN_OF_EACH} of each kind"
        )
    features = _recalibration_features(rows)
    mean, scale = features.mean(axis=0), np.maximum(features.std(axis=0), 0.02)
    standard = (features - mean) / scale
    model = LogisticRegression(C=0.5, max_iter=2000)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    unseen = cross_val_predict(model, standard, right, cv=folds, method="predict_proba")[:, 1]
    model.fit(standard, right)
    values = {
        "features": list(RECALIBRATION_NAMES),
        "mean": mean.tolist(),
        "scale": scale.tolist(),
        "weights": model.coef_[0].tolist(),
        "bias": float(model.intercept_[0]),
        "reviews": len(rows),
    }
    before = expected_calibration_error([row.confidence for row in rows], right.tolist())
    after = expected_calibration_error(unseen.tolist(), right.tolist())
    return FittedConfidence(values, len(rows), before, after)


def evidence_confidence(
    flat: FlatBatch, evidence: Evidence, margin: Floats, collided: NDArray[np.bool_]
) -> Floats:
    """(entities,) probability that the span, or its absence, is right; margin: see `evidence_features`."""
    features = evidence_features(flat, evidence, margin, collided)
    weights = load_weights("confidence")
    has_span = evidence.length_ratio > 0
    projected = classifier_from(weights["projected"]).log_odds(features, EVIDENCE_NAMES)
    missing = classifier_from(weights["missing"]).log_odds(features, EVIDENCE_NAMES)
    return sigmoid(np.where(has_span, projected, missing))


def evidence_features(
    flat: FlatBatch, evidence: Evidence, margin: Floats, collided: NDArray[np.bool_]
) -> Floats:
    """(entities, EVIDENCE_NAMES). margin: score lost with the second best answer, inf for none."""
    tagger = flat.tagger_score
    ratio = np.where(evidence.length_ratio > 0, evidence.length_ratio, 1.0)
    columns = [
        evidence.source_share,
        evidence.target_share,
        evidence.coverage,
        evidence.outside_share,
        evidence.hull_share,
        evidence.link_score,
        np.minimum(margin, 2.0),
        np.abs(np.log(ratio)),
        np.log(flat.length),
        collided,
        tagger,
        np.log((tagger + 0.02) / (1.02 - tagger)),
        tagger >= 1.0,
    ]
    return np.stack([np.asarray(column, dtype=np.float64) for column in columns], axis=1)


def _recalibration_features(rows: Sequence[ReviewedProjection]) -> Floats:
    confidence = np.clip([row.confidence for row in rows], 0.005, 0.995)
    n_source = np.array([max(row.n_source, 1) for row in rows], dtype=np.float64)
    n_target = np.array([row.n_target for row in rows], dtype=np.float64)
    projected = n_target > 0
    tagger = np.array([row.tagger_score for row in rows], dtype=np.float64)
    columns = [
        np.log(confidence / (1 - confidence)),
        projected,
        np.tanh(np.array([row.margin for row in rows], dtype=np.float64) / 4),
        np.abs(np.log(np.where(projected, n_target, n_source) / n_source)),
        tagger,
        tagger >= 1.0,
    ]
    return np.stack([np.asarray(column, dtype=np.float64) for column in columns], axis=1)

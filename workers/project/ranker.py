"""Fitted weights as plain JSON, and the two small functions that they are used with.

A ranker is a linear score plus one hidden layer of tanh units over standardised features; a classifier is a
logistic regression over standardised features. Both are fitted by tests/benchmarks/tune_soft.py.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workers.project.batch import Floats
from workers.project.posterior import Matrix

WEIGHTS = Path(__file__).parent / "weights"


@dataclass(frozen=True, slots=True)
class Ranker:
    """features: the names that the columns must have. mean, scale, linear: (features,).
    hidden: (features, units), bias and out: (units,)."""

    features: tuple[str, ...]
    mean: Matrix
    scale: Matrix
    linear: Matrix
    hidden: Matrix
    bias: Matrix
    out: Matrix

    def score(self, rows: Matrix, names: Sequence[str]) -> Floats:
        """(rows,) any real number, higher is better. Raises ValueError when the columns are others."""
        _check_names(self.features, names)
        weights = np.concatenate([self.hidden, self.linear[:, None]], axis=1) / self.scale[:, None]
        projected = rows @ weights
        projected -= self.mean @ weights
        units = np.tanh(projected[:, :-1] + self.bias)
        return np.asarray(projected[:, -1] + units @ self.out, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Classifier:
    """features: the names that the columns must have. mean, scale, weights: (features,)."""

    features: tuple[str, ...]
    mean: Floats
    scale: Floats
    weights: Floats
    bias: float

    def log_odds(self, rows: Floats, names: Sequence[str]) -> Floats:
        """(rows,) log odds of yes. Raises ValueError when the columns are others."""
        _check_names(self.features, names)
        return np.asarray((rows - self.mean) / self.scale @ self.weights + self.bias)


@dataclass(frozen=True, slots=True)
class Decider:
    """Two classifiers over the same columns: for entities with a tagger's score, and for those without."""

    scored: Classifier
    unscored: Classifier

    def log_odds(self, rows: Floats, names: Sequence[str], scored: NDArray[np.bool_]) -> Floats:
        """(rows,) log odds of yes; scored: (rows,) whether a tagger told how sure it was."""
        with_score, without = self.scored.log_odds(rows, names), self.unscored.log_odds(rows, names)
        return np.where(scored, with_score, without)


def decider_from(values: Mapping[str, Any]) -> Decider:
    return Decider(classifier_from(values["scored"]), classifier_from(values["unscored"]))


def ranker_from(values: Mapping[str, Any]) -> Ranker:
    arrays = ("mean", "scale", "linear", "hidden", "bias", "out")
    return Ranker(tuple(values["features"]), *(np.array(values[name], dtype=np.float32) for name in arrays))


def classifier_from(values: Mapping[str, Any]) -> Classifier:
    mean, scale, weights = (np.array(values[name], dtype=np.float64) for name in ("mean", "scale", "weights"))
    return Classifier(tuple(values["features"]), mean, scale, weights, float(values["bias"]))


@lru_cache
def load_weights(name: str) -> dict[str, Any]:
    """The weights file `name`.json that ships with the engine."""
    values: dict[str, Any] = json.loads((WEIGHTS / f"{name}.json").read_text(encoding="utf-8"))
    return values


def log_softmax(scores: Floats, entity: NDArray[np.int64], n_entities: int) -> Floats:
    """(rows,) log share of each row among the rows of its entity; rows are grouped by entity."""
    if not len(scores):
        return scores
    highest = best_per_entity(scores, entity, n_entities, missing=0.0)
    shifted = scores - highest[entity]
    totals = np.bincount(entity, np.exp(shifted), minlength=n_entities)
    return np.asarray(shifted - np.log(totals[entity]))


def best_per_entity(values: Floats, entity: NDArray[np.int64], n_entities: int, *, missing: float) -> Floats:
    """(entities,) greatest value of each entity's rows, which stand together; `missing` without rows."""
    best = np.full(n_entities, missing)
    first = np.flatnonzero(np.diff(entity, prepend=-1))
    best[entity[first]] = np.maximum.reduceat(values, first) if len(first) else 0.0
    return best


def sigmoid(log_odds: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(log_odds, -30.0, 30.0))))


def _check_names(expected: Sequence[str], found: Sequence[str]) -> None:
    if tuple(expected) != tuple(found):
        different = sorted(set(expected) ^ set(found)) or "their order"
        raise ValueError(f"the weights were fitted on other features; different: {different}")

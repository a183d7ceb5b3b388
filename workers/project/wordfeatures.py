"""Features of candidate spans that come from the words themselves: shapes, frequency, learnt edges."""

import numpy as np
from numpy.typing import NDArray

from workers.project.batch import FlatBatch, Ints
from workers.project.forms import PAD
from workers.project.words import COLUMNS, BatchWords

EDGE = {"first": "edge-first", "before": "edge-first", "last": "edge-last", "after": "edge-last"}


def word_features(
    flat: FlatBatch, words: BatchWords, entity: Ints, start: Ints, end: Ints
) -> dict[str, NDArray[np.floating]]:
    """(rows,) arrays about the words at and around each span's edges, and the punctuation inside."""
    known = words.table.rows
    source = {"first": known[words.source[words.first]], "last": known[words.source[words.last]]}
    numbers = words.target.ravel()
    base = flat.sentence[entity] * words.target.shape[1] + PAD
    places = {"first": start, "last": end - 1, "before": start - 1, "after": end}
    at = {
        name: dict(zip(COLUMNS, known.take(numbers.take(base + place), axis=0).T, strict=True))
        for name, place in places.items()
    }
    values: dict[str, NDArray[np.floating]] = {}
    for name, columns in at.items():
        values[f"{name}-edge"] = columns[EDGE[name]]
        values[f"{name}-punctuation"] = columns["punctuation"]
        values[f"{name}-rarity"] = columns["rarity"]
        values[f"{name}-name-like"] = columns["name-like"]
    for name, rows in source.items():
        upper, lower, mark = rows[:, :3].T
        values[f"{name}-falls"] = upper[entity] * at[name]["lower"]
        values[f"{name}-rises"] = lower[entity] * at[name]["upper"]
        values[f"{name}-punctuation-too"] = mark[entity] * at[name]["punctuation"]
    beyond = known[:, COLUMNS.index("upper")].take(numbers.take(base + end + 1))
    values["before-upper"] = at["before"]["upper"] * (start > 1)
    values["after-upper"] = at["after"]["upper"]
    values["beyond-upper"] = beyond * at["after"]["lower"]
    punctuation = known[:, COLUMNS.index("punctuation")].take(numbers)
    sums = np.cumsum(punctuation.reshape(words.target.shape), axis=1, dtype=np.float32).ravel()
    marks = sums.take(base + end - 1) - sums.take(base + start - 1)
    at_edges = at["first"]["punctuation"] + at["last"]["punctuation"]
    values["punctuation-inside"] = np.log1p(np.maximum(marks - at_edges, 0))
    return values

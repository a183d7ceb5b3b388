"""The numbers that describe one answer (a span for an entity): is there a counterpart, and is it this one?"""

import numpy as np
from numpy.typing import NDArray

from workers.project.batch import FlatBatch, Floats, Ints
from workers.project.forms import SHAPES, token_shape
from workers.project.ranker import best_per_entity
from workers.project.spanfeatures import Spans
from workers.project.statistics import PairStatistics
from workers.project.words import BatchWords, describe_usage

FROM_SPAN = (
    "covered", "explained", "coverage", "membership-mean", "uncovered-words", "unexplained-words",
    "foreign-words", "left-outside", "lost-words", "anchored-share", "idle-words", "linked-share",
    "links-inside", "dice", "length", "form", "form-covered", "form-left-outside", "name-share",
    "previous-before", "following-after", "previous-inside", "following-inside", "one-word", "longer",
    "shorter", "first-falls", "last-falls", "first-edge", "last-edge", "before-edge", "after-edge",
    "first-punctuation", "last-punctuation", "punctuation-inside", "first-rarity", "last-rarity",
    "before-rarity", "after-rarity", "first-name-like", "last-name-like", "before-free-upper",
    "after-free-upper", "beyond-upper",
)  # fmt: skip
BEST_ANYWHERE = ("covered", "form-covered", "coverage")
LABELS = ("PER", "ORG", "LOC", "MISC")
EntityColumns = dict[str, NDArray[np.generic]]


def describe_answers(
    flat: FlatBatch,
    spans: Spans,
    scores: Floats,
    log_share: Floats,
    row: Ints,
    of_entities: EntityColumns,
) -> tuple[Floats, tuple[str, ...]]:
    """(entities, names) features of each entity's answer `row` (a row of `spans`, -1 for none: all zero).

    scores, log_share: (rows,) the ranker's score and its log softmax over the entity's candidates.
    of_entities: what `describe_entities` says, whatever the answers are.
    """
    n = flat.n_entities
    has_row = row >= 0
    place = np.where(has_row, row, 0)
    columns: dict[str, NDArray[np.generic]] = {"has-candidates": np.bincount(spans.entity, minlength=n) > 0}
    if not len(spans.entity):
        return _without_candidates(flat, of_entities)
    share = np.exp(log_share)
    # the best of the other candidates, for the gap to it
    others = scores.copy()
    others[row[has_row]] = -np.inf
    second = best_per_entity(np.asarray(others, dtype=np.float64), spans.entity, n, missing=-np.inf)
    gap = np.where(has_row & np.isfinite(second), scores[place] - second, 8.0)
    columns |= {
        "share": np.where(has_row, share[place], 0.0),
        "log-share": np.where(has_row, np.maximum(log_share[place], -12.0), 0.0),
        "score": np.where(has_row, scores[place], 0.0) / 10,
        "gap": np.where(has_row, np.tanh(gap / 4), 0.0),
        "candidates": np.log1p(np.bincount(spans.entity, minlength=n)),
        "entropy": -np.bincount(spans.entity, share * log_share, minlength=n),
    }
    columns |= {name: spans.features[place, spans.names.index(name)] * has_row for name in FROM_SPAN}
    for name in BEST_ANYWHERE:
        per_row = spans.features[:, spans.names.index(name)].astype(np.float64)
        columns[f"best-{name}"] = best_per_entity(per_row, spans.entity, n, missing=0.0)
    columns |= of_entities
    return np.stack([np.asarray(c, dtype=np.float64) for c in columns.values()], axis=1), tuple(columns)


def answer_names() -> tuple[str, ...]:
    spans = (f"best-{name}" for name in BEST_ANYWHERE)
    ranks = ("has-candidates", "share", "log-share", "score", "gap", "candidates", "entropy")
    return (*ranks, *FROM_SPAN, *spans, *ENTITY_NAMES)


ENTITY_NAMES = (
    "words", "linked", "tagger", "tagger-log-odds", "by-person", "first-upper", "first-lower", "has-digit",
    "at-start", "claims", "tagged-share", "label-share", "mentions",
    "word-label-share", "rendered-share", "first-source-name-like", "last-source-name-like", "source-cut",
    "steadiness",
    *(f"predicted-{label}" for label in LABELS),
)  # fmt: skip


def describe_entities(flat: FlatBatch, statistics: PairStatistics, words: BatchWords) -> EntityColumns:
    """The columns that do not depend on the answer: the entity, its tagger, and the run it is part of."""
    tagger = flat.tagger_score
    by_person = tagger >= 1.0
    labels = [entity.label for item in flat.inputs for entity in item.entities]
    first_tokens = zip(flat.sentence.tolist(), flat.start.tolist(), strict=True)
    shapes = np.array(
        [token_shape(flat.inputs[number].source_tokens[low]) for number, low in first_tokens],
        dtype=np.float64,
    ).reshape(-1, len(SHAPES))
    steady = min(statistics.mentions.steadiness, 0.99)
    mentions = np.array(
        [statistics.mentions.describe(*pair) for pair in zip(words.keys, labels, strict=True)]
    ).reshape(-1, 4)
    edges = [key.partition(" ")[0] for key in words.keys] + [key.rpartition(" ")[2] for key in words.keys]
    name_like = describe_usage(edges, statistics.source_words, 1)[:, 1].reshape(2, -1)
    n_links = np.bincount(flat.link_entity, minlength=flat.n_entities)
    values: list[NDArray[np.generic]] = [
        np.log(flat.length),
        n_links > 0,
        tagger,
        np.log((tagger + 0.02) / (1.02 - tagger)),
        by_person,
        shapes[:, 0],
        shapes[:, 1],
        shapes[:, 2],
        flat.start == 0,
        np.log1p(np.bincount(flat.sentence)[flat.sentence]),
        mentions[:, 0],
        mentions[:, 1],
        np.log1p(mentions[:, 2]),
        mentions[:, 3],
        np.array([statistics.rendered_share(key) for key in words.keys]),
        *name_like,
        _cut_names(flat),
        np.full(flat.n_entities, np.log(steady / (1 - steady))),
        *((np.array(labels) == label) & ~by_person for label in LABELS),
    ]
    return dict(zip(ENTITY_NAMES, values, strict=True))


def _cut_names(flat: FlatBatch) -> Floats:
    """(entities,) capitalised source words, 0 to 2, that touch the entity: a tagger may have cut a name.

    The first word of a sentence does not count, and neither do the words of other entities.
    """
    cut = np.zeros(flat.n_entities)
    claimed = set(zip(flat.sentence.tolist(), (flat.end - 1).tolist(), strict=True))
    begun = set(zip(flat.sentence.tolist(), flat.start.tolist(), strict=True))
    bounds = zip(flat.sentence.tolist(), flat.start.tolist(), flat.end.tolist(), strict=True)
    for entity, (number, low, high) in enumerate(bounds):
        tokens = flat.inputs[number].source_tokens
        if low > 1 and (number, low - 1) not in claimed:
            cut[entity] += token_shape(tokens[low - 1])[0]
        if high < len(tokens) and (number, high) not in begun:
            cut[entity] += token_shape(tokens[high])[0]
    return cut


def _without_candidates(flat: FlatBatch, of_entities: EntityColumns) -> tuple[Floats, tuple[str, ...]]:
    names = answer_names()
    table = np.zeros((flat.n_entities, len(names)))
    for name, values in of_entities.items():
        table[:, names.index(name)] = values
    return table, names

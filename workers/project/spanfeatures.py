"""The numbers that describe one candidate span of one entity, for a whole batch at once."""

from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from workers.project.batch import FlatBatch, Floats, Ints
from workers.project.forms import SHAPES, form_rows, token_shape
from workers.project.posterior import EntityMaps, Matrix, entity_maps
from workers.project.spantable import window_spans
from workers.project.statistics import LONGEST, PairStatistics, name_key, name_words

REACH = 2  # words looked at on either side of a word with evidence
STRONG = 0.3
STRONG_FORM = 0.6
NOT_THERE = -4.0  # log odds of a word past the end of the sentence


@dataclass(frozen=True, slots=True)
class Spans:
    """Candidate spans and their features: entity, start, end are (rows,); features is (rows, names)."""

    entity: Ints
    start: Ints
    end: Ints
    features: Matrix
    names: tuple[str, ...]


def describe_spans(flat: FlatBatch, statistics: PairStatistics) -> Spans:
    """Every candidate span of every entity of the batch, with its features."""
    form_words = form_rows(flat)
    maps = entity_maps(flat, form_words)
    form = np.maximum.reduceat(form_words, np.cumsum(flat.length) - flat.length)
    links = flat.per_target().astype(np.float32)
    entity, start, end = _candidates(flat, maps, links, form)
    features = _features(flat, maps, links, form, form_words, statistics, entity, start, end)
    stacked = np.stack(list(features.values()), axis=1).astype(np.float32)
    return Spans(entity, start, end, stacked, tuple(features))


def _candidates(flat: FlatBatch, maps: EntityMaps, links: Matrix, form: Matrix) -> tuple[Ints, Ints, Ints]:
    """Spans within REACH words of evidence, at most about twice as long as the entity, evidence inside."""
    evidence = (links > 0) | (maps.backward > STRONG) | (maps.forward > STRONG) | (form > STRONG_FORM)
    near = evidence.copy()
    for step in range(1, REACH + 1):
        near[:, step:] |= evidence[:, :-step]
        near[:, :-step] |= evidence[:, step:]
    near &= np.arange(near.shape[1]) < flat.n_target[:, None]
    padded = np.zeros((near.shape[0], near.shape[1] + 2), dtype=np.int8)
    padded[:, 1:-1] = near
    change = np.diff(padded, axis=1)
    owner, low = np.nonzero(change == 1)
    high = np.nonzero(change == -1)[1]
    window, start, end = window_spans(low, high, 2 * flat.length[owner] + 4)
    entity = owner[window]
    total = _prefix(evidence.astype(np.float32))
    kept = total[entity, end] > total[entity, start]
    return entity[kept], start[kept], end[kept]


def _features(
    flat: FlatBatch,
    maps: EntityMaps,
    links: Matrix,
    form: Matrix,
    form_words: Matrix,
    statistics: PairStatistics,
    entity: Ints,
    start: Ints,
    end: Ints,
) -> dict[str, NDArray[np.floating]]:
    source_words = flat.length[entity].astype(np.float32)
    target_words = (end - start).astype(np.float32)
    odds = np.log(np.clip(maps.backward, 0.02, 0.98) / (1 - np.clip(maps.backward, 0.02, 0.98)))

    def inside(per_word: Matrix) -> NDArray[np.floating]:
        sums = _prefix(per_word)
        return sums[entity, end] - sums[entity, start]

    def at(per_word: Matrix, position: Ints, missing: float = 0.0) -> NDArray[np.floating]:
        there = (position >= 0) & (position < flat.n_target[entity])
        return np.where(there, per_word[entity, np.where(there, position, 0)], missing)

    forward, backward = inside(maps.forward), inside(maps.backward)
    covered, explained = np.minimum(forward / source_words, 1.0), np.minimum(backward / target_words, 1.0)
    linked = (links > 0).astype(np.float32)
    linked_words, n_links = inside(linked), inside(links)
    n_anchors, anchored = inside(maps.anchors), inside(np.minimum(maps.anchors, 1.0))
    all_links = np.maximum(links.sum(axis=1), 1.0)[entity]
    form_covered = _covered_words(flat, form_words, entity, start, end)
    positions = {"first": start, "last": end - 1, "before": start - 1, "after": end}
    values: dict[str, NDArray[np.floating]] = {
        "covered": covered,
        "explained": explained,
        "coverage": 2 * covered * explained / np.maximum(covered + explained, 1e-6),
        "membership": inside(odds) / 4,
        "membership-mean": inside(odds) / target_words,
        "uncovered-words": np.log1p(source_words - np.minimum(forward, source_words)),
        "unexplained-words": np.log1p(np.maximum(target_words - backward, 0)),
        "foreign-words": np.log1p(inside(maps.outside)),
        "left-outside": np.log1p(np.maximum(maps.backward.sum(axis=1)[entity] - backward, 0)),
        "lost-words": np.log1p(np.maximum(maps.anchors.sum(axis=1)[entity] - n_anchors, 0)),
        "anchored-share": n_anchors / source_words,
        "idle-words": np.log1p(target_words - anchored),
        "linked-share": linked_words / target_words,
        "links-inside": n_links / all_links,
        "dice": np.minimum(2 * n_links / (source_words + target_words), 2.0),
        "unlinked-words": np.log1p(target_words - linked_words),
        "length": statistics.length_log_odds[
            np.minimum(flat.length[entity], LONGEST) - 1, np.minimum(end - start, LONGEST) - 1
        ],
        "longer": np.log1p(np.maximum(target_words - source_words, 0)),
        "shorter": np.log1p(np.maximum(source_words - target_words, 0)),
        "one-word": (target_words == 1).astype(np.float32),
        "form": inside(form) / target_words,
        "form-covered": form_covered / source_words,
        "form-left-outside": np.log1p(np.maximum(form.sum(axis=1)[entity] - inside(form), 0)),
        "previous-inside": at(maps.previous, start),
        "following-inside": at(maps.following, end - 1),
        "previous-before": at(maps.previous, start - 1),
        "following-after": at(maps.following, end),
        "name-share": _name_shares(flat, statistics, entity, start, end),
    }
    for name, position in positions.items():
        values[f"{name}-odds"] = at(odds, position, NOT_THERE) / 4
        values[f"{name}-forward"] = at(maps.forward, position)
        values[f"{name}-outside"] = at(maps.outside, position)
        values[f"{name}-linked"] = at(linked, position)
        values[f"{name}-anchored"] = at(np.minimum(maps.anchors, 1.0), position)
        values[f"{name}-form"] = at(form, position)
    ids, words = _vocabulary(flat)
    values |= _word_features(flat, statistics, entity, positions, ids, words)
    at_edges = values["first-punctuation"] + values["last-punctuation"]
    values["punctuation-inside"] = np.log1p(
        np.maximum(inside(_shape_map(flat, "punctuation", ids, words)) - at_edges, 0)
    )
    return values


def _word_features(
    flat: FlatBatch,
    statistics: PairStatistics,
    entity: Ints,
    positions: dict[str, Ints],
    ids: Ints,
    words: list[str],
) -> dict[str, NDArray[np.floating]]:
    """Shapes and learnt edge behaviour of the words at and around the span's edges."""
    shapes = np.array([token_shape(word) for word in words], dtype=np.float32).reshape(-1, len(SHAPES))
    edges = statistics.edge_log_odds([word.casefold() for word in words])
    source_shapes = {
        "first": _source_shapes(flat, flat.start),
        "last": _source_shapes(flat, flat.end - 1),
    }
    values: dict[str, NDArray[np.floating]] = {}
    for name, position in positions.items():
        there = (position >= 0) & (position < flat.n_target[entity])
        word = ids[flat.sentence[entity], np.where(there, position, 0)]
        shape = shapes[word] * there[:, None]
        side = 0 if name in ("first", "before") else 1
        values[f"{name}-edge"] = np.where(there, edges[word, side], 0.0)
        values[f"{name}-punctuation"] = shape[:, 3]
        if name in source_shapes:
            source = source_shapes[name][entity]
            values[f"{name}-falls"] = source[:, 0] * shape[:, 1]
            values[f"{name}-rises"] = source[:, 1] * shape[:, 0]
            values[f"{name}-punctuation-too"] = source[:, 3] * shape[:, 3]
    return values


def _name_shares(
    flat: FlatBatch, statistics: PairStatistics, entity: Ints, start: Ints, end: Ints
) -> NDArray[np.floating]:
    """name_share of every row; only entities whose string came back are looked at."""
    shares = np.zeros(len(entity), dtype=np.float32)
    if not statistics.names or not len(entity):
        return shares
    bounds = np.searchsorted(entity, np.arange(flat.n_entities + 1)).tolist()
    for number in range(flat.n_entities):
        item = flat.inputs[int(flat.sentence[number])]
        source = name_key(item.source_tokens[int(flat.start[number]) : int(flat.end[number])])
        renderings = statistics.names.get(source)
        if not renderings:
            continue
        first, last = bounds[number], bounds[number + 1]
        if first == last:
            continue
        starts, ends = start[first:last].tolist(), end[first:last].tolist()
        low = min(starts)
        words = name_words(item.target_tokens[low : max(ends)])
        for row in range(last - first):
            target = " ".join(words[starts[row] - low : ends[row] - low])
            if target in renderings:
                shares[first + row] = statistics.name_share(source, target)
    return shares


def _covered_words(
    flat: FlatBatch, form_words: Matrix, entity: Ints, start: Ints, end: Ints
) -> NDArray[np.floating]:
    """Entity words with an equal-looking word inside each span, one place of the entities at a time."""
    alike = (form_words > STRONG_FORM).astype(np.float32)
    first = np.cumsum(flat.length) - flat.length
    total = np.zeros(len(entity), dtype=np.float32)
    with_form = alike.max(axis=1, initial=0.0) > 0
    sums = _prefix(alike)
    for place in range(int(flat.length.max(initial=0))):
        row = np.where(flat.length > place, first + np.minimum(place, flat.length - 1), -1)[entity]
        rows = np.flatnonzero((row >= 0) & with_form[row])
        word = row[rows]
        total[rows] += (sums[word, end[rows]] - sums[word, start[rows]]) > 0
    return total


def _vocabulary(flat: FlatBatch) -> tuple[Ints, list[str]]:
    """(sentences, longest target) word numbers, and the words."""
    sentences = np.unique(flat.sentence)
    tokens = [flat.inputs[int(sentence)].target_tokens for sentence in sentences]
    flattened = list(chain.from_iterable(tokens))
    words = list(dict.fromkeys(flattened))
    numbers = dict(zip(words, range(len(words)), strict=True))
    lengths = [len(sentence) for sentence in tokens]
    ids = np.zeros((len(flat.inputs), max([1, *lengths])), dtype=np.int64)
    row = np.repeat(sentences, lengths)
    column = np.arange(len(flattened)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    ids[row, column] = np.fromiter(map(numbers.__getitem__, flattened), np.int64, len(flattened))
    return ids, words


def _shape_map(flat: FlatBatch, shape: str, ids: Ints, words: list[str]) -> Matrix:
    index = SHAPES.index(shape)
    shapes = np.array([token_shape(word)[index] for word in words], dtype=np.float32)
    inside = np.arange(ids.shape[1]) < flat.n_target[:, None]
    return np.where(inside, shapes[ids[flat.sentence]], 0.0).astype(np.float32)


def _source_shapes(flat: FlatBatch, position: Ints) -> Floats:
    return np.array(
        [
            token_shape(flat.inputs[int(number)].source_tokens[int(place)])
            for number, place in zip(flat.sentence, position, strict=True)
        ],
        dtype=np.float64,
    ).reshape(-1, len(SHAPES))


def _prefix(per_word: Matrix) -> NDArray[np.float64]:
    sums = np.zeros((per_word.shape[0], per_word.shape[1] + 1))
    np.cumsum(per_word, axis=1, out=sums[:, 1:], dtype=np.float64)
    return sums

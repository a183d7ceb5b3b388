"""The numbers that describe one candidate span of one entity, for a whole batch at once."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workers.project.batch import FlatBatch, Ints
from workers.project.forms import PAD, form_rows
from workers.project.posterior import EntityMaps, Matrix, entity_maps
from workers.project.spantable import window_spans
from workers.project.statistics import LONGEST, PairStatistics
from workers.project.wordfeatures import word_features
from workers.project.words import BatchWords

REACH = 2  # words looked at on either side of a word with evidence
STRONG = 0.3
STRONG_FORM = 0.6
NOT_THERE = -1.0  # a quarter of the log odds of a word past the end of the sentence
SUMMED = ("backward", "forward", "outside", "odds", "anchored", "linked", "form", "anchors", "links")
PLACED = ("odds", "forward", "outside", "linked", "anchored", "form")
MAPS = (*SUMMED, "previous", "following")
Columns = dict[str, NDArray[np.floating]]


@dataclass(frozen=True, slots=True)
class Spans:
    """Candidate spans and their features: entity, start, end are (rows,); features is (rows, names).

    Rows stand together by entity and are in order of start, then end. A feature's values stand together
    in memory.
    """

    entity: Ints
    start: Ints
    end: Ints
    features: Matrix
    names: tuple[str, ...]


def describe_spans(flat: FlatBatch, statistics: PairStatistics, words: BatchWords) -> Spans:
    """Every candidate span of every entity of the batch, with its features."""
    form_words = form_rows(flat, words)
    maps = entity_maps(flat, form_words)
    form = np.maximum.reduceat(form_words, np.cumsum(flat.length) - flat.length)
    links = flat.per_target().astype(np.float32)
    entity, start, end = _candidates(flat, maps, links, form)
    values = _alignment_features(flat, maps, links, form, statistics, entity, start, end)
    values["form-covered"] = _covered_words(flat, form_words, entity, start, end) / flat.length[entity]
    values["name-share"] = statistics.renderings.find(flat, words, entity, start, end)
    values |= word_features(flat, words, entity, start, end)
    after, before = values["after-outside"], values["before-outside"]
    values["before-free-upper"] = values["before-upper"] * (1 - np.minimum(before, 1))
    values["after-free-upper"] = values["after-upper"] * (1 - np.minimum(after, 1))
    features = np.empty((len(values), len(entity)), dtype=np.float32)
    for number, column in enumerate(values.values()):
        features[number] = column
    return Spans(entity, start, end, features.T, tuple(values))


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
    total = _prefix(evidence)
    kept = total[entity, end] > total[entity, start]
    return entity[kept], start[kept], end[kept]


def _alignment_features(
    flat: FlatBatch,
    maps: EntityMaps,
    links: Matrix,
    form: Matrix,
    statistics: PairStatistics,
    entity: Ints,
    start: Ints,
    end: Ints,
) -> Columns:
    channels = _channels(flat, maps, links, form)
    width = channels.shape[1]
    summed = channels[:, PAD - 1 : width - PAD, : len(SUMMED)].copy()
    summed[:, 0] = 0.0
    sums = np.cumsum(summed, axis=1, out=summed).reshape(-1, len(SUMMED))
    base = entity * summed.shape[1]
    differences = sums.take(base + end, axis=0) - sums.take(base + start, axis=0)
    inside = dict(zip(SUMMED, differences.T, strict=True))
    whole = dict(zip(SUMMED, summed[:, -1].T, strict=True))

    cells = channels.reshape(-1, len(MAPS))
    base = entity * width + PAD
    places = {"first": start, "last": end - 1, "before": start - 1, "after": end}
    at = {
        name: dict(zip(MAPS, cells.take(base + position, axis=0).T, strict=True))
        for name, position in places.items()
    }
    values = _coverage_features(flat, inside, whole, entity, start, end)
    values["length"] = statistics.length_log_odds[
        np.minimum(flat.length[entity], LONGEST) - 1, np.minimum(end - start, LONGEST) - 1
    ]
    values["previous-inside"], values["following-inside"] = at["first"]["previous"], at["last"]["following"]
    values["previous-before"], values["following-after"] = at["before"]["previous"], at["after"]["following"]
    values |= {f"{place}-{name}": at[place][name] for place in places for name in PLACED}
    return values


def _channels(flat: FlatBatch, maps: EntityMaps, links: Matrix, form: Matrix) -> Matrix:
    """(entities, PAD + longest target + PAD, MAPS); 0 where there is no word, but for the log odds."""
    width = maps.backward.shape[1]
    channels = np.zeros((flat.n_entities, width + 2 * PAD, len(MAPS)), dtype=np.float32)
    inner = channels[:, PAD : width + PAD]
    there = np.arange(width) < flat.n_target[:, None]
    clipped = np.clip(maps.backward, 0.02, 0.98)
    filled = {
        "backward": maps.backward,
        "forward": maps.forward,
        "outside": maps.outside,
        "odds": np.where(there, np.log(clipped / (1 - clipped)) / 4, NOT_THERE),
        "anchored": np.minimum(maps.anchors, 1.0),
        "linked": links > 0,
        "form": form,
        "anchors": maps.anchors,
        "links": links,
        "previous": maps.previous,
        "following": maps.following,
    }
    for number, name in enumerate(MAPS):
        inner[:, :, number] = filled[name]
    odds = MAPS.index("odds")
    channels[:, :PAD, odds] = channels[:, width + PAD :, odds] = NOT_THERE
    return channels


def _coverage_features(
    flat: FlatBatch,
    inside: Mapping[str, Matrix],
    whole: Mapping[str, Matrix],
    entity: Ints,
    start: Ints,
    end: Ints,
) -> Columns:
    """What lies inside the span, and what of the entity's evidence lies outside."""
    source_words = flat.length[entity].astype(np.float32)
    target_words = (end - start).astype(np.float32)
    forward, backward, odds = inside["forward"], inside["backward"], inside["odds"]
    covered, explained = np.minimum(forward / source_words, 1.0), np.minimum(backward / target_words, 1.0)
    all_links = np.maximum(whole["links"], 1.0)[entity]

    def outside(name: str) -> NDArray[np.floating]:
        return np.asarray(np.log1p(np.maximum(whole[name][entity] - inside[name], 0)))

    return {
        "covered": covered,
        "explained": explained,
        "coverage": 2 * covered * explained / np.maximum(covered + explained, 1e-6),
        "membership": odds,
        "membership-mean": 4 * odds / target_words,
        "uncovered-words": np.log1p(source_words - np.minimum(forward, source_words)),
        "unexplained-words": np.log1p(np.maximum(target_words - backward, 0)),
        "foreign-words": np.log1p(np.maximum(inside["outside"], 0)),
        "left-outside": outside("backward"),
        "lost-words": outside("anchors"),
        "anchored-share": inside["anchors"] / source_words,
        "idle-words": np.log1p(target_words - inside["anchored"]),
        "linked-share": inside["linked"] / target_words,
        "links-inside": inside["links"] / all_links,
        "dice": np.minimum(2 * inside["links"] / (source_words + target_words), 2.0),
        "unlinked-words": np.log1p(target_words - inside["linked"]),
        "longer": np.log1p(np.maximum(target_words - source_words, 0)),
        "shorter": np.log1p(np.maximum(source_words - target_words, 0)),
        "one-word": target_words == 1,
        "form": inside["form"] / target_words,
        "form-left-outside": outside("form"),
    }


def _covered_words(
    flat: FlatBatch, form_words: Matrix, entity: Ints, start: Ints, end: Ints
) -> NDArray[np.floating]:
    """(rows,) entity words with an equal-looking word inside each span."""
    alike = form_words > STRONG_FORM
    first = np.cumsum(flat.length) - flat.length
    with_form = np.maximum.reduceat(alike.any(axis=1), first) if len(first) else np.zeros(0, bool)
    covered = np.zeros(len(entity), dtype=np.float32)
    rows = np.flatnonzero(with_form[entity])
    if not len(rows):
        return covered
    sums = _prefix(alike)
    lengths = flat.length[entity[rows]]
    begin = np.cumsum(lengths) - lengths
    of_row = np.repeat(np.arange(len(rows)), lengths)
    word = first[entity[rows]][of_row] + np.arange(len(of_row)) - begin[of_row]
    found = sums[word, end[rows][of_row]] > sums[word, start[rows][of_row]]
    covered[rows] = np.add.reduceat(found.astype(np.float32), begin)
    return covered


def _prefix(per_word: NDArray[np.bool_]) -> NDArray[np.int32]:
    sums = np.zeros((per_word.shape[0], per_word.shape[1] + 1), dtype=np.int32)
    np.cumsum(per_word, axis=1, out=sums[:, 1:])
    return sums

"""How likely each target word renders each entity: soft alignment with an empty word on both sides.

Similarity matrices of different encoders lie on different scales and favour some words ("hubs"); every
matrix is centred by its rows and columns and divided by its own spread first, so that nothing depends on
the scale. Links and equal forms add to the logits. Without a similarity the links alone make the matrix.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workers.project.batch import FlatBatch, Ints

Matrix = NDArray[np.float32]

SIMILARITY_LOGIT = 2.5  # per standard deviation of the centred similarity
LINK_LOGIT = 2.0
LINK_LOGIT_ALONE = 6.0
FORM_LOGIT = 3.0
EMPTY_LOGIT = 5.0
EMPTY_LOGIT_ALONE = 3.0
ANCHOR = 0.35  # geometric mean of both directions that makes a good best word
MAX_CELLS = 2_000_000


@dataclass(frozen=True, slots=True)
class EntityMaps:
    """(entities, target words) float32 arrays; words past the end of a sentence are 0.

    forward: share of the entity's words that the target word receives (sums to at most the entity's length).
    backward: probability that the target word renders a word of the entity; outside: a word outside it;
        what is missing to 1 is the empty word.
    anchors: how many of the entity's words have their best target word here, if it is a good one.
    previous, following: the link strength for the source word right before and right after the entity.
    """

    forward: Matrix
    backward: Matrix
    outside: Matrix
    anchors: Matrix
    previous: Matrix
    following: Matrix


def entity_maps(flat: FlatBatch, form: Matrix) -> EntityMaps:
    """form: (entity words, target words) similarity of written forms in [0, 1], see `forms.form_rows`."""
    width = int(flat.n_target.max(initial=0))
    maps = EntityMaps(*(np.zeros((flat.n_entities, width), dtype=np.float32) for _ in range(6)))
    first_word = np.concatenate([[0], np.cumsum(flat.length)])
    sentences, first = np.unique(flat.sentence, return_index=True)
    last = np.append(first[1:], flat.n_entities)
    begin = 0
    while begin < len(sentences):
        stop, cells = begin, 0
        longest_source = longest_target = 0
        while stop < len(sentences):
            item = flat.inputs[sentences[stop]]
            longest_source = max(longest_source, len(item.source_tokens))
            longest_target = max(longest_target, len(item.target_tokens))
            cells = longest_source * longest_target * (stop - begin + 1)
            if cells > MAX_CELLS and stop > begin:
                break
            stop += 1
        entities = slice(int(first[begin]), int(last[stop - 1]))
        words = slice(int(first_word[entities.start]), int(first_word[entities.stop]))
        _fill(flat, maps, form[words], sentences[begin:stop], entities)
        begin = stop
    return maps


def _fill(flat: FlatBatch, maps: EntityMaps, form: Matrix, sentences: Ints, entities: slice) -> None:
    """Compute the maps of the entities of some sentences."""
    inputs = [flat.inputs[number] for number in sentences]
    n = np.array([len(item.source_tokens) for item in inputs])
    m = np.array([len(item.target_tokens) for item in inputs])
    depth, width = int(n.max()), int(m.max())
    logits = np.full((len(inputs), depth, width), -np.inf, dtype=np.float32)
    empty = np.zeros(len(inputs), dtype=np.float32)
    for index, item in enumerate(inputs):
        part = logits[index, : n[index], : m[index]]
        if item.similarity is None:
            part[:] = 0.0
            part[item.links[:, 0], item.links[:, 1]] = LINK_LOGIT_ALONE
            empty[index] = EMPTY_LOGIT_ALONE
        elif part.size:
            similarity = item.similarity.astype(np.float32)
            similarity -= np.add.reduce(similarity, axis=1, keepdims=True) / similarity.shape[1]
            similarity -= np.add.reduce(similarity, axis=0) / similarity.shape[0]
            spread = math.sqrt(float(np.vdot(similarity, similarity)) / similarity.size)
            np.multiply(similarity, SIMILARITY_LOGIT / max(spread, 1e-6), out=part)
            part[item.links[:, 0], item.links[:, 1]] += LINK_LOGIT
            empty[index] = EMPTY_LOGIT

    # one row per word of every entity
    place = np.searchsorted(sentences, flat.sentence[entities])
    lengths = flat.length[entities]
    first = np.cumsum(lengths) - lengths
    of_word = np.repeat(np.arange(len(lengths)), lengths)
    word = flat.start[entities][of_word] + np.arange(len(of_word)) - first[of_word]
    logits[place[of_word], word] += FORM_LOGIT * form[:, :width]

    flattened = np.exp(np.minimum(logits, 30.0))
    null: Matrix = np.exp(empty)
    by_target = flattened.sum(axis=1) + null[:, None]  # (sentences, target)
    by_source = flattened.sum(axis=2) + null[:, None]  # (sentences, source)
    rows = flattened[place[of_word], word]
    forward = rows / by_source[place[of_word], word][:, None]
    maps.forward[entities, :width] = np.add.reduceat(forward, first)
    backward = np.add.reduceat(rows, first) / by_target[place]
    maps.backward[entities, :width] = backward
    inside = np.arange(width) < m[place][:, None]
    everything = (1.0 - null[:, None] / by_target)[place]
    maps.outside[entities, :width] = np.where(inside, np.maximum(everything - backward, 0.0), 0.0)
    strength = rows / np.sqrt(by_source[place[of_word], word][:, None] * by_target[place[of_word]])
    best = strength.argmax(axis=1)
    good = strength[np.arange(len(best)), best] >= ANCHOR
    np.add.at(maps.anchors, (entities.start + of_word[good], best[good]), 1.0)
    for name, neighbour in (("previous", flat.start[entities] - 1), ("following", flat.end[entities])):
        there = (neighbour >= 0) & (neighbour < n[place])
        beside = np.where(there, neighbour, 0)
        near = flattened[place, beside] / np.sqrt(by_source[place, beside][:, None] * by_target[place])
        getattr(maps, name)[entities, :width] = np.where(there[:, None], near, 0.0)

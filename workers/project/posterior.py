"""How likely each target word renders each entity: soft alignment with an empty word on both sides.

Similarity matrices of different encoders lie on different scales and favour some words ("hubs"); every
matrix is centred by its rows and columns and divided by its own spread first, so that nothing depends on
the scale. Links and equal forms add to the logits. Without a similarity the links alone make the matrix.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workers.project import ProjectionInput
from workers.project.batch import FlatBatch, Ints

Matrix = NDArray[np.float32]

SIMILARITY_LOGIT = 2.5  # per standard deviation of the centred similarity
LINK_LOGIT = 2.0
LINK_LOGIT_ALONE = 6.0
FORM_LOGIT = 3.0
EMPTY_LOGIT = 5.0
EMPTY_LOGIT_ALONE = 3.0
ANCHOR = 0.35  # geometric mean of both directions that makes a good best word
MAX_CELLS = 150_000  # of the sentences computed at a time: what stays in a processor's cache


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
    for begin, stop in _groups(flat, sentences):
        entities = slice(int(first[begin]), int(last[stop - 1]))
        words = slice(int(first_word[entities.start]), int(first_word[entities.stop]))
        _fill(flat, maps, form[words], sentences[begin:stop], entities)
    return maps


def _groups(flat: FlatBatch, sentences: Ints) -> list[tuple[int, int]]:
    """[begin, stop) of consecutive sentences whose padded matrices have at most MAX_CELLS cells together."""
    groups: list[tuple[int, int]] = []
    begin = depth = width = 0
    for place, number in enumerate(sentences.tolist()):
        item = flat.inputs[number]
        depth, width = max(depth, len(item.source_tokens)), max(width, len(item.target_tokens))
        if place > begin and depth * width * (place - begin + 1) > MAX_CELLS:
            groups.append((begin, place))
            begin, depth, width = place, len(item.source_tokens), len(item.target_tokens)
    return [*groups, (begin, len(sentences))] if len(sentences) else []


def _fill(flat: FlatBatch, maps: EntityMaps, form: Matrix, sentences: Ints, entities: slice) -> None:
    """Compute the maps of the entities of some sentences."""
    inputs = [flat.inputs[number] for number in sentences.tolist()]
    n = np.array([len(item.source_tokens) for item in inputs])
    m = np.array([len(item.target_tokens) for item in inputs])
    logits, empty = _logits(inputs, n, m)
    width = logits.shape[2]

    # one row per word of every entity
    place = np.searchsorted(sentences, flat.sentence[entities])
    lengths = flat.length[entities]
    first = np.cumsum(lengths) - lengths
    of_word = np.repeat(np.arange(len(lengths)), lengths)
    word = flat.start[entities][of_word] + np.arange(len(of_word)) - first[of_word]
    logits[place[of_word], word] += FORM_LOGIT * form[:, :width]

    np.minimum(logits, 30.0, out=logits)
    flattened = np.exp(logits, out=logits)
    there = np.arange(width) < m[:, None]
    flattened *= there[:, None, :]
    flattened *= (np.arange(logits.shape[1]) < n[:, None])[:, :, None]
    null = np.float32(np.exp(empty))
    by_target = flattened.sum(axis=1) + null  # (sentences, target)
    by_source = flattened.sum(axis=2) + null  # (sentences, source)
    rows = flattened[place[of_word], word]
    totals = by_source[place[of_word], word][:, None]
    maps.forward[entities, :width] = np.add.reduceat(rows / totals, first)
    backward = np.add.reduceat(rows, first) / by_target[place]
    maps.backward[entities, :width] = backward
    everything = (1.0 - null / by_target)[place]
    maps.outside[entities, :width] = np.maximum(everything - backward, 0.0) * there[place]
    strength = rows / np.sqrt(totals * by_target[place[of_word]])
    best = strength.argmax(axis=1)
    good = strength[np.arange(len(best)), best] >= ANCHOR
    np.add.at(maps.anchors, (entities.start + of_word[good], best[good]), 1.0)
    for name, neighbour in (("previous", flat.start[entities] - 1), ("following", flat.end[entities])):
        exists = (neighbour >= 0) & (neighbour < n[place])
        beside = np.where(exists, neighbour, 0)
        near = flattened[place, beside] / np.sqrt(by_source[place, beside][:, None] * by_target[place])
        getattr(maps, name)[entities, :width] = near * exists[:, None]


def _logits(inputs: list[ProjectionInput], n: Ints, m: Ints) -> tuple[Matrix, float]:
    """(sentences, longest source, longest target) evidence for each word pair, and that for the empty word.

    Either every sentence has a similarity or none has, see `soft._blocks`.
    """
    logits = np.zeros((len(inputs), int(n.max()), int(m.max())), dtype=np.float32)
    alone = inputs[0].similarity is None
    if not alone:
        for index, item in enumerate(inputs):
            logits[index, : n[index], : m[index]] = item.similarity
        _standardise(logits, n, m)
    counts = [len(item.links) for item in inputs]
    links = np.concatenate([item.links for item in inputs])
    number = np.repeat(np.arange(len(inputs)), counts)
    logits[number, links[:, 0], links[:, 1]] += LINK_LOGIT_ALONE if alone else LINK_LOGIT
    return logits, EMPTY_LOGIT_ALONE if alone else EMPTY_LOGIT


def _standardise(matrices: Matrix, n: Ints, m: Ints) -> None:
    """Centre each matrix by its rows, then by its columns, and scale it to a spread of SIMILARITY_LOGIT.

    The cells past a matrix's n rows and m columns are 0 and stay 0.
    """
    rows = (np.arange(matrices.shape[1]) < n[:, None]).astype(np.float32)
    columns = (np.arange(matrices.shape[2]) < m[:, None]).astype(np.float32)
    sizes = np.maximum(np.stack([n, m]), 1).astype(np.float32)
    matrices -= (matrices.sum(axis=2) / sizes[1][:, None])[:, :, None]
    matrices *= columns[:, None, :]
    matrices -= (matrices.sum(axis=1) / sizes[0][:, None])[:, None, :]
    matrices *= rows[:, :, None]
    spread = np.sqrt(np.einsum("kij,kij->k", matrices, matrices) / (sizes[0] * sizes[1]))
    matrices *= (SIMILARITY_LOGIT / np.maximum(spread, 1e-6))[:, None, None]

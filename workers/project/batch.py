"""A batch of sentences as flat arrays, one row per entity or per link: what every method computes on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workers.project import ProjectionInput
from workers.spans import check_entities

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FlatBatch:
    """Entities and their links, flattened; entity rows follow sentence order, then entity order.

    sentence, start, end, n_source, n_target: (entities,) ints; tagger_score: (entities,) in [0, 1].
    link_entity, link_source, link_target: (links,) ints, only links that touch an entity, sorted by
        (entity, target, source); link_score: (links,) in [0, 1].
    """

    inputs: Sequence[ProjectionInput]
    sentence: Ints
    start: Ints
    end: Ints
    n_source: Ints
    n_target: Ints
    tagger_score: Floats
    link_entity: Ints
    link_source: Ints
    link_target: Ints
    link_score: Floats

    @property
    def n_entities(self) -> int:
        return len(self.sentence)

    @property
    def length(self) -> Ints:
        return self.end - self.start

    def per_target(self, weights: Floats | None = None) -> Floats:
        """(entities, longest target) sum over the entity's links of `weights`, by default their number."""
        width = int(self.n_target.max(initial=0))
        cells = self.link_entity * width + self.link_target
        sums = np.bincount(cells, weights, minlength=self.n_entities * width)
        return sums.reshape(self.n_entities, width).astype(np.float64)

    def window(self) -> tuple[Ints, Ints]:
        """First linked target word and one past the last, per entity; (0, 0) where nothing is linked."""
        low = np.full(self.n_entities, np.iinfo(np.int64).max)
        high = np.zeros(self.n_entities, dtype=np.int64)
        np.minimum.at(low, self.link_entity, self.link_target)
        np.maximum.at(high, self.link_entity, self.link_target + 1)
        return np.where(high > 0, low, 0), high


def flatten_batch(batch: Sequence[ProjectionInput]) -> FlatBatch:
    """Check every sentence and flatten the batch.

    Raises ValueError naming the sentence (0-based place in the batch) and the value when an entity or
    a link is out of range, entities overlap, or a matrix has the wrong shape.
    """
    n_source = np.array([len(item.source_tokens) for item in batch], dtype=np.int64)
    n_target = np.array([len(item.target_tokens) for item in batch], dtype=np.int64)
    counts = [len(item.entities) for item in batch]
    found = [entity for item in batch for entity in item.entities]
    sentence = np.repeat(np.arange(len(batch)), counts)
    start = np.array([entity.start for entity in found], dtype=np.int64)
    end = np.array([entity.end for entity in found], dtype=np.int64)
    n_links = np.array([len(item.links) for item in batch], dtype=np.int64)
    links = np.concatenate([item.links.reshape(-1, 2) for item in batch] or [np.empty((0, 2), np.int32)])
    link_sentence = np.repeat(np.arange(len(batch)), n_links)
    source, target = links[:, 0].astype(np.int64), links[:, 1].astype(np.int64)
    wrong = (source < 0) | (source >= n_source[link_sentence])
    wrong |= (target < 0) | (target >= n_target[link_sentence])
    wrong_entity = (end > n_source[sentence]) | _overlapping(sentence, start, end)
    doubtful = set(link_sentence[wrong].tolist()) | set(sentence[wrong_entity].tolist())
    for number, item in enumerate(batch):
        if number in doubtful or item.pins or not _fits(item):
            _check_input(number, item)

    # owner: which entity, if any, each source token of the whole batch belongs to
    offset = np.concatenate([[0], np.cumsum(n_source)])
    owner = np.full(int(offset[-1]), -1, dtype=np.int64)
    lengths = end - start
    first = np.repeat(offset[sentence] + start, lengths)
    inside = np.arange(len(first)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    owner[first + inside] = np.repeat(np.arange(len(found)), lengths)

    scores = np.concatenate([item.link_scores for item in batch] or [np.empty(0, np.float32)]).astype(
        np.float64
    )
    entity = owner[offset[link_sentence] + source] if len(links) else np.empty(0, np.int64)
    keep = np.flatnonzero(entity >= 0)
    keep = keep[np.lexsort((source[keep], target[keep], entity[keep]))]
    return FlatBatch(
        inputs=batch,
        sentence=sentence,
        start=start,
        end=end,
        n_source=n_source[sentence],
        n_target=n_target[sentence],
        tagger_score=np.array([entity.score for entity in found], dtype=np.float64),
        link_entity=entity[keep],
        link_source=source[keep],
        link_target=target[keep],
        link_score=scores[keep],
    )


def _fits(item: ProjectionInput) -> bool:
    """False when the sizes of a sentence's arrays disagree."""
    similarity = item.similarity
    return len(item.link_scores) == len(item.links) and (
        similarity is None or similarity.shape == (len(item.source_tokens), len(item.target_tokens))
    )


def _overlapping(sentence: Ints, start: Ints, end: Ints) -> NDArray[np.bool_]:
    """(entities,) True where an entity begins before the one to its left has ended."""
    order = np.lexsort((start, sentence))
    overlapping = np.zeros(len(start), dtype=bool)
    same = sentence[order][1:] == sentence[order][:-1]
    overlapping[order[1:]] = same & (start[order][1:] < end[order][:-1])
    return overlapping


def _check_input(number: int, item: ProjectionInput) -> None:
    n_source, n_target = len(item.source_tokens), len(item.target_tokens)
    try:
        check_entities(item.entities, n_source)
    except ValueError as error:
        raise ValueError(f"sentence {number}: {error}") from error
    if len(item.link_scores) != len(item.links):
        raise ValueError(f"sentence {number}: {len(item.links)} links but {len(item.link_scores)} scores")
    if len(item.links):
        highest, lowest = item.links.max(axis=0), item.links.min()
        if lowest < 0 or highest[0] >= n_source or highest[1] >= n_target:
            links = item.links
            bad = (links < 0).any(axis=1) | (links[:, 0] >= n_source) | (links[:, 1] >= n_target)
            i, j = links[int(np.flatnonzero(bad)[0])]
            raise ValueError(f"sentence {number}: link {i}-{j} is outside {n_source} x {n_target} tokens")
    if item.similarity is not None and item.similarity.shape != (n_source, n_target):
        raise ValueError(
            f"sentence {number}: similarity has shape {item.similarity.shape}, not {(n_source, n_target)}"
        )
    for index, span in item.pins.items():
        if not 0 <= index < len(item.entities) or span.end > n_target:
            raise ValueError(f"sentence {number}: pin of entity {index} to [{span.start}, {span.end})")
    pinned = sorted(item.pins.values())
    for one, other in zip(pinned, pinned[1:], strict=False):
        if one.overlaps(other):
            raise ValueError(
                f"sentence {number}: pins [{one.start}, {one.end}) and [{other.start}, {other.end}) overlap"
            )

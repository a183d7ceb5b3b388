"""Sentence pairs as padded tensors, and the loop that every encoder-based aligner shares."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import normalize
from torch.nn.utils.rnn import pad_sequence

from workers.adapters import pair_limits
from workers.adapters.pair_limits import Pair, failed, refuse
from workers.align import Alignment
from workers.encode import EncodedSentence, Encoder

CELLS_PER_BATCH = {"cpu": 100_000, "cuda": 16_000_000}


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a batch of B pairs, padded to S subwords and W words.

    vectors: (layers, B, S, dim), float32. present: bool (B, S), False on padding.
    words: int64 (B, S), the word of each subword, 0 on padding.
    n_words: int64 (B,). has_subword: bool (B, W), whether the word has any subword.
    """

    vectors: torch.Tensor
    present: torch.Tensor
    words: torch.Tensor
    n_words: torch.Tensor
    has_subword: torch.Tensor

    def word_means(self, vectors: torch.Tensor) -> torch.Tensor:
        """Mean of (B, S, width) subword vectors by word, (B, W, width); zeros where there is no subword."""
        sums = vectors.new_zeros((*self.has_subword.shape, vectors.shape[-1]))
        index = self.words[:, :, None].expand_as(vectors)
        sums.scatter_add_(1, index, vectors * self.present[:, :, None])
        counts = vectors.new_zeros(self.has_subword.shape)
        counts.scatter_add_(1, self.words, self.present.to(vectors.dtype))
        return sums / counts.clamp_min(1)[:, :, None]


@dataclass(frozen=True, slots=True)
class BatchLinks:
    """What an extraction gives for one batch.

    links: bool (B, n, m) over words. scores and similarity: float (B, n, m) in [0, 1].
    """

    links: torch.Tensor
    scores: torch.Tensor
    similarity: torch.Tensor


Extract = Callable[[Side, Side, list[Pair]], BatchLinks]


def align_pairs(encoder: Encoder, pairs: Sequence[Pair], extract: Extract) -> list[Alignment]:
    """Encode both sides of all pairs together, then extract in batches of pairs of like size."""
    done: list[Alignment | None] = [refuse(pair) for pair in pairs]
    todo = [index for index, refused in enumerate(done) if refused is None]
    for source, target, batch in batches_of_pairs(encoder, [pairs[index] for index in todo]):
        places = [todo[k] for k in batch]
        if source.vectors.shape[2] * target.vectors.shape[2] > pair_limits.MAX_CELLS:
            message = (
                f"{source.vectors.shape[2]} by {target.vectors.shape[2]} subwords; "
                f"at most {pair_limits.MAX_CELLS} subword pairs can be compared"
            )
            for place in places:
                done[place] = failed(message)
            continue
        batch_pairs = [pairs[place] for place in places]
        found = extract(source, target, batch_pairs)
        for place, alignment in zip(places, unpack_links(found, batch_pairs), strict=True):
            done[place] = alignment
    return [alignment for alignment in done if alignment is not None]


def batches_of_pairs(encoder: Encoder, pairs: Sequence[Pair]) -> Iterator[tuple[Side, Side, list[int]]]:
    """Both sides of pairs of like size, padded, with the pairs' places. Every pair is in one batch."""
    encoded = encoder.encode([source for source, _ in pairs] + [target for _, target in pairs])
    sources, targets = encoded[: len(pairs)], encoded[len(pairs) :]
    budget = CELLS_PER_BATCH.get(encoder.device.type, CELLS_PER_BATCH["cpu"])
    for batch in _batches(sources, targets, budget):
        yield build_side([sources[k] for k in batch]), build_side([targets[k] for k in batch]), batch


def _batches(
    sources: Sequence[EncodedSentence], targets: Sequence[EncodedSentence], budget: int
) -> list[list[int]]:
    """Pairs sorted by size; the padded similarity matrices of a batch of several fit `budget` cells.

    A pair that has more than pair_limits.MAX_CELLS by itself is a batch of its own.
    """
    sizes = [
        (max(len(source.words), source.n_words), max(len(target.words), target.n_words))
        for source, target in zip(sources, targets, strict=True)
    ]
    batches: list[list[int]] = []
    n = m = 0
    for index in sorted(range(len(sizes)), key=sizes.__getitem__):
        n, m = max(n, sizes[index][0]), max(m, sizes[index][1])
        if batches and n * m <= pair_limits.MAX_CELLS and (len(batches[-1]) + 1) * n * m <= budget:
            batches[-1].append(index)
        else:
            batches.append([index])
            n, m = sizes[index]
    return batches


def build_side(sentences: Sequence[EncodedSentence]) -> Side:
    """Pad the sentences of one side of a batch."""
    device = sentences[0].vectors.device
    lengths = torch.tensor([len(sentence.words) for sentence in sentences])
    vectors = pad_sequence([sentence.vectors.transpose(0, 1) for sentence in sentences], batch_first=True)
    vectors = vectors.permute(2, 0, 1, 3).float()  # (layers, batch, subwords, dim)
    words = pad_sequence([torch.from_numpy(sentence.words) for sentence in sentences], batch_first=True)
    n_words = torch.tensor([sentence.n_words for sentence in sentences])
    present = torch.arange(words.shape[1]) < lengths[:, None]
    has_subword = torch.zeros((len(sentences), int(n_words.max())), dtype=torch.bool)
    row, column = present.nonzero(as_tuple=True)
    has_subword[row, words[row, column]] = True
    return Side(vectors, present.to(device), words.to(device), n_words.to(device), has_subword.to(device))


def cosine(source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Cosine of every pair of rows, (..., n, m); 0 for rows of zeros."""
    return normalize(source, dim=-1) @ normalize(target, dim=-1).transpose(-1, -2)


def both_present(source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """bool (B, n, m) of the cells whose row and column both exist."""
    return source[:, :, None] & target[:, None, :]


def subword_links_to_words(links: torch.Tensor, source: Side, target: Side) -> torch.Tensor:
    """Words are linked when any of their subwords are: bool (B, S, T) to bool (B, n, m)."""
    found = links.new_zeros((len(links), source.has_subword.shape[1], target.has_subword.shape[1]))
    pair, i, j = links.nonzero(as_tuple=True)
    found[pair, source.words[pair, i], target.words[pair, j]] = True
    return found


def subword_to_word_max(values: torch.Tensor, source: Side, target: Side) -> torch.Tensor:
    """The largest value over the subword pairs of each word pair, (B, S, T) to (B, n, m); 0 where none."""
    n_pairs, _, n_target = values.shape
    n_words, m_words = source.has_subword.shape[1], target.has_subword.shape[1]
    values = values.masked_fill(~both_present(source.present, target.present), -torch.inf)
    rows = values.new_full((n_pairs, n_words, n_target), -torch.inf)
    rows.scatter_reduce_(1, source.words[:, :, None].expand(-1, -1, n_target), values, "amax")
    found = values.new_full((n_pairs, n_words, m_words), -torch.inf)
    found.scatter_reduce_(2, target.words[:, None, :].expand(-1, n_words, -1), rows, "amax")
    return found.masked_fill(~both_present(source.has_subword, target.has_subword), 0)


def unpack_links(found: BatchLinks, pairs: Sequence[Pair]) -> list[Alignment]:
    """One Alignment per pair of a batch, padding left off, in as few device transfers as possible."""
    pair, i, j = found.links.nonzero(as_tuple=True)
    scores = found.scores[pair, i, j].clamp(0, 1).float().cpu().numpy()
    table: NDArray[np.int64] = torch.stack([pair, i, j], dim=1).cpu().numpy()
    similarity: NDArray[np.float16] = found.similarity.clamp(0, 1).half().cpu().numpy()
    bounds = np.searchsorted(table[:, 0], np.arange(len(pairs) + 1))
    alignments = []
    for index, (source, target) in enumerate(pairs):
        mine = slice(bounds[index], bounds[index + 1])
        alignments.append(
            Alignment(
                links=table[mine, 1:].astype(np.int32),
                scores=scores[mine],
                similarity=similarity[index, : len(source), : len(target)].copy(),
            )
        )
    return alignments

"""Sentence pairs as padded tensors, and the loop that every encoder-based aligner shares."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import normalize
from torch.nn.utils.rnn import pad_sequence

from workers.align import Alignment
from workers.encode import EncodedSentence, Encoder

Pair = tuple[Sequence[str], Sequence[str]]

MAX_TOKENS = 5_000  # of one side; a similarity matrix of 5,000 x 5,000 is 100 MB
MAX_CELLS = 8_000_000  # subword pairs of one sentence pair
CELLS_PER_BATCH = {"cpu": 500_000, "cuda": 16_000_000}


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

    def word_means(self) -> torch.Tensor:
        """Mean subword vector of each word, (layers, B, W, dim); zeros where there is no subword."""
        n_layers, _, _, dim = self.vectors.shape
        sums = self.vectors.new_zeros((n_layers, *self.has_subword.shape, dim))
        index = self.words[None, :, :, None].expand_as(self.vectors)
        sums.scatter_add_(2, index, self.vectors * self.present[None, :, :, None])
        counts = torch.zeros(self.has_subword.shape, device=sums.device)
        counts.scatter_add_(1, self.words, self.present.float())
        return sums / counts.clamp_min(1)[None, :, :, None]


@dataclass(frozen=True, slots=True)
class BatchLinks:
    """What an extraction gives for one batch.

    links: bool (B, n, m) over words. scores and similarity: float (B, n, m) in [0, 1].
    """

    links: torch.Tensor
    scores: torch.Tensor
    similarity: torch.Tensor


Extract = Callable[[Side, Side], BatchLinks]


def align_pairs(encoder: Encoder, pairs: Sequence[Pair], extract: Extract) -> list[Alignment]:
    """Encode both sides of all pairs together, then extract in batches of pairs of like size."""
    done: list[Alignment | None] = [_refuse(pair) for pair in pairs]
    todo = [index for index, refused in enumerate(done) if refused is None]
    encoded = encoder.encode([pairs[index][0] for index in todo] + [pairs[index][1] for index in todo])
    sources = dict(zip(todo, encoded[: len(todo)], strict=True))
    targets = dict(zip(todo, encoded[len(todo) :], strict=True))
    for index in todo:
        n_cells = len(sources[index].words) * len(targets[index].words)
        if n_cells > MAX_CELLS:
            done[index] = failed(f"{n_cells} subword pairs; at most {MAX_CELLS} can be compared")
    todo = [index for index in todo if done[index] is None]
    todo.sort(key=lambda index: (len(sources[index].words), len(targets[index].words)))
    budget = CELLS_PER_BATCH.get(encoder.device.type, CELLS_PER_BATCH["cpu"])
    for batch in _batches(todo, sources, targets, budget):
        found = extract(build_side([sources[k] for k in batch]), build_side([targets[k] for k in batch]))
        for index, alignment in zip(batch, unpack_links(found, [pairs[k] for k in batch]), strict=True):
            done[index] = alignment
    return [alignment for alignment in done if alignment is not None]


def _refuse(pair: Pair) -> Alignment | None:
    if not pair[0] or not pair[1]:
        return Alignment(np.zeros((0, 2), np.int32), np.zeros(0, np.float32), status="empty")
    longest = max(len(pair[0]), len(pair[1]))
    if longest > MAX_TOKENS:
        return failed(f"a side of {longest} tokens; at most {MAX_TOKENS} can be aligned")
    return None


def failed(message: str) -> Alignment:
    return Alignment(np.zeros((0, 2), np.int32), np.zeros(0, np.float32), status="failed", message=message)


def _batches(
    order: Sequence[int],
    sources: dict[int, EncodedSentence],
    targets: dict[int, EncodedSentence],
    budget: int,
) -> list[list[int]]:
    """Consecutive indices of `order` whose padded similarity matrices fit `budget` cells, at least one."""
    batches: list[list[int]] = []
    n = m = 0
    for index in order:
        grown_n = max(n, len(sources[index].words), sources[index].n_words)
        grown_m = max(m, len(targets[index].words), targets[index].n_words)
        if batches and (len(batches[-1]) + 1) * grown_n * grown_m <= budget:
            batches[-1].append(index)
            n, m = grown_n, grown_m
        else:
            batches.append([index])
            n = max(len(sources[index].words), sources[index].n_words)
            m = max(len(targets[index].words), targets[index].n_words)
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


def cosine_01(source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """(cosine + 1) / 2 of every pair of rows, (..., n, m) in [0, 1]."""
    cosine = normalize(source, dim=-1) @ normalize(target, dim=-1).transpose(-1, -2)
    return ((cosine + 1) / 2).clamp(0, 1)


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
    n_pairs, n_source, n_target = values.shape
    values = values.masked_fill(~both_present(source.present, target.present), 0)
    rows = values.new_zeros((n_pairs, source.has_subword.shape[1], n_target))
    index = source.words[:, :, None].expand(-1, -1, n_target)
    rows.scatter_reduce_(1, index, values, "amax")
    found = values.new_zeros((n_pairs, source.has_subword.shape[1], target.has_subword.shape[1]))
    index = target.words[:, None, :].expand(-1, rows.shape[1], -1)
    return found.scatter_reduce_(2, index, rows, "amax")


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

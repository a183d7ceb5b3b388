"""Opinions as one code per token in the manner of IOB2, all pairs in one array."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotations.figures.independent import SharedPair

Codes = NDArray[np.int64]  # one per token: 0 outside, 2k + 1 and 2k + 2 begin and inside of label k
Counts = NDArray[np.int64]  # (tokens, codes): how many people gave the token the code


@dataclass(frozen=True, slots=True)
class TokenCodes:
    """The codes of every opinion, and how often each token of every pair got each.

    of_person: (place of the pair, person) -> codes of the pair's tokens; pairs: token -> place of its pair.
    """

    labels: list[str]
    of_person: dict[tuple[int, int], Codes]
    counts: Counts
    pairs: NDArray[np.int64]

    def of_label(self, label: str) -> Counts:
        """Counts of one label's begin and inside against everything else."""
        first = 2 * self.labels.index(label) + 1
        own = self.counts[:, first : first + 2]
        rest = self.counts.sum(axis=1) - own.sum(axis=1)
        return np.column_stack([rest, own])

    def of_pairs(self, places: Sequence[int]) -> Counts:
        """The counts of some of the pairs, by their places."""
        return self.counts[np.isin(self.pairs, places)]


def code_tokens(shared: Sequence[SharedPair], labels: list[str]) -> TokenCodes:
    kinds = {label: 2 * k + 1 for k, label in enumerate(labels)}
    n_codes = 2 * len(labels) + 1
    lengths = np.array([pair.n_tokens for pair in shared], dtype=np.int64)
    pairs = np.repeat(np.arange(len(shared)), lengths)
    counts = np.zeros(len(pairs) * n_codes, dtype=np.int64)
    of_person: dict[tuple[int, int], Codes] = {}
    first = 0  # of the pair's tokens
    for place, pair in enumerate(shared):
        cells = n_codes * np.arange(first, first + pair.n_tokens)
        for person, entities in pair.opinions.items():
            codes = np.zeros(pair.n_tokens, dtype=np.int64)
            for start, end, label in entities:
                codes[start:end] = kinds[label] + 1
                codes[start] = kinds[label]
            of_person[place, person] = codes
            counts[cells + codes] += 1  # a token is in an opinion once, so no cell is there twice
        first += pair.n_tokens
    return TokenCodes(labels, of_person, counts.reshape(-1, n_codes), pairs)

"""How returning names were rendered elsewhere in the run, looked up for every candidate span at once.

A span's words make a 64-bit hash from running sums, so that no string is built for the many candidates.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from workers.project.batch import FlatBatch, Ints
from workers.project.forms import PAD
from workers.project.words import BatchWords

BASE = 0x9E3779B97F4A7C15  # odd, so that its powers have inverses modulo 2**64
WORD = (1 << 64) - 1


class Renderings:
    """names: lower-cased source string -> target string -> how often, words separated by blanks."""

    def __init__(self, names: Mapping[str, Mapping[str, int]]) -> None:
        self.numbers = {source: number for number, source in enumerate(names, 1)}
        rows = [
            (_mix(number, _hash_words(target.split(" "))), share)
            for source, number in self.numbers.items()
            for target, share in rendering_shares(names[source]).items()
        ]
        rows.sort()
        self.keys = np.array([key for key, _ in rows], dtype=np.uint64)
        self.shares = np.array([share for _, share in rows], dtype=np.float32)

    def find(
        self, flat: FlatBatch, words: BatchWords, entity: Ints, start: Ints, end: Ints
    ) -> NDArray[np.float32]:
        """(rows,) how often the entity's string became the span's elsewhere in the run, 0 to 1."""
        shares = np.zeros(len(entity), dtype=np.float32)
        known = np.array([self.numbers.get(key, 0) for key in words.keys], dtype=np.uint64)
        rows = np.flatnonzero(known[entity]) if len(self.keys) else np.empty(0, dtype=np.int64)
        if not len(rows):
            return shares
        hashes = _span_hashes(words, flat.sentence[entity[rows]], start[rows], end[rows])
        with np.errstate(over="ignore"):
            keys = (hashes ^ known[entity[rows]]) * np.uint64(BASE)
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        shares[rows] = np.where(self.keys[place] == keys, self.shares[place], 0.0)
        return shares


def rendering_shares(renderings: Mapping[str, int]) -> dict[str, float]:
    """Target string -> share of the other uses that became it; one use of a string's own does not count."""
    others = sum(renderings.values()) - 1
    return {target: (count - 1) / (others + 0.5) for target, count in renderings.items() if count > 1}


def _span_hashes(words: BatchWords, sentence: Ints, start: Ints, end: Ints) -> NDArray[np.uint64]:
    n_places = words.target.shape[1]
    powers = np.array(_powers(BASE, n_places), dtype=np.uint64)
    inverses = np.array(_powers(pow(BASE, -1, 1 << 64), n_places), dtype=np.uint64)
    with np.errstate(over="ignore"):
        terms = words.table.hashes.view(np.uint64)[words.target[:, PAD:]] * powers[: n_places - PAD]
        sums = np.zeros((len(terms), n_places), dtype=np.uint64)
        np.cumsum(terms, axis=1, out=sums[:, 1 : n_places - PAD + 1])
        return np.asarray((sums[sentence, end] - sums[sentence, start]) * inverses[start])


def _hash_words(words: list[str]) -> int:
    powers = _powers(BASE, len(words))
    return sum((hash(word) & WORD) * power for word, power in zip(words, powers, strict=True)) & WORD


def _mix(number: int, value: int) -> int:
    return ((value ^ number) * BASE) & WORD


def _powers(base: int, count: int) -> list[int]:
    powers = [1]
    for _ in range(count - 1):
        powers.append(powers[-1] * base & WORD)
    return powers

"""What words of one language become in the other: a sparse table of translation probabilities both ways.

It is learnt by `workers.lexical_learning`, and small enough to be stored with a run and read by every worker,
so that all of its chunks use the same numbers.
"""

import hashlib
import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

VERSION = 1
FLOOR = 1e-4  # of the direction that does not have a word pair which the other has
STRONGEST = 10.0  # log of the largest factor that counts
SAME_WORD = 5.0  # log of the factor of a word that is in neither list and comes back as it was

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class LexicalTable:
    """Translation probabilities of case-folded words; row r of the table is `sources[r]`.

    Tables with the same digest are equal.

    bounds: int64 (sources + 1,), where each row's entries lie. columns: int32, target words, ascending in a
    row. forward: p(target | source) of each entry, backward: p(source | target).
    source_shares, target_shares: how frequent each word is, of all words of its side.
    source_nulls, target_nulls: the probability that the empty word of the other side makes this word.
    """

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    bounds: NDArray[np.int64]
    columns: NDArray[np.int32]
    forward: NDArray[np.float16]
    backward: NDArray[np.float16]
    source_shares: Floats
    target_shares: Floats
    source_nulls: Floats
    target_nulls: Floats

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {word: row for row, word in enumerate(self.sources)}

    @cached_property
    def _places(self) -> dict[str, int]:
        return {word: place for place, word in enumerate(self.targets)}

    @cached_property
    def digest(self) -> str:
        """12 hexadecimal digits of the content."""
        found = hashlib.sha256("\0".join((*self.sources, "", *self.targets)).encode("utf-8", "surrogatepass"))
        for values in self._arrays().values():
            found.update(values.tobytes())
        return found.hexdigest()[:12]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LexicalTable) and other.digest == self.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"LexicalTable({self.digest})"

    def chances(self, source: Sequence[str], target: Sequence[str]) -> tuple[Floats, Floats]:
        """p(target word | source word) and p(source word | target word), (n, m) each; 0 where not kept."""
        forward = np.zeros((len(source), len(target)), np.float32)
        backward = np.zeros_like(forward)
        places = np.array([self._places.get(word.casefold(), -1) for word in target], np.int64)
        for i, word in enumerate(source):
            row = self._rows.get(word.casefold())
            if row is None:
                continue
            entries = slice(self.bounds[row], self.bounds[row + 1])
            columns = self.columns[entries]
            if not len(columns):
                continue
            found = np.searchsorted(columns, places).clip(max=len(columns) - 1)
            hit = columns[found] == places
            forward[i] = np.where(hit, self.forward[entries][found], 0)
            backward[i] = np.where(hit, self.backward[entries][found], 0)
        return forward, backward

    def evidence(self, source: Sequence[str], target: Sequence[str]) -> Floats:
        """(n, m) log of how much likelier two words are as translations than by chance, 0 to STRONGEST.

        The mean of both directions; 0 for word pairs that are not in the table.
        """
        forward, backward = self.chances(source, target)
        known = (forward > 0) | (backward > 0)
        by_target = self.target_share(target)[None, :]
        by_source = self.source_share(source)[:, None]
        ratio = np.log(np.maximum(forward, FLOOR) / by_target) + np.log(
            np.maximum(backward, FLOOR) / by_source
        )
        values = np.where(known, (ratio / 2).clip(0, STRONGEST), 0).astype(np.float32)
        return np.asarray(np.maximum(values, SAME_WORD * self.unknown_and_same(source, target)))

    def source_share(self, words: Sequence[str]) -> Floats:
        return _looked_up(words, self._rows, self.source_shares, 1.0)

    def target_share(self, words: Sequence[str]) -> Floats:
        return _looked_up(words, self._places, self.target_shares, 1.0)

    def source_null(self, words: Sequence[str]) -> Floats:
        return _looked_up(words, self._rows, self.source_nulls, 0.0)

    def target_null(self, words: Sequence[str]) -> Floats:
        return _looked_up(words, self._places, self.target_nulls, 0.0)

    def unknown_and_same(self, source: Sequence[str], target: Sequence[str]) -> NDArray[np.bool_]:
        left = [word if (word := token.casefold()) not in self._rows else "" for token in source]
        right = [word if (word := token.casefold()) not in self._places else "" for token in target]
        if not any(left) or not any(right):
            return np.zeros((len(source), len(target)), bool)
        return np.array([[bool(a) and a == b for b in right] for a in left], bool)

    def to_bytes(self) -> bytes:
        """The table as compressed bytes; equal tables give equal bytes."""
        file = io.BytesIO()
        np.save(file, np.array([VERSION, len(self.sources), len(self.targets)], np.int64))
        words = "\0".join((*self.sources, *self.targets)).encode("utf-8", "surrogatepass")
        np.save(file, np.frombuffer(words, np.uint8))
        for values in self._arrays().values():
            np.save(file, values, allow_pickle=False)
        return zlib.compress(file.getvalue(), 6)

    @classmethod
    def from_bytes(cls, data: bytes) -> "LexicalTable":
        """What `to_bytes` gave. Raises ValueError for anything else."""
        try:
            file = io.BytesIO(zlib.decompress(data))
            version, n_sources, n_targets = np.load(file, allow_pickle=False).tolist()
            if version != VERSION:
                raise ValueError(f"a table of version {version}; this one reads {VERSION}")
            text = np.load(file, allow_pickle=False).tobytes().decode("utf-8", "surrogatepass")
            words = tuple(text.split("\0")) if n_sources + n_targets else ()
            arrays = [np.load(file, allow_pickle=False) for _ in range(8)]
        except (zlib.error, EOFError) as error:
            raise ValueError(f"not a table of word translations: {error}") from error
        return cls(words[:n_sources], words[n_sources:], *arrays)

    def _arrays(self) -> dict[str, NDArray[Any]]:
        names = (
            "bounds", "columns", "forward", "backward",
            "source_shares", "target_shares", "source_nulls", "target_nulls",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}


def _looked_up(words: Sequence[str], places: dict[str, int], values: Floats, other: float) -> Floats:
    found = [values[place] if (place := places.get(word.casefold())) is not None else other for word in words]
    return np.array(found, np.float32)

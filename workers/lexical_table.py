"""What words of one language become in the other, learnt from sentence pairs without any label.

The learning is Thot's: eflomal's Bayesian model of word alignment, which needs few pairs (Östling and
Tiedemann 2016). What is kept of it is a sparse table of translation probabilities both ways, small enough to
be stored with a run and read by every worker, so that all of its chunks use the same numbers.
"""

import hashlib
import io
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workers.model_cache import ModelUnavailable

VERSION = 1
MAX_PAIRS = 20_000  # that are learnt from: about two minutes of one core
MAX_WORDS = 200  # of a side of such a pair
MAX_ENTRIES = 1_000_000  # 8 MB
LEAST_CHANCE = 0.001  # of a translation that is kept
FLOOR = 1e-4  # of the direction that does not have a word pair which the other has
STRONGEST = 10.0  # log of the largest factor that counts
SAME_WORD = 5.0  # log of the factor of a word that is in neither list and comes back as it was
SEED = 20_261_122

Pair = tuple[Sequence[str], Sequence[str]]
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


def learn_table(pairs: Iterable[Pair], *, max_pairs: int = MAX_PAIRS) -> LexicalTable:
    """Learn from token sequences, from a sample of at most `max_pairs`; equal pairs give an equal table.

    Pairs with an empty side or one of more than MAX_WORDS words teach nothing. Raises ModelUnavailable where
    Thot is not installed.
    """
    usable = [
        ([token.casefold() for token in source], [token.casefold() for token in target])
        for source, target in sample_pairs(pairs, max_pairs)
    ]
    there = _translations(usable)
    back = _translations([(target, source) for source, target in usable])
    source_counts = Counter(word for source, _ in usable for word in source)
    target_counts = Counter(word for _, target in usable for word in target)
    sources, targets = tuple(sorted(source_counts)), tuple(sorted(target_counts))
    entries = _joined(there, back, sources, targets)
    bounds = np.searchsorted(entries[0], np.arange(len(sources) + 1))
    return LexicalTable(
        sources=sources,
        targets=targets,
        bounds=bounds.astype(np.int64),
        columns=entries[1].astype(np.int32),
        forward=entries[2].astype(np.float16),
        backward=entries[3].astype(np.float16),
        source_shares=_shares(sources, source_counts),
        target_shares=_shares(targets, target_counts),
        source_nulls=np.array([back.get(("", word), 0.0) for word in sources], np.float32),
        target_nulls=np.array([there.get(("", word), 0.0) for word in targets], np.float32),
    )


def sample_pairs(pairs: Iterable[Pair], max_pairs: int) -> list[Pair]:
    """At most `max_pairs` of the usable pairs, each as likely as any other, in order, in bounded memory."""
    chance = Random(SEED)  # noqa: S311  (a sample, not a secret)
    kept: list[tuple[int, Pair]] = []
    usable = (pair for pair in pairs if all(0 < len(side) <= MAX_WORDS for side in pair))
    for number, pair in enumerate(usable):
        if len(kept) < max_pairs:
            kept.append((number, pair))
        elif (place := chance.randrange(number + 1)) < max_pairs:
            kept[place] = (number, pair)
    return [pair for _, pair in sorted(kept, key=lambda item: item[0])]


def _translations(pairs: Sequence[tuple[list[str], list[str]]]) -> dict[tuple[str, str], float]:
    """(word, translation) -> probability, those of at least LEAST_CHANCE; the empty word is ""."""
    if not pairs:
        return {}
    try:
        from thot.alignment import EflomalAlignmentModel
    except ImportError as error:
        raise ModelUnavailable(
            "learning word translations needs the package sil-thot, which this machine does not have "
            "(there is no wheel of it for every kind of machine)"
        ) from error
    model = EflomalAlignmentModel()
    model.seed, model.deterministic, model.num_samplers = SEED, True, 1
    for source, target in pairs:
        model.add_sentence_pair(source, target)
    model.start_training()
    for _ in range(model.scheduled_iterations):
        model.train()
    model.end_training()
    words = ["", *(model.get_src_word(index) for index in range(1, model.src_vocab_size))]
    return {
        (word, model.get_trg_word(translation)): chance
        for index, word in enumerate(words)
        for translation, chance in model.get_translations(index, LEAST_CHANCE)
    }


def _joined(
    there: dict[tuple[str, str], float],
    back: dict[tuple[str, str], float],
    sources: Sequence[str],
    targets: Sequence[str],
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Rows, columns, forward and backward chances of the MAX_ENTRIES likeliest word pairs, in order."""
    rows = {word: row for row, word in enumerate(sources)}
    places = {word: place for place, word in enumerate(targets)}
    keys = {key for key in there if key[0]} | {(source, target) for target, source in back if target}
    table = np.array(
        [
            (rows[source], places[target], there.get((source, target), 0.0), back.get((target, source), 0.0))
            for source, target in sorted(keys)
            if source in rows and target in places
        ]
    ).reshape(-1, 4)
    if len(table) > MAX_ENTRIES:
        weakest_first = np.argsort(table[:, 2] + table[:, 3], kind="stable")
        table = table[np.sort(weakest_first[-MAX_ENTRIES:])]
    order = np.lexsort((table[:, 1], table[:, 0]))
    row, column, forward, backward = table[order].T
    return row, column, forward, backward


def _shares(words: Sequence[str], counts: Counter[str]) -> Floats:
    return np.array([counts[word] / counts.total() for word in words], np.float32)


def _looked_up(words: Sequence[str], places: dict[str, int], values: Floats, other: float) -> Floats:
    found = [values[place] if (place := places.get(word.casefold())) is not None else other for word in words]
    return np.array(found, np.float32)

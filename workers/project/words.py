"""What single words tell, worked out once per word: letters, written form, and what the run has shown.

Words are numbered as they are met, so that everything about a sentence's words is an array look-up.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from workers.project.batch import FlatBatch, Floats, Ints
from workers.project.forms import PAD, letter_set, plain_form, token_shape

COLUMNS = ("upper", "lower", "punctuation", "edge-first", "edge-last", "rarity", "name-like")
MAX_WORDS = 300_000  # kept at a time; more are forgotten and looked up again
USUAL_RARITY = 0.8


class WordKnowledge(Protocol):
    """What the run's statistics know about words, see `statistics.PairStatistics`."""

    def edge_log_odds(self, words: Sequence[str]) -> Floats: ...

    def usage(self, words: Sequence[str]) -> Floats: ...


class WordTable:
    """What is known per word number; number 0 is no word, all zeros.

    rows: COLUMNS. form_number: place of the plain form in `forms`; letters: its letter_set; long: it has more
    than two. hashes: of the lower-cased word.
    """

    def __init__(self, knowledge: WordKnowledge) -> None:
        self.knowledge = knowledge
        self.forget()

    def forget(self) -> None:
        self.numbers: dict[str, int] = {}
        self.form_numbers: dict[str, int] = {"": 0}
        self.forms: list[str] = [""]
        self.rows: NDArray[np.float32] = np.zeros((1, len(COLUMNS)), dtype=np.float32)
        self.form_number: Ints = np.zeros(1, dtype=np.int64)
        self.letters: NDArray[np.uint64] = np.zeros(1, dtype=np.uint64)
        self.long: NDArray[np.bool_] = np.zeros(1, dtype=bool)
        self.hashes: Ints = np.zeros(1, dtype=np.int64)

    def number(self, tokens: Sequence[str]) -> Ints:
        """(tokens,) the number of each token; numbers given out before may be forgotten."""
        new = set(tokens).difference(self.numbers)
        if len(self.numbers) + len(new) > MAX_WORDS:
            self.forget()
            new = set(tokens)
        if new:
            self._add(list(new))
        return np.fromiter(map(self.numbers.__getitem__, tokens), np.int64, len(tokens))

    def _add(self, words: Sequence[str]) -> None:
        begin = len(self.rows)
        self.numbers.update(zip(words, range(begin, begin + len(words)), strict=True))
        shapes = np.array([token_shape(word) for word in words], dtype=np.float32)
        folded = [word.casefold() for word in words]
        parts: list[NDArray[np.floating]] = [shapes[:, [0, 1, 3]]]
        parts += [self.knowledge.edge_log_odds(folded), self.knowledge.usage(folded)]
        self.rows = np.concatenate([self.rows, np.concatenate(parts, axis=1).astype(np.float32)])
        forms = [plain_form(word) for word in words]
        for form in forms:
            self.form_numbers.setdefault(form, len(self.form_numbers))
        self.forms = list(self.form_numbers)
        numbers = [self.form_numbers[form] for form in forms]
        self.form_number = np.concatenate([self.form_number, np.array(numbers, dtype=np.int64)])
        letters = np.array([letter_set(form) for form in forms], dtype=np.uint64)
        self.letters = np.concatenate([self.letters, letters])
        self.long = np.concatenate([self.long, np.array([len(form) > 2 for form in forms], dtype=bool)])
        self.hashes = np.concatenate([self.hashes, np.array([hash(word) for word in folded], dtype=np.int64)])


@dataclass(frozen=True, slots=True)
class BatchWords:
    """The words of a batch as numbers of `table`.

    target: (sentences, PAD + longest target + PAD), 0 where there is no word; only sentences with entities.
    source: (entity words,); first, last: (entities,) places in it. keys: each entity's lower-cased string.
    """

    table: WordTable
    target: Ints
    source: Ints
    first: Ints
    last: Ints
    keys: list[str]


def number_words(flat: FlatBatch, table: WordTable) -> BatchWords:
    sentences = np.unique(flat.sentence)
    tokens = [flat.inputs[number].target_tokens for number in sentences.tolist()]
    bounds = zip(flat.sentence.tolist(), flat.start.tolist(), flat.end.tolist(), strict=True)
    entities = [flat.inputs[number].source_tokens[low:high] for number, low, high in bounds]
    lengths = np.fromiter(map(len, tokens), np.int64, len(tokens))
    n_words = int(lengths.sum())
    found = table.number(list(chain(*tokens, *entities)))
    target = np.zeros((len(flat.inputs), int(lengths.max(initial=1)) + 2 * PAD), dtype=np.int64)
    row = np.repeat(sentences, lengths)
    column = np.arange(n_words) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    target[row, PAD + column] = found[:n_words]
    last = np.cumsum(flat.length) - 1
    keys = [" ".join(words).casefold() for words in entities]
    return BatchWords(table, target, found[n_words:], last - flat.length + 1, last, keys)


def describe_usage(words: Iterable[str], counts: Mapping[str, Sequence[int]], total: int) -> Floats:
    """(words, 2) rarity and name-likeness of lower-cased words.

    counts: word -> [times used, times capitalised, times not], the last two away from sentence starts.
    total: words counted. Rarity is minus the log of the relative frequency over 10, USUAL_RARITY where
    nothing was counted; name-likeness is between -1 (never capitalised) and 1, 0 where nothing is known.
    """
    known = np.array([counts.get(word, (1, 0, 0)) for word in words], dtype=np.float64).reshape(-1, 3)
    rarity = np.log((total + 1) / known[:, 0]) / 10 if total else np.full(len(known), USUAL_RARITY)
    name_like = (known[:, 1] - known[:, 2]) / (known[:, 1] + known[:, 2] + 1)
    return np.stack([rarity, name_like], axis=1)

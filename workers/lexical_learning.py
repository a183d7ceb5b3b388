"""Learning what words of one language become in the other, from sentence pairs without any label.

The learning is Thot's: eflomal's Bayesian model of word alignment, which needs few pairs (Östling and
Tiedemann 2016).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workers.lexical_table import Floats, LexicalTable
from workers.model_cache import ModelUnavailable

MAX_PAIRS = 20_000  # that are learnt from: about two minutes of one core
MAX_WORDS = 200  # of a side of such a pair
MAX_ENTRIES = 1_000_000  # 8 MB
LEAST_CHANCE = 0.001  # of a translation that is kept
SEED = 20_261_122

Pair = tuple[Sequence[str], Sequence[str]]


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

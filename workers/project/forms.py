"""Written forms: which target words look like an entity's words, and what a token's letters tell."""

import unicodedata
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from workers.project.batch import FlatBatch

SHAPES = ("upper", "lower", "digit", "punctuation", "opening", "closing")


@lru_cache(maxsize=200_000)
def plain_form(token: str) -> str:
    """Latin letters without marks or case, for any script (Путин -> putin, القاهرة -> alqahrt)."""
    if token.isascii():
        return token.casefold()
    from anyascii import anyascii

    return str(anyascii(token)).casefold()


@lru_cache(maxsize=200_000)
def token_shape(token: str) -> tuple[bool, ...]:
    """Which of SHAPES the token has: by its first letter, any digit, or punctuation throughout."""
    categories = [unicodedata.category(character) for character in token]
    first = next((category for category in categories if category[0] == "L"), "")
    return (
        first in ("Lu", "Lt"),
        first == "Ll",
        "Nd" in categories,
        all(category[0] in "PS" for category in categories),
        all(category in ("Ps", "Pi") for category in categories),
        all(category in ("Pe", "Pf") for category in categories),
    )


def form_rows(flat: FlatBatch) -> NDArray[np.float32]:
    """(entity words, target words) how alike the forms are, 0 to 1; rows follow the entities' words.

    Jaro-Winkler similarity of plain forms, 0 below 0.75 and rescaled above; words of one or two letters
    must be equal, and punctuation is like nothing.
    """
    from rapidfuzz.distance import JaroWinkler
    from rapidfuzz.process import cdist

    width = int(flat.n_target.max(initial=0))
    rows = np.zeros((int(flat.length.sum()), width), dtype=np.float32)
    first = np.cumsum(flat.length) - flat.length
    sentences, begin = np.unique(flat.sentence, return_index=True)
    end = np.append(begin[1:], flat.n_entities)
    for number, low, high in zip(sentences, begin, end, strict=True):
        item = flat.inputs[number]
        words = [
            plain_form(token)
            for start, stop in zip(flat.start[low:high], flat.end[low:high], strict=True)
            for token in item.source_tokens[start:stop]
        ]
        targets = list(map(plain_form, item.target_tokens))
        alike = cdist(words, targets, scorer=JaroWinkler.normalized_similarity, dtype=np.float32)
        rows[first[low] : first[low] + len(words), : len(targets)] = alike * _comparable(
            words, targets, alike
        )
    rescaled: NDArray[np.float32] = np.maximum(rows - 0.75, 0.0) * 4.0
    return rescaled


@lru_cache(maxsize=200_000)
def _is_long(form: str) -> bool:
    return len(form) > 2


@lru_cache(maxsize=200_000)
def _is_spelled(form: str) -> bool:
    return any(map(str.isalnum, form))


def _comparable(words: list[str], targets: list[str], alike: NDArray[np.float32]) -> NDArray[np.bool_]:
    long_word, long_target = np.array(list(map(_is_long, words))), np.array(list(map(_is_long, targets)))
    spelled = np.array(list(map(_is_spelled, words)))
    return np.asarray(((long_word[:, None] & long_target) | (alike == 1.0)) & spelled[:, None])

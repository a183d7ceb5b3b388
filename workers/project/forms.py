"""Written forms: which target words look like an entity's words, and what a token's letters tell."""

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from workers.project.batch import FlatBatch

if TYPE_CHECKING:
    from workers.project.words import BatchWords, WordTable

SHAPES = ("upper", "lower", "digit", "punctuation", "opening", "closing")
PAD = 2  # places kept free on either side of a sentence in arrays of its words
LEAST_ALIKE = 0.75  # Jaro-Winkler similarity below which two forms have nothing in common


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


@lru_cache(maxsize=200_000)
def letter_set(form: str) -> int:
    """The letters and digits of a plain form as bits; 0 for punctuation."""
    bits = 0
    for character in form:
        if character.isalnum():
            bits |= 1 << (ord(character) % 61)
    return bits


def form_rows(flat: FlatBatch, words: "BatchWords") -> NDArray[np.float32]:
    """(entity words, longest target) how alike the forms are, 0 to 1; rows follow the entities' words.

    Jaro-Winkler similarity of plain forms, 0 below LEAST_ALIKE and rescaled above; words of one or two
    letters must be equal, and punctuation is like nothing.
    """
    from rapidfuzz.distance import JaroWinkler
    from rapidfuzz.process import cpdist

    table, width = words.table, int(flat.n_target.max(initial=0))
    of_word = np.repeat(np.arange(flat.n_entities), flat.length)
    theirs = words.target[flat.sentence[of_word], PAD : PAD + width]
    word, column = _comparable(table, words.source[:, None], theirs)
    rows = np.zeros(theirs.shape, dtype=np.float32)
    one, other = table.form_number[words.source[word]], table.form_number[theirs[word, column]]
    pairs, which = np.unique(one * len(table.forms) + other, return_inverse=True)
    if len(pairs):
        forms = np.array(table.forms, dtype=object)
        alike = cpdist(
            forms[pairs // len(forms)].tolist(),
            forms[pairs % len(forms)].tolist(),
            scorer=JaroWinkler.normalized_similarity,
            dtype=np.float32,
        )
        rescaled = np.maximum(alike - LEAST_ALIKE, 0.0) / (1.0 - LEAST_ALIKE)
        rows[word, column] = rescaled[which]
    return rows


def _comparable(
    table: "WordTable", mine: NDArray[np.int64], theirs: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which word numbers in one row are worth comparing: (row, column).

    Both are longer than two letters and share a third of their letters, or their forms are equal.
    """
    letters = table.letters
    spelled = letters[mine] > 0
    sizes = np.bitwise_count(letters)
    shared = np.bitwise_count(letters[mine] & letters[theirs])
    near = (3 * shared >= np.minimum(sizes[mine], sizes[theirs])) & table.long[mine] & table.long[theirs]
    same = table.form_number[mine] == table.form_number[theirs]
    rows, columns = np.nonzero((theirs > 0) & spelled & (near | same))
    return rows, columns

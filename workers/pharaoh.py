"""Word alignments as text: a line per sentence pair, `i-j` for source token i and target token j, from 0."""

import re
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Links = NDArray[np.int32]

_LINK = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")  # numbers that an int32 holds


class PharaohError(ValueError):
    """A line that is not Pharaoh text, or a link outside its sentences."""


def links_to_pharaoh(links: Links) -> str:
    """int (k, 2) links as `i-j i-j ...` in their order; "" when there are none."""
    return " ".join(f"{i}-{j}" for i, j in links.tolist())


def scores_to_text(scores: Iterable[float]) -> str:
    """The scores of one line's links, in the links' order, with six decimals."""
    return " ".join(f"{score:.6f}" for score in scores)


def pharaoh_to_links(line: str, *, n_source: int | None = None, n_target: int | None = None) -> Links:
    """The links of one line, sorted, without repeats, int32 (k, 2).

    n_source, n_target: numbers of tokens, to check the links against.
    Raises PharaohError naming the link and what was allowed.
    """
    links = set()
    for text in line.split():
        found = _LINK.fullmatch(text)
        if found is None:
            raise PharaohError(f"{text!r} is not a link; expected i-j with token numbers from 0")
        i, j = int(found[1]), int(found[2])
        for number, n_tokens, side in ((i, n_source, "source"), (j, n_target, "target")):
            if n_tokens is not None and number >= n_tokens:
                raise PharaohError(
                    f"link {text}: the {side} has {n_tokens} tokens, numbered 0 to {n_tokens - 1}"
                    if n_tokens
                    else f"link {text}: the {side} has no tokens"
                )
        links.add((i, j))
    return np.array(sorted(links), dtype=np.int32).reshape(-1, 2)

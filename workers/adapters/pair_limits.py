"""Which sentence pairs an aligner takes."""

from collections.abc import Sequence

import numpy as np

from workers.align import Alignment

Pair = tuple[Sequence[str], Sequence[str]]

MAX_TOKENS = 5_000  # of one side
MAX_CHARACTERS = 50_000
MAX_CELLS = 8_000_000  # subword pairs of one sentence pair, or word pairs where words are compared


def refuse(pair: Pair) -> Alignment | None:
    """What a pair gets that is not aligned at all; None for one that is."""
    if not pair[0] or not pair[1]:
        return Alignment(np.zeros((0, 2), np.int32), np.zeros(0, np.float32), status="empty")
    longest = max(len(pair[0]), len(pair[1]))
    if longest > MAX_TOKENS:
        return failed(f"a side of {longest} tokens; at most {MAX_TOKENS} can be aligned")
    largest = max(sum(map(len, side)) for side in pair)
    if largest > MAX_CHARACTERS:
        return failed(f"a side of {largest} characters; at most {MAX_CHARACTERS} can be aligned")
    return None


def failed(message: str) -> Alignment:
    return Alignment(np.zeros((0, 2), np.int32), np.zeros(0, np.float32), status="failed", message=message)

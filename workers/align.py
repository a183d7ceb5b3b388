"""Word alignment: sentence pairs in, links and a soft similarity matrix out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Alignment:
    """The alignment of one sentence pair of n source and m target tokens.

    links: int32 array (k, 2), sorted, 0-based (i, j). scores: float32 array (k,), each in [0, 1].
    similarity: float16 array (n, m) of word-to-word similarity in [0, 1], or None. Its scale is the aligner's
        own: "simalign" and "fused" give (cosine + 1) / 2, "awesome" something like a probability.
    status: "" when aligned, "empty" when a side has no tokens, "failed" with the reason in `message`.
    """

    links: NDArray[np.int32]
    scores: NDArray[np.float32]
    similarity: NDArray[np.float16] | None = None
    status: str = ""
    message: str = ""


class Aligner(Protocol):
    """A word aligner with its options fixed.

    One with a true attribute `learns` also has `learn(pairs)`, which returns what it must be given as its
    option `table` before it can align; see `learn_from`.
    """

    name: str

    @property
    def signature(self) -> str:
        """Model with revision, extraction method, options and version in one line."""
        ...

    def align(self, pairs: Sequence[tuple[Sequence[str], Sequence[str]]]) -> list[Alignment]:
        """Align token sequences; one Alignment per pair, in order. A bad pair is a status, not an error."""
        ...


ALIGNERS = {
    "fused": "workers.adapters.fused_aligner.FusedAligner",
    "simalign": "workers.adapters.simalign_aligner.SimAligner",
    "awesome": "workers.adapters.awesome_aligner.AwesomeAligner",
    "statistical": "workers.adapters.statistical_aligner.StatisticalAligner",
}
DEFAULT_ALIGNER = "fused"


def get_aligner(name: str = DEFAULT_ALIGNER, **options: Any) -> Aligner:
    """The aligner called `name`. Raises ValueError for an unknown name or option."""
    if name not in ALIGNERS:
        raise ValueError(f"unknown aligner {name!r}; known: {', '.join(ALIGNERS)}")
    module, _, attribute = ALIGNERS[name].rpartition(".")
    try:
        aligner: Aligner = getattr(import_module(module), attribute)(**options)
    except TypeError as error:
        raise ValueError(f"options {sorted(options)} do not fit aligner {name!r}: {error}") from error
    return aligner


def learn_from(aligner: Aligner, pairs: Iterable[tuple[Sequence[str], Sequence[str]]]) -> dict[str, Any]:
    """The further options that this aligner wants to work on these pairs; {} when it learns nothing."""
    if not getattr(aligner, "learns", False):
        return {}
    return {"table": cast(Any, aligner).learn(pairs)}


def ready_aligner(name: str, pairs: Iterable[tuple[Sequence[str], Sequence[str]]], **options: Any) -> Aligner:
    """The aligner called `name`, having learnt from the pairs that it is for, if it is one that learns."""
    aligner = get_aligner(name, **options)
    learnt = learn_from(aligner, pairs)
    return get_aligner(name, **options, **learnt) if learnt else aligner

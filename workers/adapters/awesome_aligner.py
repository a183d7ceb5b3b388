"""The extraction of awesome-align on any encoder, batched."""

from collections.abc import Callable, Sequence

import torch

from workers.adapters.pair_batches import (
    BatchLinks,
    Side,
    align_pairs,
    subword_links_to_words,
    subword_to_word_max,
)
from workers.adapters.pair_limits import Pair
from workers.align import Alignment
from workers.encode import Encoder
from workers.encoder_models import PACKAGED
from workers.extract import entmax15

DEFAULT_LAYER = {PACKAGED: 7}
METHODS: dict[str, Callable[[torch.Tensor, int], torch.Tensor]] = {
    "softmax": lambda scores, dim: scores.softmax(dim),
    "entmax15": entmax15,
}
DEFAULT_THRESHOLD = {"softmax": 0.001, "entmax15": 0.0}


class AwesomeAligner:
    """awesome-align's two-way softmax or entmax over subwords, on any encoder.

    Subwords are linked when both directions give more than `threshold`, words when any of their subwords are
    (Dou and Neubig 2021, section 2.2). Dot products of the vectors are compared as they are, without
    centring. A link's score, and the similarity, is the harmonic mean of the two directions with the dot
    products divided by the square root of the dimension, the largest over the words' subwords: in [0, 1]
    and much like a probability.
    """

    name = "awesome"

    def __init__(
        self,
        *,
        model: str = PACKAGED,
        layer: int | None = None,
        method: str = "softmax",
        threshold: float | None = None,
        device: str = "auto",
        dtype: str = "auto",
    ) -> None:
        if method not in METHODS:
            raise ValueError(f"unknown method {method!r}; known: {', '.join(METHODS)}")
        self.method = method
        self.threshold = DEFAULT_THRESHOLD[method] if threshold is None else threshold
        if not 0 <= self.threshold < 1:
            raise ValueError(f"threshold must be at least 0 and below 1, not {threshold}")
        layer = DEFAULT_LAYER.get(model, 8) if layer is None else layer
        self.encoder = Encoder(model, layers=(layer,), device=device, dtype=dtype)

    @property
    def signature(self) -> str:
        return f"awesome:1 {self.encoder.signature} method={self.method} threshold={self.threshold:g}"

    def align(self, pairs: Sequence[Pair]) -> list[Alignment]:
        return align_pairs(self.encoder, pairs, self._extract)

    @torch.inference_mode()
    def _extract(self, source: Side, target: Side, _pairs: list[Pair]) -> BatchLinks:
        x, y = source.vectors[0], target.vectors[0]
        products = x @ y.transpose(1, 2)
        forward, backward = self._both_ways(products, source, target)
        links = (forward > self.threshold) & (backward > self.threshold)
        f, b = self._both_ways(products / x.shape[-1] ** 0.5, source, target)
        agreement = subword_to_word_max(2 * f * b / (f + b).clamp_min(1e-9), source, target)
        return BatchLinks(subword_links_to_words(links, source, target), agreement, agreement)

    def _both_ways(
        self, products: torch.Tensor, source: Side, target: Side
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Each source subword's distribution over the target's, and the other way round; 0 on padding."""
        normalise = METHODS[self.method]
        lowest = torch.finfo(products.dtype).min / 4
        forward = normalise(products.masked_fill(~target.present[:, None, :], lowest), 2)
        backward = normalise(products.masked_fill(~source.present[:, :, None], lowest), 1)
        return forward * source.present[:, :, None], backward * target.present[:, None, :]

"""SimAlign on any encoder, batched: the links of the `simalign` package, many times faster."""

from collections.abc import Sequence

import torch

from workers.adapters.pair_batches import (
    BatchLinks,
    Side,
    align_pairs,
    cosine,
    subword_links_to_words,
)
from workers.adapters.pair_limits import Pair
from workers.align import Alignment
from workers.encode import Encoder
from workers.encoder_models import PACKAGED
from workers.extract import EXTRACTIONS, apply_distortion

DEFAULT_LAYER = {PACKAGED: 7}  # layers 5 to 7 of its 12 align best; BERT-base and XLM-R-base: 8
TOKEN_TYPES = ("bpe", "word")


class SimAligner:
    """SimAlign (Jalili Sabet et al. 2020).

    token_type: "bpe" links subwords, and words through any of theirs; "word" links mean vectors.
    distortion: strength of the diagonal prior, 0 to 1. The similarity given is (cosine + 1) / 2 of the words'
    mean vectors whatever the token type, and a link's score is its similarity.
    """

    name = "simalign"

    def __init__(
        self,
        *,
        model: str = PACKAGED,
        layer: int | None = None,
        token_type: str = "bpe",  # noqa: S107  (a kind of token, not a password)
        method: str = "itermax",
        distortion: float = 0.0,
        device: str = "auto",
        dtype: str = "auto",
    ) -> None:
        if method not in EXTRACTIONS:
            raise ValueError(f"unknown method {method!r}; known: {', '.join(EXTRACTIONS)}")
        if token_type not in TOKEN_TYPES:
            raise ValueError(f"unknown token type {token_type!r}; known: {', '.join(TOKEN_TYPES)}")
        if not 0 <= distortion <= 1:
            raise ValueError(f"distortion must be between 0 and 1, not {distortion}")
        self.token_type = token_type
        self.method = method
        self.distortion = distortion
        layer = DEFAULT_LAYER.get(model, 8) if layer is None else layer
        self.encoder = Encoder(model, layers=(layer,), device=device, dtype=dtype)

    @property
    def signature(self) -> str:
        return (
            f"simalign:1 {self.encoder.signature} method={self.method} tokens={self.token_type} "
            f"distortion={self.distortion:g}"
        )

    def align(self, pairs: Sequence[Pair]) -> list[Alignment]:
        return align_pairs(self.encoder, pairs, self._extract)

    @torch.inference_mode()
    def _extract(self, source: Side, target: Side, _pairs: list[Pair]) -> BatchLinks:
        x, y = source.vectors[0], target.vectors[0]
        words = similarity_01(source.word_means(x), target.word_means(y))
        extraction = EXTRACTIONS[self.method]
        if self.token_type == "word":  # noqa: S105
            bent = apply_distortion(words, source.n_words, target.n_words, self.distortion)
            links = extraction(bent, source.has_subword, target.has_subword)
        else:
            n, m = source.present.sum(1), target.present.sum(1)
            bent = apply_distortion(similarity_01(x, y), n, m, self.distortion)
            links = subword_links_to_words(extraction(bent, source.present, target.present), source, target)
        return BatchLinks(links, scores=words, similarity=words)


def similarity_01(source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """(cosine + 1) / 2, as SimAlign has it."""
    return ((cosine(source, target) + 1) / 2).clamp(0, 1)

"""Word alignment by soft agreement in a space made for it; the default aligner."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import torch

from workers.adapters.alignment_space import PACKAGED_SPACE, load_space, plain_space
from workers.adapters.pair_batches import (
    BatchLinks,
    Side,
    align_pairs,
    cosine,
    subword_to_word_max,
)
from workers.adapters.pair_limits import Pair
from workers.align import Alignment
from workers.encode import Encoder
from workers.encoder_models import PACKAGED
from workers.extract import diagonal_penalty, null_posterior
from workers.lexical_learning import MAX_PAIRS, learn_table
from workers.lexical_table import LexicalTable

LAYERS = {PACKAGED: (6, 7)}
LOGITS_PER_COSINE = 20.0  # inverse temperature
NULL_COSINE = 0.1
DIAGONAL = 2.0  # logits that a cell in the far corner loses


class FusedAligner:
    """Soft agreement of fused layers in a whitened space; best links and similarities.

    Each word pair is compared twice, by the mean of its subwords' vectors and by its most similar subwords,
    in the space of `alignment_space`; the average c of the two cosines, with a mild preference for the
    diagonal, competes with the other words of its row and its column and with the empty word. A link's score
    is that posterior, and links are the word pairs whose score reaches `threshold`.
    The similarity given is (c + 1) / 2: linear in the logits, not a probability.

    voter: let word translations that are learnt from the run's own pairs (see `lexical_learning`) speak too,
    for languages that the encoder knows little of; voter_weight: the logits that a factor of e is worth.
    space: a file made by `manage.py fit_aligner` for this model and these layers. The packaged encoder has
    one; other encoders do without if none is given, and align a little worse.
    """

    name = "fused"

    def __init__(
        self,
        *,
        model: str = PACKAGED,
        layers: Sequence[int] | None = None,
        space: str | None = None,
        threshold: float = 0.4,
        voter: bool = False,
        voter_weight: float = 0.3,
        max_pairs: int = MAX_PAIRS,
        table: LexicalTable | None = None,
        device: str = "auto",
        dtype: str = "auto",
    ) -> None:
        if not 0 < threshold < 1:
            raise ValueError(f"threshold must be between 0 and 1, not {threshold}")
        if voter_weight <= 0:
            raise ValueError(f"voter_weight must be positive, not {voter_weight}")
        self.threshold = threshold
        self.voter = self.learns = voter
        self.voter_weight = voter_weight
        self.max_pairs = max_pairs
        self.table = table
        layers = tuple(layers) if layers else LAYERS.get(model, (7, 8))
        self.encoder = Encoder(model, layers=layers, join_unspaced=True, device=device, dtype=dtype)
        n_layers, dim = len(layers), self.encoder.dim
        if space is not None:
            self.space = load_space(Path(space))
        elif (model, layers) == (PACKAGED, LAYERS[PACKAGED]):
            self.space = load_space(PACKAGED_SPACE)
        else:
            self.space = plain_space(n_layers, dim)
        if self.space.mean.shape != (n_layers, dim):
            raise ValueError(
                f"the space is for {tuple(self.space.mean.shape)} layers and dimensions, "
                f"the encoder gives {(n_layers, dim)}"
            )
        self.space = self.space.to(self.encoder.device)

    @property
    def signature(self) -> str:
        voter = ""
        if self.voter:
            learnt = self.table.digest if self.table else "nothing"
            voter = f" voter={self.voter_weight:g} max_pairs={self.max_pairs} learnt={learnt}"
        return f"fused:1 {self.encoder.signature} space={self.space.name} threshold={self.threshold:g}{voter}"

    def learn(self, pairs: Iterable[Pair]) -> LexicalTable:
        """What the voter knows."""
        return learn_table(pairs, max_pairs=self.max_pairs)

    def align(self, pairs: Sequence[Pair]) -> list[Alignment]:
        return align_pairs(self.encoder, pairs, self._extract)

    @torch.inference_mode()
    def _extract(self, source: Side, target: Side, pairs: list[Pair]) -> BatchLinks:
        x, y = self.space.apply(source), self.space.apply(target)
        by_mean = cosine(source.word_means(x), target.word_means(y))
        by_subword = subword_to_word_max(cosine(x, y), source, target)
        fused = (by_mean + by_subword) / 2
        _, n, m = fused.shape
        penalty = diagonal_penalty(source.n_words, target.n_words, n, m)
        logits = LOGITS_PER_COSINE * fused - DIAGONAL * penalty
        if self.voter:
            logits = logits + self.voter_weight * self._votes(pairs, n, m).to(logits.device)
        scores = null_posterior(
            logits, source.has_subword, target.has_subword, LOGITS_PER_COSINE * NULL_COSINE
        )
        return BatchLinks(scores >= self.threshold, scores, similarity=(fused + 1) / 2)

    def _votes(self, pairs: list[Pair], n: int, m: int) -> torch.Tensor:
        """What was learnt speaks for each word pair, (B, n, m)."""
        if self.table is None:
            raise ValueError("the voter has not learnt yet: give the aligner sentence pairs to learn from")
        votes = torch.zeros(len(pairs), n, m)
        for number, (source, target) in enumerate(pairs):
            found = torch.from_numpy(self.table.evidence(source, target))
            votes[number, : len(source), : len(target)] = found
        return votes

"""A space in which subwords of different languages are near when they translate each other.

The vectors of an encoder carry much that is no meaning: the language, the place in the sentence, a few
dimensions that dominate every cosine. Fitted once on translations without any word alignment: mutually
nearest subwords of each pair are taken for translations, the covariance W of their differences says what
to ignore, and vectors are multiplied by W^-1/2 (within-class whitening, as in linear discriminant analysis;
Hatch and Stolcke 2006), then cut to the directions in which different subwords differ most. The layers of
the encoder go in side by side.

A sentence's own mean is subtracted first, drawn towards a general mean so that short sentences have a
stable one: what is common to all words of a sentence does not tell its words apart, and its language is
mostly that. Nothing depends on the other sentences of a batch.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import normalize

from workers.adapters.pair_batches import Side, batches_of_pairs, both_present
from workers.adapters.pair_limits import Pair
from workers.encode import Encoder
from workers.extract import mutual_argmax

PACKAGED_SPACE = Path(__file__).with_name("packaged_space.npz")
MEAN_WEIGHT = 20.0  # subwords; the general mean counts as much as these in a sentence's mean
SHRINKAGE = 0.1  # share of the average variance added to W's diagonal
MEAN_EVERY = 5  # the general mean is taken over every fifth pair
CHUNK = 500  # pairs whose vectors are in memory together
SILVER_COSINE = 0.3  # average over the layers; mutually nearest subwords below it are no translations


@dataclass(frozen=True, slots=True)
class AlignmentSpace:
    """mean: float32 (layers, dim), of all vectors. projection: float32 (layers * dim, width).

    Without a projection, the centred and normalised layers are put side by side.
    """

    mean: torch.Tensor
    projection: torch.Tensor | None = None
    name: str = ""

    def to(self, device: torch.device) -> "AlignmentSpace":
        projection = None if self.projection is None else self.projection.to(device)
        return AlignmentSpace(self.mean.to(device), projection, self.name)

    def apply(self, side: Side) -> torch.Tensor:
        """The vectors of one side in this space, (B, S, width); padding holds no meaning."""
        centred = centre(side, self.mean)
        stacked = normalize(centred, dim=-1).permute(1, 2, 0, 3).flatten(2)  # (batch, subwords, layers * dim)
        if self.projection is None:
            return stacked
        return stacked @ self.projection


def centre(side: Side, mean: torch.Tensor) -> torch.Tensor:
    """Subtract each sentence's mean, drawn towards `mean` (layers, dim): (layers, B, S, dim)."""
    weights = side.present[None, :, :, None].float()
    total = (side.vectors * weights).sum(2, keepdim=True) + MEAN_WEIGHT * mean[:, None, None]
    return side.vectors - total / (weights.sum(2, keepdim=True) + MEAN_WEIGHT)


def plain_space(n_layers: int, dim: int) -> AlignmentSpace:
    """The space of an encoder for which none was fitted: sentence means only."""
    return AlignmentSpace(torch.zeros(n_layers, dim), name="centred")


def load_space(path: Path) -> AlignmentSpace:
    """Raises ValueError when the file is not a space."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return AlignmentSpace(
                torch.from_numpy(file["mean"].astype(np.float32)),
                torch.from_numpy(file["projection"].astype(np.float32)),
                str(file["name"]),
            )
    except (OSError, KeyError, ValueError) as error:
        raise ValueError(f"{path} is not an alignment space: {error}") from error


def save_space(path: Path, space: AlignmentSpace) -> None:
    """Write a fitted space in half precision."""
    if space.projection is None:
        raise ValueError("this space was not fitted: there is nothing to save")
    np.savez(
        path,
        mean=space.mean.numpy().astype(np.float16),
        projection=space.projection.numpy().astype(np.float16),
        name=np.array(space.name),
    )


def fit_space(encoder: Encoder, pairs: Sequence[Pair], *, width: int, name: str) -> AlignmentSpace:
    """Fit on sentence pairs that translate each other; no alignment is needed.

    width: dimensions kept. Raises ValueError when the pairs are too few.
    """
    n_layers, dim = len(encoder.layers), encoder.dim
    fitter = SpaceFitter(n_layers, dim)
    for source, target, _ in _all_batches(encoder, pairs[::MEAN_EVERY]):
        fitter.add_means(source, target)
    for source, target, _ in _all_batches(encoder, pairs):
        fitter.add_differences(source, target)
    return fitter.fit(width, name)


def _all_batches(encoder: Encoder, pairs: Sequence[Pair]) -> Iterator[tuple[Side, Side, list[int]]]:
    for start in range(0, len(pairs), CHUNK):
        yield from batches_of_pairs(encoder, pairs[start : start + CHUNK])


class SpaceFitter:
    """Sums of what a space is fitted from: `add_means` over all batches first, then `add_differences`."""

    def __init__(self, n_layers: int, dim: int) -> None:
        self.total = torch.zeros(2, n_layers, dim, dtype=torch.float64)
        self.count = [0, 0]
        self.within = torch.zeros(n_layers * dim, n_layers * dim, dtype=torch.float64)
        self.all = torch.zeros_like(self.within)
        self.n_silver = 0

    def add_means(self, source: Side, target: Side) -> None:
        for index, side in enumerate((source, target)):
            chosen = side.vectors[:, side.present].double().cpu()
            self.total[index] += chosen.sum(1)
            self.count[index] += chosen.shape[1]

    @property
    def mean(self) -> torch.Tensor:
        """(layers, dim), both sides counting the same."""
        return sum(self.total[k] / max(self.count[k], 1) for k in (0, 1)).float() / 2  # type: ignore[union-attr]

    def add_differences(self, source: Side, target: Side) -> None:
        space = AlignmentSpace(self.mean)
        x, y = space.apply(source), space.apply(target)
        similarity = x @ y.transpose(1, 2) / len(self.mean)
        links = mutual_argmax(similarity, source.present, target.present) & (similarity > SILVER_COSINE)
        links &= both_present(source.present, target.present)
        pair, i, j = links.nonzero(as_tuple=True)
        a, b = x[pair, i].double().cpu(), y[pair, j].double().cpu()
        self.within += (a - b).T @ (a - b) / 2
        self.all += (a.T @ a + b.T @ b) / 2
        self.n_silver += len(pair)

    def fit(self, width: int, name: str) -> AlignmentSpace:
        """Raises ValueError when there are too few translations to fit on."""
        size = len(self.within)
        if self.n_silver < 10 * size:
            raise ValueError(
                f"{self.n_silver} silver translations are too few to fit {size} dimensions; "
                f"at least {10 * size} are needed"
            )
        within, everything = self.within / self.n_silver, self.all / self.n_silver
        values, vectors = torch.linalg.eigh(within + SHRINKAGE * within.trace() / size * torch.eye(size))
        whitening = vectors * values.rsqrt()
        _, directions = torch.linalg.eigh(whitening.T @ everything @ whitening)
        projection = whitening @ directions.flip(1)[:, :width]
        return AlignmentSpace(self.mean, projection.float(), name)

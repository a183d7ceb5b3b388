"""Word alignment learnt from the run's own sentence pairs, for languages that no encoder knows."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from workers.adapters import pair_limits
from workers.adapters.pair_limits import Pair, failed, refuse
from workers.align import Alignment
from workers.lexical_learning import MAX_PAIRS, learn_table
from workers.lexical_table import Floats, LexicalTable

LEAST_MASS = 1e-6  # of a column or row, so that words without any translation give no link
SAME_CHANCE = 0.5  # that a word in neither list is translated by itself


class StatisticalAligner:
    """Word translations learnt from the run's own sentence pairs; for languages that no encoder knows.

    Each target word takes the source word that makes it likeliest, or none, and the other way round; the two
    are joined by grow-diag-final-and (Koehn et al. 2003). A translation far from the diagonal needs to be
    likelier, by exp(diagonal * distance), as in fast_align (Dyer et al. 2013). A link's score, and the
    similarity, is the geometric mean of its two posteriors.

    max_pairs: that are learnt from, evenly spread. table: what was learnt; without one it cannot align.
    """

    name = "statistical"
    learns = True

    def __init__(
        self, *, diagonal: float = 4.0, max_pairs: int = MAX_PAIRS, table: LexicalTable | None = None
    ) -> None:
        if diagonal < 0:
            raise ValueError(f"diagonal must not be negative, not {diagonal}")
        if max_pairs < 1:
            raise ValueError(f"max_pairs must be at least 1, not {max_pairs}")
        self.diagonal = diagonal
        self.max_pairs = max_pairs
        self.table = table

    @property
    def signature(self) -> str:
        learnt = self.table.digest if self.table else "nothing"
        return f"statistical:1 diagonal={self.diagonal:g} max_pairs={self.max_pairs} learnt={learnt}"

    def learn(self, pairs: Iterable[Pair]) -> LexicalTable:
        return learn_table(pairs, max_pairs=self.max_pairs)

    def align(self, pairs: Sequence[Pair]) -> list[Alignment]:
        if self.table is None:
            raise ValueError(
                "the statistical aligner has not learnt yet: give it sentence pairs to learn from"
            )
        table = self.table
        return [refuse(pair) or self._align_pair(table, *pair) for pair in pairs]

    def _align_pair(self, table: LexicalTable, source: Sequence[str], target: Sequence[str]) -> Alignment:
        if len(source) * len(target) > pair_limits.MAX_CELLS:
            at_most = f"at most {pair_limits.MAX_CELLS} word pairs can be compared"
            return failed(f"{len(source)} by {len(target)} words; {at_most}")
        forward, backward = table.chances(source, target)
        same = SAME_CHANCE * table.unknown_and_same(source, target)
        near = np.exp(-self.diagonal * distance_from_diagonal(len(source), len(target)))
        forward = np.maximum(forward, same) * near
        backward = np.maximum(backward, same) * near
        target_null = np.maximum(table.target_null(target), LEAST_MASS)
        source_null = np.maximum(table.source_null(source), LEAST_MASS)
        links = symmetrise(best_per_column(forward, target_null), best_per_column(backward.T, source_null).T)
        by_target = forward / (forward.sum(0) + target_null)
        by_source = backward / (backward.sum(1) + source_null)[:, None]
        posterior = np.sqrt(by_target * by_source).clip(0, 1)
        i, j = np.nonzero(links)
        return Alignment(
            links=np.stack([i, j], axis=1).astype(np.int32),
            scores=posterior[i, j].astype(np.float32),
            similarity=posterior.astype(np.float16),
        )


def distance_from_diagonal(n: int, m: int) -> Floats:
    """(n, m) how far each cell is from the diagonal, 0 to 1."""
    i = np.arange(n, dtype=np.float32)[:, None] / max(n - 1, 1)
    j = np.arange(m, dtype=np.float32)[None, :] / max(m - 1, 1)
    return np.asarray(np.abs(i - j))


def best_per_column(chances: Floats, null: Floats) -> NDArray[np.bool_]:
    """(n, m) the likeliest row of each column, where it is likelier than the empty word."""
    best = np.zeros(chances.shape, bool)
    rows, columns = chances.argmax(0), np.arange(chances.shape[1])
    likelier = chances[rows, columns] > null
    best[rows[likelier], columns[likelier]] = True
    return best


def symmetrise(forward: NDArray[np.bool_], backward: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """grow-diag-final-and of two (n, m) alignments, by Thot."""
    from thot.common import WordAlignmentMatrix

    there, back = WordAlignmentMatrix(*forward.shape), WordAlignmentMatrix(*forward.shape)
    for matrix, links in ((there, forward), (back, backward)):
        for i, j in zip(*np.nonzero(links), strict=True):
            matrix.set(int(i), int(j))
    there.grow_diag_final_and(back)
    return np.asarray(there.to_numpy(), bool)

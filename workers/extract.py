"""Link extraction from similarity matrices, batched: the rules of SimAlign and soft ones.

Every function takes a float tensor (B, n, m) and bool masks of the rows (B, n) and columns (B, m) that exist.
Source of ArgMax, IterMax and Match: Jalili Sabet et al. (2020), section 3, and the behaviour of the simalign
package, version 0.4; their similarities are in [0, 1].
"""

from collections.abc import Callable

import numpy as np
import torch

Extraction = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]

ITERMAX_ALPHA = 0.9
ITERMAX_ROUNDS = 2


def apply_distortion(
    similarity: torch.Tensor, n_rows: torch.Tensor, n_columns: torch.Tensor, ratio: float
) -> torch.Tensor:
    """Lower what is far from the diagonal: S * (1 - ratio * (i / (n - 1) - j / (m - 1))**2).

    n_rows, n_columns: int (B,). Matrices with fewer than two rows or columns stay as they are.
    """
    if ratio == 0:
        return similarity
    _, n, m = similarity.shape
    return similarity * (1 - ratio * diagonal_penalty(n_rows, n_columns, n, m))


def mutual_argmax(similarity: torch.Tensor, rows: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
    """Cells that are the first maximum of both their row and their column ("ArgMax")."""
    cells = rows[:, :, None] & columns[:, None, :]
    masked = similarity.masked_fill(~cells, -1)
    forward = torch.zeros_like(cells).scatter_(2, masked.argmax(2, keepdim=True), True)
    backward = torch.zeros_like(cells).scatter_(1, masked.argmax(1, keepdim=True), True)
    return forward & backward & cells


def itermax(similarity: torch.Tensor, rows: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
    """ArgMax, then once more among cells with a free side ("IterMax").

    A cell counts in full when its row and column are both free, with 0.9 when one of them is. There is no
    second round when a side has at most two members, or when no row or no column is free.
    """
    cells = rows[:, :, None] & columns[:, None, :]
    links = mutual_argmax(similarity, rows, columns)
    large = (rows.sum(1) > 2) & (columns.sum(1) > 2)
    for _ in range(ITERMAX_ROUNDS - 1):
        free_rows = ~links.any(2) & rows
        free_columns = ~links.any(1) & columns
        going_on = large & free_rows.any(1) & free_columns.any(1)
        both = free_rows[:, :, None] & free_columns[:, None, :]
        either = (free_rows[:, :, None] | free_columns[:, None, :]) & cells & going_on[:, None, None]
        weighted = torch.where(both, similarity, similarity * ITERMAX_ALPHA).masked_fill(~either, 0)
        links = links | (mutual_argmax(weighted, rows, columns) & either)
    return links


def maximum_matching(similarity: torch.Tensor, rows: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
    """The one-to-one assignment of min(n, m) links with the largest sum ("Match").

    The package solves the same problem as a general maximum-weight matching.
    """
    from scipy.optimize import linear_sum_assignment

    values = similarity.double().cpu().numpy()
    links = np.zeros(values.shape, bool)
    for pair, (row_mask, column_mask) in enumerate(
        zip(rows.cpu().numpy(), columns.cpu().numpy(), strict=True)
    ):
        i, j = np.flatnonzero(row_mask), np.flatnonzero(column_mask)
        chosen_i, chosen_j = linear_sum_assignment(values[pair][np.ix_(i, j)], maximize=True)
        links[pair, i[chosen_i], j[chosen_j]] = True
    return torch.from_numpy(links).to(similarity.device)


EXTRACTIONS: dict[str, Extraction] = {
    "argmax": mutual_argmax,
    "itermax": itermax,
    "match": maximum_matching,
}


def null_posterior(
    logits: torch.Tensor, rows: torch.Tensor, columns: torch.Tensor, null: float
) -> torch.Tensor:
    """How likely each cell is a link: the geometric mean of a softmax over its row and one over its column.

    logits: real numbers. null: the logit of the empty word, which competes in every row and column, so that
    a word may have no link. Returns (B, n, m) in [0, 1], 0 outside rows and columns.
    """
    cells = rows[:, :, None] & columns[:, None, :]
    masked = logits.masked_fill(~cells, -torch.inf)
    empty = torch.full_like(logits[:, :1, :1], null)
    forward = torch.logsumexp(torch.cat([masked, empty.expand(-1, masked.shape[1], 1)], 2), 2, keepdim=True)
    backward = torch.logsumexp(torch.cat([masked, empty.expand(-1, 1, masked.shape[2])], 1), 1, keepdim=True)
    return (masked - (forward + backward) / 2).exp()


def diagonal_penalty(n_rows: torch.Tensor, n_columns: torch.Tensor, n: int, m: int) -> torch.Tensor:
    """(i / (n_rows - 1) - j / (n_columns - 1))**2 of every cell, (B, n, m); 0 for single rows or columns."""
    i = torch.arange(n, device=n_rows.device) / (n_rows - 1).clamp_min(1)[:, None]
    j = torch.arange(m, device=n_rows.device) / (n_columns - 1).clamp_min(1)[:, None]
    several = ((n_rows > 1) & (n_columns > 1))[:, None, None]
    return (i[:, :, None] - j[:, None, :]) ** 2 * several


def entmax15(scores: torch.Tensor, dim: int) -> torch.Tensor:
    """The 1.5-entmax of real scores along `dim`: like a softmax, with exact zeros (Peters et al. 2019).

    p = max(z / 2 - t, 0) ** 2 with the one t that makes the sum 1, found over the sorted scores.
    """
    halved = (scores - scores.amax(dim, keepdim=True)) / 2
    ordered = halved.sort(dim=dim, descending=True).values.clamp_min(-1e3)
    shape = [1] * scores.dim()
    shape[dim] = -1
    size = torch.arange(1, scores.shape[dim] + 1, device=scores.device, dtype=scores.dtype).view(shape)
    mean = ordered.cumsum(dim) / size
    spread = (ordered**2).cumsum(dim) - size * mean**2
    threshold = mean - ((1 - spread) / size).clamp_min(0).sqrt()
    support = (threshold <= ordered).sum(dim, keepdim=True)
    return (halved - threshold.gather(dim, support - 1)).clamp_min(0) ** 2

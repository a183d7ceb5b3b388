"""Link extraction on small matrices, alone and padded in a batch beside a larger one."""

import numpy as np
import pytest
import torch

from workers.extract import (
    EXTRACTIONS,
    apply_distortion,
    diagonal_penalty,
    entmax15,
    null_posterior,
)

SQUARE = [[0.9, 0.2, 0.1], [0.3, 0.8, 0.2], [0.1, 0.3, 0.7]]
CASES = [
    ("argmax", SQUARE, [(0, 0), (1, 1), (2, 2)]),
    ("argmax", [[0.9, 0.8], [0.8, 0.1]], [(0, 0)]),
    ("argmax", [[0.5, 0.5], [0.5, 0.5]], [(0, 0)]),  # the first maximum of a tie
    # row 1 has no mutual best; a taken column at 0.9 of its similarity beats a free one
    ("itermax", [[0.9, 0.2, 0.1], [0.8, 0.7, 0.1], [0.1, 0.2, 0.6]], [(0, 0), (1, 0), (2, 2)]),
    # ... and loses to it when it is less like it
    ("itermax", [[0.9, 0.2, 0.1], [0.8, 0.75, 0.1], [0.1, 0.2, 0.6]], [(0, 0), (1, 1), (2, 2)]),
    # no column is free: no second round
    ("itermax", [*np.eye(3).tolist(), [0.8, 0.1, 0.1]], [(0, 0), (1, 1), (2, 2)]),
    # taken rows 0 and 1 win free columns, free row 2 a taken column
    ("itermax", [[0.9, 0.1, 0.85, 0.2], [0.1, 0.8, 0.1, 0.3], [0.2, 0.7, 0.3, 0.1]],
     [(0, 0), (0, 2), (1, 1), (1, 3), (2, 1)]),
    # two rows only: ArgMax
    ("itermax", [[0.9, 0.1, 0.85], [0.1, 0.8, 0.1]], [(0, 0), (1, 1)]),
    ("match", [[0.9, 0.8], [0.8, 0.1]], [(0, 1), (1, 0)]),
    ("match", [[0.9, 0.8, 0.1]], [(0, 0)]),
]  # fmt: skip


def run(method: str, matrix: list[list[float]], n: int, m: int) -> list[tuple[int, int]]:
    """Extract from the matrix padded to (n, m) with values that would win if they counted."""
    values = np.array(matrix)
    padded = torch.full((2, n, m), 0.99)
    padded[0, : values.shape[0], : values.shape[1]] = torch.tensor(matrix)
    rows = torch.ones(2, n, dtype=torch.bool)
    columns = torch.ones(2, m, dtype=torch.bool)
    rows[0, values.shape[0] :] = False
    columns[0, values.shape[1] :] = False
    links = EXTRACTIONS[method](padded, rows, columns)
    return [tuple(link) for link in links[0].nonzero().tolist()]


@pytest.mark.parametrize(("method", "matrix", "expected"), CASES)
def test_it_extracts_links(method: str, matrix: list[list[float]], expected: list[tuple[int, int]]) -> None:
    n, m = np.array(matrix).shape
    assert run(method, matrix, n, m) == expected
    assert run(method, matrix, n + 3, m + 2) == expected


@pytest.mark.parametrize("seed", range(20))
def test_the_rules_are_those_of_the_package(seed: int) -> None:
    """Random matrices through the simalign package's own functions."""
    from simalign import SentenceAligner

    chance = np.random.default_rng(seed)
    n, m = chance.integers(1, 12, 2)
    matrix = chance.random((n, m))
    forward, backward = SentenceAligner.get_alignment_matrix(matrix)
    theirs = {
        "argmax": forward * backward,
        "itermax": SentenceAligner.iter_max(matrix),
        "match": SentenceAligner.get_max_weight_match(matrix),
    }
    for method, expected in theirs.items():
        assert run(method, matrix.tolist(), n + 1, m + 4) == [
            tuple(x) for x in np.argwhere(expected).tolist()
        ]
    bent = apply_distortion(torch.tensor(matrix)[None], torch.tensor([n]), torch.tensor([m]), 0.4)
    np.testing.assert_allclose(bent[0].numpy(), SentenceAligner.apply_distortion(matrix, 0.4))


def test_the_posterior_leaves_a_word_without_a_link() -> None:
    logits = torch.tensor([[[6.0, 0.0, -9.0], [0.0, -4.0, -9.0], [9.0, 9.0, 9.0]]])
    rows, columns = torch.tensor([[True, True, False]]), torch.tensor([[True, True, False]])
    posterior = null_posterior(logits, rows, columns, null=1.0)
    assert posterior[0, 0, 0] > 0.95
    assert posterior[0, 1].max() < 0.3  # the empty word is likelier
    assert posterior[0, 2].max() == 0 and posterior[0, :, 2].max() == 0  # padding, whatever its logits
    forward = np.exp([6, 0]) / (np.exp([6, 0]).sum() + np.e)
    backward = np.exp([6, 0]) / (np.exp([6, 0]).sum() + np.e)
    np.testing.assert_allclose(posterior[0, 0, 0], np.sqrt(forward[0] * backward[0]), rtol=1e-5)


def test_the_diagonal_is_relative_to_each_pair() -> None:
    penalty = diagonal_penalty(torch.tensor([3, 1]), torch.tensor([2, 4]), 3, 4)
    np.testing.assert_allclose(penalty[0, :, :2].numpy(), [[0, 1], [0.25, 0.25], [1, 0]])
    assert penalty[1].abs().max() == 0


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([0.0, 0.0], [0.5, 0.5]),
        ([5.0, 0.0, 0.0], [1.0, 0.0, 0.0]),
        ([1.0, 1.0, -9.0], [0.5, 0.5, 0.0]),
        ([3.0], [1.0]),
    ],
)
def test_entmax_is_sparse_and_sums_to_one(scores: list[float], expected: list[float]) -> None:
    np.testing.assert_allclose(entmax15(torch.tensor([scores]), 1)[0].numpy(), expected, atol=1e-6)


def test_entmax_is_the_maximiser_that_defines_it() -> None:
    """p maximises p.z + H(p) with Tsallis 1.5 entropy: on its support, z - 2 sqrt(p) is one constant."""
    scores = torch.randn(6, 9, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for dim in (0, 1):
        p = entmax15(scores, dim)
        np.testing.assert_allclose(p.sum(dim).numpy(), 1, atol=1e-9)
        for column in range(p.shape[1 - dim]):
            one, z = p.select(1 - dim, column), scores.select(1 - dim, column)
            levels = (z - 2 * one.sqrt())[one > 0]
            np.testing.assert_allclose(levels.numpy(), levels[0].item(), atol=1e-9)
            assert (z[one == 0] <= levels[0] + 1e-9).all()

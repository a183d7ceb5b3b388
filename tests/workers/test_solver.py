"""The exact solver against brute force, thousands of times."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.project import assignment
from workers.project.assignment import Choices, assign_exactly, assign_greedily, total_score
from workers.project.solver import solve
from workers.project.spantable import build_table

# scores on a grid, so that ties are common and totals are exact in floating point
rows = st.tuples(st.integers(0, 4), st.integers(0, 9), st.integers(1, 4), st.integers(1, 40))
instances = st.lists(rows, max_size=10)


def make_choices(instance, n_entities=5):
    table = np.array(instance, dtype=np.int64).reshape(-1, 4)
    return Choices(n_entities, table[:, 0], table[:, 1], table[:, 1] + table[:, 2], table[:, 3] / 8)


def brute_force(choices, *, refused=-1):
    options = [[-1] for _ in range(choices.n_entities)]
    for row, entity in enumerate(choices.entity):
        if row != refused:
            options[entity].append(row)
    best = 0.0
    for picked in itertools.product(*options):
        taken = sorted((choices.start[row], choices.end[row]) for row in picked if row >= 0)
        if all(one[1] <= other[0] for one, other in itertools.pairwise(taken)):
            best = max(best, float(sum(choices.score[row] for row in picked if row >= 0)))
    return best


def check(choices, chosen):
    taken = sorted((choices.start[row], choices.end[row]) for row in chosen if row >= 0)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(taken))
    assert all(choices.entity[row] == entity for entity, row in enumerate(chosen) if row >= 0)


@settings(max_examples=2000, deadline=None)
@given(instance=instances)
def test_the_dynamic_programme_equals_brute_force(instance):
    choices = make_choices(instance)
    chosen, exact = assign_exactly(choices)
    check(choices, chosen)
    assert exact
    assert total_score(choices, chosen) == brute_force(choices)


@settings(max_examples=60, deadline=None)
@given(instance=instances)
def test_the_integer_programme_equals_brute_force(instance, monkeypatch_module):
    monkeypatch_module.setattr(assignment, "MAX_DP_ENTITIES", 1)
    choices = make_choices(instance)
    chosen, exact = assign_exactly(choices, time_limit_s=10)
    check(choices, chosen)
    assert exact
    assert total_score(choices, chosen) == pytest.approx(brute_force(choices))


@settings(max_examples=300, deadline=None)
@given(instance=instances)
def test_greedy_is_valid_and_never_better(instance):
    choices = make_choices(instance)
    chosen = assign_greedily(choices)
    check(choices, chosen)
    assert total_score(choices, chosen) <= brute_force(choices)


@settings(max_examples=300, deadline=None)
@given(batch=st.lists(instances, min_size=1, max_size=3), shift=st.integers(0, 20))
def test_a_batch_is_solved_and_its_margins_are_the_loss_without_the_answer(batch, shift):
    """Scores may be negative here; the margin is compared with brute force under the refusal."""
    parts = [make_choices(instance) for instance in batch]
    table = build_table(
        5 * len(parts),
        np.concatenate([part.entity + 5 * number for number, part in enumerate(parts)]),
        np.concatenate([part.start for part in parts]),
        np.concatenate([part.end for part in parts]),
        np.concatenate([part.score - shift / 8 for part in parts]),
        keep_best=100,
    )
    sentence = np.repeat(np.arange(len(parts)), 5)
    solution = solve(table, sentence)
    for number in range(len(parts)):
        mine = np.flatnonzero((table.entity // 5 == number) & (table.score > 0))
        choices = Choices(5, table.entity[mine] % 5, table.start[mine], table.end[mine], table.score[mine])
        chosen = solution.row[5 * number : 5 * number + 5]
        value = float(table.at(chosen)[2].sum())
        assert value == pytest.approx(brute_force(choices))
        for entity, row in enumerate(chosen):
            if row >= 0:
                refused = int(np.flatnonzero(mine == row)[0])
                loss = value - brute_force(choices, refused=refused)
                assert solution.margin[5 * number + entity] == pytest.approx(loss)


def test_the_margin_of_an_absence_is_the_loss_of_any_span():
    entity = np.array([0, 0, 1])
    start, end = np.array([0, 3, 0]), np.array([1, 4, 2])
    table = build_table(2, entity, start, end, np.array([-0.5, -2.0, 3.0]), keep_best=9)
    solution = solve(table, np.zeros(2, dtype=np.int64))
    assert solution.row.tolist() == [-1, 2]
    # its best span at -0.5 is under the other entity's, worth 3; the other one costs 2
    assert solution.margin.tolist() == [2.0, 3.0]


def test_a_solver_out_of_time_falls_back_and_says_so():
    rng = np.random.default_rng(7)
    n = 40
    entity = np.repeat(np.arange(n), 30)
    start = rng.integers(0, 60, len(entity))
    end = start + rng.integers(1, 8, len(entity))
    table = build_table(n, entity, start, end, rng.random(len(entity)) + 0.5, keep_best=30)
    rushed = solve(table, np.zeros(n, dtype=np.int64), solver="exact", time_limit_s=0.0)
    greedy = solve(table, np.zeros(n, dtype=np.int64), solver="greedy")
    assert not rushed.exact.all()
    assert table.at(rushed.row)[2].sum() >= table.at(greedy.row)[2].sum() - 1e-9


def test_an_unknown_solver_is_named():
    table = build_table(0, *[np.empty(0, np.int64)] * 3, np.empty(0), keep_best=1)
    with pytest.raises(ValueError, match="unknown solver 'gurobi'; known: exact, greedy"):
        solve(table, np.empty(0, np.int64), solver="gurobi")


@pytest.fixture(scope="module")
def monkeypatch_module():
    with pytest.MonkeyPatch.context() as patch:
        yield patch

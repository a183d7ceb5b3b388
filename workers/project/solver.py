"""Which span each entity of a batch gets, and how much worse the best other answer is.

Most entities need no search: where every entity's best span is free, those spans are the optimum, and the
whole batch is answered with array operations. Only sentences whose best spans clash are solved one by one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workers.project.assignment import Choices, assign_exactly, assign_greedily, total_score
from workers.project.batch import Floats, Ints
from workers.project.spantable import SpanTable

SOLVERS = ("exact", "greedy")
TIME_LIMIT_S = 1.0


@dataclass(frozen=True, slots=True)
class Solution:
    """row: (entities,) the chosen row of the table, -1 for none.

    margin: (entities,) >= 0, the score that the sentence loses when this entity may not have what it has
        (its span, or its absence); inf where there is no other answer.
    collided: (entities,) True when other entities keep this one from its own best answer.
    exact: (entities,) False where the time bound ran out and the fallback decided.
    """

    row: Ints
    margin: Floats
    collided: NDArray[np.bool_]
    exact: NDArray[np.bool_]


def solve(
    table: SpanTable,
    sentence: Ints,
    *,
    solver: str = "exact",
    pinned: NDArray[np.bool_] | None = None,
    time_limit_s: float = TIME_LIMIT_S,
) -> Solution:
    """Choose spans for every entity.

    sentence: (entities,) ascending sentence number of each entity. pinned: entities that must have the
        only row that the table gives them, which overlaps nothing else there.
    time_limit_s: bound for one component of one sentence, see `assign_exactly`.
    Raises ValueError for an unknown solver.
    """
    if solver not in SOLVERS:
        raise ValueError(f"unknown solver {solver!r}; known: {', '.join(SOLVERS)}")
    best_row, best_score = table.best()
    forced = np.zeros(len(best_row), dtype=bool) if pinned is None else pinned
    wanted = np.where((best_score > 0) | forced, best_row, -1)
    row = wanted.copy()
    exact = np.ones(len(row), dtype=bool)
    for entities in _clashing_sentences(table, wanted, sentence):
        choices, rows = _choices(table, entities[~forced[entities]])
        if solver == "greedy":
            chosen = assign_greedily(choices)
        else:
            chosen, exact[entities] = assign_exactly(choices, time_limit_s=time_limit_s)
        row[entities[~forced[entities]]] = np.where(chosen >= 0, rows[chosen], -1)
    collided = row != wanted
    margin, other = _own_margins(table, row)
    margin[forced] = np.inf
    if solver == "exact":
        again = np.isin(sentence, sentence[collided]) | _blocked(table, row, other, sentence)
        for entity in np.flatnonzero(again & np.isfinite(margin)):
            low, high = np.searchsorted(sentence, [sentence[entity], sentence[entity] + 1])
            members = np.arange(low, high)[~forced[low:high]]
            margin[entity] = _loss_without(table, members, int(entity), row, time_limit_s)
    return Solution(row, margin, collided, exact)


def _choices(table: SpanTable, entities: Ints) -> tuple[Choices, Ints]:
    """The rows above 0 of some entities, renumbered from 0, and their rows in the table."""
    counts = table.first[entities + 1] - table.first[entities]
    rows = np.concatenate([np.arange(table.first[e], table.first[e + 1]) for e in entities])
    local = np.repeat(np.arange(len(entities)), counts)
    keep = table.score[rows] > 0
    rows = rows[keep]
    return Choices(len(entities), local[keep], table.start[rows], table.end[rows], table.score[rows]), rows


def _clashing_sentences(table: SpanTable, row: Ints, sentence: Ints) -> list[Ints]:
    """The entities of every sentence in which two of the chosen rows overlap."""
    with_row = np.flatnonzero(row >= 0)
    start, end, number = table.start[row[with_row]], table.end[row[with_row]], sentence[with_row]
    order = np.lexsort((start, number))
    same = number[order][1:] == number[order][:-1]
    overlap = same & (start[order][1:] < end[order][:-1])
    clashing = np.unique(number[order][1:][overlap])
    bounds = np.searchsorted(sentence, [clashing, clashing + 1])
    return [np.arange(low, high) for low, high in bounds.T]


def _own_margins(table: SpanTable, row: Ints) -> tuple[Floats, Ints]:
    """What each entity loses with its own second best answer (another row, or nothing at 0), and that row.

    This is the sentence's loss too where the second answer is free of the other entities' spans and no
    entity of the sentence waits for the words that the first answer takes.
    """
    best_row, _ = table.best()
    second = np.where(best_row == row, best_row + 1, best_row)
    second = np.where((best_row >= 0) & (second < table.first[1:]), second, -1)
    second_score = np.where(second >= 0, table.at(second)[2], -np.inf)
    other = np.where(row >= 0, np.maximum(second_score, 0.0), second_score)
    margin: Floats = np.maximum(table.at(row)[2] - other, 0.0)
    return margin, np.where(other == second_score, second, -1)


def _blocked(table: SpanTable, row: Ints, other: Ints, sentence: Ints) -> NDArray[np.bool_]:
    """(entities,) True where the other answer overlaps the chosen span of another entity."""
    blocked = np.zeros(len(row), dtype=bool)
    (start, end, _), (taken_start, taken_end, _) = table.at(other), table.at(row)
    for step in range(1, int(np.bincount(sentence).max(initial=1))):
        for one, two in ((slice(step, None), slice(None, -step)), (slice(None, -step), slice(step, None))):
            meets = (start[one] < taken_end[two]) & (taken_start[two] < end[one])
            blocked[one] |= meets & (sentence[one] == sentence[two])
    return blocked


def _loss_without(table: SpanTable, members: Ints, entity: int, row: Ints, time_limit_s: float) -> float:
    choices, rows = _choices(table, members)
    chosen = row[members]
    value = float(table.at(chosen)[2].sum())
    local = int(np.searchsorted(members, entity))
    if row[entity] >= 0:
        others = choices.where(rows != row[entity])
        answer, _ = assign_exactly(others, time_limit_s=time_limit_s)
        return max(value - total_score(others, answer), 0.0)
    # nothing was chosen: make any of its rows worth more than all the rest, so that it must take one
    mine = np.arange(table.first[entity], table.first[entity + 1])
    bonus = float(np.abs(table.score[table.first[members[0]] : table.first[members[-1] + 1]]).sum()) + 1.0
    rest = choices.where(choices.entity != local)
    must = Choices(
        choices.n_entities,
        np.concatenate([rest.entity, np.full(len(mine), local)]),
        np.concatenate([rest.start, table.start[mine]]),
        np.concatenate([rest.end, table.end[mine]]),
        np.concatenate([rest.score, table.score[mine] + bonus]),
    )
    answer, _ = assign_exactly(must, time_limit_s=time_limit_s)
    return max(value - (total_score(must, answer) - bonus), 0.0)

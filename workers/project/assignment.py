"""The assignment of one sentence: pick at most one span per entity, none overlapping, best total score.

With arbitrary scores this is weighted job interval selection, NP-hard in general (Spieksma, 1999), but
entities are few and fall apart into components that share no words. A component of one entity is an argmax,
one of two or three a search with bounds, a small one a dynamic programme over positions and sets of
entities, a large one goes to HiGHS.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workers.project.batch import Floats, Ints

MAX_SEARCHED_ENTITIES = 3
MAX_DP_ENTITIES = 10
MIP_GAP = 1e-9
MAX_COMPARED = 3000  # rows; the comparison is quadratic


@dataclass(frozen=True, slots=True)
class Choices:
    """Candidate spans of `n_entities` entities: parallel (rows,) arrays; every score is above 0."""

    n_entities: int
    entity: Ints
    start: Ints
    end: Ints
    score: Floats

    def where(self, keep: NDArray[np.bool_] | Ints) -> "Choices":
        return Choices(self.n_entities, self.entity[keep], self.start[keep], self.end[keep], self.score[keep])


def assign_exactly(choices: Choices, *, time_limit_s: float = 1.0) -> tuple[Ints, bool]:
    """(n_entities,) chosen row of `choices` per entity, -1 for none, of greatest total score.

    time_limit_s bounds each component that HiGHS solves; when it runs out the better of HiGHS's and the
    greedy answer stands and the second value is False.
    """
    if choices.n_entities <= MAX_SEARCHED_ENTITIES:
        return _search(choices), True
    chosen = np.full(choices.n_entities, -1, dtype=np.int64)
    exact = True
    useful = _undominated(choices)
    for component in _components(choices.where(useful)):
        rows = useful[component]
        part = choices.where(rows)
        members, entity = np.unique(part.entity, return_inverse=True)
        part = Choices(len(members), entity, part.start, part.end, part.score)
        if len(members) == 1:
            picked = np.array([int(np.argmax(part.score))])
        elif len(members) <= MAX_SEARCHED_ENTITIES:
            picked = _search(part)
        elif len(members) <= MAX_DP_ENTITIES:
            picked = _dynamic_programme(part)
        else:
            picked, proven = _mixed_integer(part, time_limit_s)
            exact = exact and proven
        chosen[members] = np.where(picked >= 0, rows[picked], -1)
    return chosen, exact


def assign_greedily(choices: Choices) -> Ints:
    """Take the best span left, drop what overlaps it, repeat; ties go to the earlier row."""
    chosen = np.full(choices.n_entities, -1, dtype=np.int64)
    taken: list[tuple[int, int]] = []
    for row in np.argsort(-choices.score, kind="stable"):
        start, end = int(choices.start[row]), int(choices.end[row])
        entity = choices.entity[row]
        if chosen[entity] < 0 and all(
            end <= other_start or other_end <= start for other_start, other_end in taken
        ):
            chosen[entity] = row
            taken.append((start, end))
    return chosen


def total_score(choices: Choices, chosen: Ints) -> float:
    return float(choices.score[chosen[chosen >= 0]].sum())


def _undominated(choices: Choices) -> Ints:
    """Rows that can be of use: no other span of the same entity lies inside and scores as much."""
    if len(choices.entity) > MAX_COMPARED:
        return np.arange(len(choices.entity))
    same = choices.entity[:, None] == choices.entity
    inside = (choices.start[:, None] >= choices.start) & (choices.end[:, None] <= choices.end)
    better = (choices.score[:, None] > choices.score) | (
        (choices.score[:, None] == choices.score)
        & (np.arange(len(choices.entity))[:, None] < np.arange(len(choices.entity)))
    )
    return np.flatnonzero(~(same & inside & better).any(axis=0))


def _components(choices: Choices) -> list[NDArray[np.bool_]]:
    """One row mask per set of entities connected by overlapping spans."""
    if choices.n_entities == 1 or not len(choices.entity):
        return [np.ones(len(choices.entity), dtype=bool)] if len(choices.entity) else []
    clash = (choices.start[:, None] < choices.end) & (choices.start < choices.end[:, None])
    one, other = np.nonzero(clash)
    group = np.arange(choices.n_entities)
    touches = np.zeros((choices.n_entities, choices.n_entities), dtype=bool)
    touches[choices.entity[one], choices.entity[other]] = True
    for _ in range(choices.n_entities):  # every pass carries the smallest number one step further
        spread = np.where(touches, group, choices.n_entities).min(axis=1)
        smaller = np.minimum(group, spread)
        if (smaller == group).all():
            break
        group = smaller
    row_group = group[choices.entity]
    return [row_group == number for number in np.unique(row_group)]


def _search(choices: Choices) -> Ints:
    """Branch and bound, entity by entity, best span first: faster than arrays for two or three entities."""
    spans: list[list[tuple[float, int, int, int]]] = [[] for _ in range(choices.n_entities)]
    columns = (choices.entity, choices.score, choices.start, choices.end)
    for row, (entity, score, start, end) in enumerate(zip(*(c.tolist() for c in columns), strict=True)):
        spans[entity].append((-score, row, start, end))
    for own in spans:
        own.sort()
    best_rest = [0.0]
    for own in reversed(spans):
        best_rest.append(best_rest[-1] + (-own[0][0] if own else 0.0))
    best_rest.reverse()
    best_total, best_rows = -1.0, [-1] * len(spans)

    def visit(entity: int, total: float, taken: list[tuple[int, int, int]]) -> None:
        nonlocal best_total, best_rows
        if entity == len(spans):
            if total > best_total:
                best_total = total
                best_rows = [row for row, _, _ in taken]
            return
        for negative, row, start, end in spans[entity]:
            if total - negative + best_rest[entity + 1] <= best_total:
                return
            if all(end <= low or high <= start for _, low, high in taken):
                visit(entity + 1, total - negative, [*taken, (row, start, end)])
        if total + best_rest[entity + 1] > best_total:
            visit(entity + 1, total, [*taken, (-1, 0, 0)])

    visit(0, 0.0, [])
    return np.array(best_rows, dtype=np.int64)


def _dynamic_programme(choices: Choices) -> Ints:
    """best[p][mask]: greatest score with the words before position p and the entities in `mask` only."""
    positions, ends = np.unique(np.concatenate([choices.start, choices.end]), return_inverse=True)
    starts, ends = ends[: len(choices.start)], ends[len(choices.start) :]
    n_masks = 1 << choices.n_entities
    masks = np.arange(n_masks)
    best = np.zeros((len(positions), n_masks))
    picked = np.full((len(positions), n_masks), -1, dtype=np.int64)
    by_end = np.argsort(ends, kind="stable")
    bounds = np.searchsorted(ends[by_end], np.arange(len(positions) + 1))
    for position in range(1, len(positions)):
        best[position] = best[position - 1]
        for row in by_end[bounds[position] : bounds[position + 1]]:
            bit = 1 << int(choices.entity[row])
            with_entity = masks[(masks & bit) > 0]
            value = best[starts[row], with_entity ^ bit] + choices.score[row]
            better = value > best[position, with_entity]
            improved = with_entity[better]
            best[position, improved] = value[better]
            picked[position, improved] = row
    chosen = np.full(choices.n_entities, -1, dtype=np.int64)
    position, mask = len(positions) - 1, n_masks - 1
    while position > 0:
        row = int(picked[position, mask])
        if row < 0:
            position -= 1
            continue
        entity = int(choices.entity[row])
        chosen[entity] = row
        position, mask = int(starts[row]), mask ^ (1 << entity)
    return chosen


def _mixed_integer(choices: Choices, time_limit_s: float) -> tuple[Ints, bool]:
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    rows = np.arange(len(choices.score))
    lengths = choices.end - choices.start
    covering = np.repeat(rows, lengths)
    first = np.repeat(np.cumsum(lengths) - lengths, lengths)
    word = choices.start[covering] + np.arange(len(covering)) - first
    words, word = np.unique(word, return_inverse=True)
    lines = np.concatenate([choices.entity, choices.n_entities + word])
    columns = np.concatenate([rows, covering])
    shape = (choices.n_entities + len(words), len(rows))
    limits = csr_array((np.ones(len(lines)), (lines, columns)), shape=shape)
    result = milp(
        -choices.score,
        constraints=LinearConstraint(limits, ub=1),
        bounds=Bounds(0, 1),
        integrality=np.ones(len(rows)),
        options={"time_limit": time_limit_s, "mip_rel_gap": MIP_GAP},
    )
    greedy = assign_greedily(choices)
    if result.x is None:
        return greedy, False
    chosen = np.full(choices.n_entities, -1, dtype=np.int64)
    taken = np.flatnonzero(result.x > 0.5)
    chosen[choices.entity[taken]] = taken
    if result.status != 0 and total_score(choices, chosen) < total_score(choices, greedy):
        return greedy, False
    return chosen, result.status == 0

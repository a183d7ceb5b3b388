"""How far people agree: exact spans, and one code per token in the manner of IOB2."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.actions.disagreements import Entities
from annotations.figures.independent import SharedPair
from workers.agreement import cohen_kappa, fleiss_kappa, krippendorff_alpha

Codes = NDArray[np.int64]  # one per token: 0 outside, 2k + 1 and 2k + 2 begin and inside of label k


def agreement_figures(pairs: Sequence[SharedPair], names: dict[int, str]) -> dict[str, Any]:
    """Over all people, by label, by pair of people, and by week. names: user -> name."""
    labels = sorted({label for pair in pairs for own in pair.opinions.values() for _, _, label in own})
    return {
        "n_pairs": len(pairs),
        "overall": _overall(pairs, labels),
        "by_label": [_of_label(pairs, label) for label in labels],
        "by_people": _by_people(pairs, labels, names),
        "by_week": _by_week(pairs, labels),
    }


def _overall(pairs: Sequence[SharedPair], labels: Sequence[str]) -> dict[str, Any]:
    counts = [_counts(pair, labels) for pair in pairs]
    n_raters, same = _most_common_number(pairs)
    fixed = [rows for pair, rows in zip(pairs, counts, strict=True) if len(pair.opinions) == n_raters]
    return {
        "span_f1": _span_f1(_opinion_pairs(pairs)),
        "alpha": _rounded(krippendorff_alpha(np.concatenate(counts))) if counts else None,
        "fleiss": _rounded(fleiss_kappa(np.concatenate(fixed))) if fixed else None,
        "fleiss_raters": n_raters,
        "fleiss_pairs": same,
        "link_f1": _link_f1(pairs),
        "link_pairs": sum(len(pair.links) > 1 for pair in pairs),
    }


def _of_label(pairs: Sequence[SharedPair], label: str) -> dict[str, Any]:
    """One label against everything else."""
    only = [
        SharedPair(
            pair.pair_id,
            pair.n_tokens,
            pair.last_at,
            {
                who: frozenset(entity for entity in own if entity[2] == label)
                for who, own in pair.opinions.items()
            },
        )
        for pair in pairs
    ]
    alpha = krippendorff_alpha(np.concatenate([_counts(pair, [label]) for pair in only]))
    n_spans = sum(len(own) for pair in only for own in pair.opinions.values())
    return {
        "label": label,
        "n_spans": n_spans,
        "span_f1": _span_f1(_opinion_pairs(only)),
        "alpha": _rounded(alpha),
    }


def _by_people(
    pairs: Sequence[SharedPair], labels: Sequence[str], names: dict[int, str]
) -> list[dict[str, Any]]:
    codes: dict[tuple[int, int], list[tuple[Codes, Codes]]] = defaultdict(list)
    entities: dict[tuple[int, int], list[tuple[Entities, Entities]]] = defaultdict(list)
    for pair in pairs:
        for first, second in combinations(sorted(pair.opinions), 2):
            a, b = pair.opinions[first], pair.opinions[second]
            entities[first, second].append((a, b))
            codes[first, second].append((_codes(a, pair.n_tokens, labels), _codes(b, pair.n_tokens, labels)))
    rows = []
    for (first, second), both in sorted(entities.items(), key=lambda row: -len(row[1])):
        first_codes = np.concatenate([a for a, _ in codes[first, second]])
        second_codes = np.concatenate([b for _, b in codes[first, second]])
        rows.append(
            {
                "people": [names.get(first, "?"), names.get(second, "?")],
                "n_pairs": len(both),
                "span_f1": _span_f1(both),
                "kappa": _rounded(cohen_kappa(first_codes, second_codes)),
            }
        )
    return rows


def _by_week(pairs: Sequence[SharedPair], labels: Sequence[str]) -> list[dict[str, Any]]:
    """By the week in which the last of a pair's reviews was finished."""
    weeks: dict[str, list[SharedPair]] = defaultdict(list)
    for pair in pairs:
        year, week, _ = pair.last_at.isocalendar()
        weeks[f"{year}-W{week:02}"].append(pair)
    return [
        {
            "week": week,
            "n_pairs": len(some),
            "span_f1": _span_f1(_opinion_pairs(some)),
            "alpha": _rounded(krippendorff_alpha(np.concatenate([_counts(pair, labels) for pair in some]))),
        }
        for week, some in sorted(weeks.items())
    ]


def _most_common_number(pairs: Sequence[SharedPair]) -> tuple[int, int]:
    """The number of reviews that most pairs have, and how many pairs: Fleiss' kappa needs one number."""
    numbers = Counter(len(pair.opinions) for pair in pairs)
    return numbers.most_common(1)[0] if numbers else (0, 0)


def _opinion_pairs(pairs: Iterable[SharedPair]) -> Iterable[tuple[Entities, Entities]]:
    for pair in pairs:
        yield from combinations(pair.opinions.values(), 2)


def _span_f1(both: Iterable[tuple[Entities, Entities]]) -> float | None:
    """Micro F1 of exact spans with labels; None where nobody found anything."""
    shared = total = 0
    for first, second in both:
        shared += len(first & second)
        total += len(first) + len(second)
    return round(2 * shared / total, 4) if total else None


def _link_f1(pairs: Sequence[SharedPair]) -> float | None:
    """Micro F1 of alignment links, over sentences where somebody changed one; None where nobody did."""
    shared = total = 0
    for pair in pairs:
        for first, second in combinations(pair.links.values(), 2):
            shared += len(first & second)
            total += len(first) + len(second)
    return round(2 * shared / total, 4) if total else None


def _codes(entities: Entities, n_tokens: int, labels: Sequence[str]) -> Codes:
    codes = np.zeros(n_tokens, dtype=np.int64)
    for start, end, label in entities:
        kind = labels.index(label)
        codes[start:end] = 2 * kind + 2
        codes[start] = 2 * kind + 1
    return codes


def _counts(pair: SharedPair, labels: Sequence[str]) -> NDArray[np.int64]:
    """(tokens, codes): how many people gave the token the code."""
    counts = np.zeros((pair.n_tokens, 2 * len(labels) + 1), dtype=np.int64)
    for own in pair.opinions.values():
        counts[np.arange(pair.n_tokens), _codes(own, pair.n_tokens, labels)] += 1
    return counts


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)

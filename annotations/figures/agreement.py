"""How far people agree: exact spans, and one code per token in the manner of IOB2."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np

from annotations.figures.codes import TokenCodes, code_tokens
from annotations.figures.independent import SharedPair
from workers.agreement import cohen_kappa, fleiss_kappa, krippendorff_alpha


def agreement_figures(pairs: Sequence[SharedPair], names: dict[int, str]) -> dict[str, Any]:
    """Over all people, by label, by pair of people, and by week. names: user -> name."""
    labels = sorted({label for pair in pairs for own in pair.opinions.values() for _, _, label in own})
    codes = code_tokens(pairs, labels)
    return {
        "n_pairs": len(pairs),
        "overall": _overall(pairs, codes),
        "by_label": _by_label(pairs, codes),
        "by_people": _by_people(pairs, codes, names),
        "by_week": _by_week(pairs, codes),
    }


@dataclass(slots=True)
class Shared:
    """Spans that two people both have, and spans of either; micro F1 over all that was added."""

    both: int = 0
    either: int = 0

    def add(self, first: frozenset[Any], second: frozenset[Any]) -> None:
        self.both += len(first & second)
        self.either += len(first) + len(second)

    @property
    def f1(self) -> float | None:
        """None where nobody found anything."""
        return round(2 * self.both / self.either, 4) if self.either else None


def _overall(pairs: Sequence[SharedPair], codes: TokenCodes) -> dict[str, Any]:
    n_raters, same = _most_common_number(pairs)
    fixed = [place for place, pair in enumerate(pairs) if len(pair.opinions) == n_raters]
    return {
        "span_f1": _span_f1(pairs),
        "alpha": _rounded(krippendorff_alpha(codes.counts)),
        "fleiss": _rounded(fleiss_kappa(codes.of_pairs(fixed))),
        "fleiss_raters": n_raters,
        "fleiss_pairs": same,
        "link_f1": _link_f1(pairs),
        "link_pairs": sum(len(pair.links) > 1 for pair in pairs),
    }


def _by_label(pairs: Sequence[SharedPair], codes: TokenCodes) -> list[dict[str, Any]]:
    """Each label against everything else."""
    n_spans: Counter[str] = Counter()
    both: Counter[str] = Counter()
    either: Counter[str] = Counter()
    for pair in pairs:
        for own in pair.opinions.values():
            n_spans.update(label for _, _, label in own)
        for first, second in combinations(pair.opinions.values(), 2):
            both.update(label for _, _, label in first & second)
            either.update(label for own in (first, second) for _, _, label in own)
    return [
        {
            "label": label,
            "n_spans": n_spans[label],
            "span_f1": Shared(both[label], either[label]).f1,
            "alpha": _rounded(krippendorff_alpha(codes.of_label(label))),
        }
        for label in codes.labels
    ]


@dataclass(slots=True)
class TwoPeople:
    """What two people both looked at: places of the pairs, and their spans."""

    places: list[int] = field(default_factory=list)
    spans: Shared = field(default_factory=Shared)


def _by_people(pairs: Sequence[SharedPair], codes: TokenCodes, names: dict[int, str]) -> list[dict[str, Any]]:
    met: dict[tuple[int, int], TwoPeople] = defaultdict(TwoPeople)
    for place, pair in enumerate(pairs):
        for first, second in combinations(sorted(pair.opinions), 2):
            two = met[first, second]
            two.places.append(place)
            two.spans.add(pair.opinions[first], pair.opinions[second])
    rows = []
    for people, two in sorted(met.items(), key=lambda row: -len(row[1].places)):
        own = [np.concatenate([codes.of_person[place, person] for place in two.places]) for person in people]
        rows.append(
            {
                "people": [names.get(person, "?") for person in people],
                "n_pairs": len(two.places),
                "span_f1": two.spans.f1,
                "kappa": _rounded(cohen_kappa(own[0], own[1])),
            }
        )
    return rows


def _by_week(pairs: Sequence[SharedPair], codes: TokenCodes) -> list[dict[str, Any]]:
    """By the week in which the last of a pair's reviews was finished."""
    weeks: dict[str, list[int]] = defaultdict(list)
    for place, pair in enumerate(pairs):
        year, week, _ = pair.last_at.isocalendar()
        weeks[f"{year}-W{week:02}"].append(place)
    return [
        {
            "week": week,
            "n_pairs": len(places),
            "span_f1": _span_f1(pairs[place] for place in places),
            "alpha": _rounded(krippendorff_alpha(codes.of_pairs(places))),
        }
        for week, places in sorted(weeks.items())
    ]


def _most_common_number(pairs: Sequence[SharedPair]) -> tuple[int, int]:
    """The number of reviews that most pairs have, and how many pairs: Fleiss' kappa needs one number."""
    numbers = Counter(len(pair.opinions) for pair in pairs)
    return numbers.most_common(1)[0] if numbers else (0, 0)


def _span_f1(pairs: Iterable[SharedPair]) -> float | None:
    """Micro F1 of exact spans with labels; None where nobody found anything."""
    spans = Shared()
    for pair in pairs:
        for first, second in combinations(pair.opinions.values(), 2):
            spans.add(first, second)
    return spans.f1


def _link_f1(pairs: Sequence[SharedPair]) -> float | None:
    """Micro F1 of alignment links, over sentences where somebody changed one; None where nobody did."""
    links = Shared()
    for pair in pairs:
        for first, second in combinations(pair.links.values(), 2):
            links.add(first, second)
    return links.f1


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)

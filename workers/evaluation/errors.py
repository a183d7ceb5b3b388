"""What went wrong with an entity, and which labels are taken for which."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

Triple = tuple[int, int, str]  # start, end, label
CORRECT = "correct"
BOUNDARY, LABEL, BOTH = "boundary", "label", "boundary and label"
MISSED, SPURIOUS = "missed", "spurious"
KINDS = (MISSED, SPURIOUS, BOUNDARY, LABEL, BOTH)
NOTHING = ""  # the label of what is not there


@dataclass(frozen=True, slots=True)
class Match:
    """An entity of gold with the found one that stands for it; one of them is None where there is none."""

    gold: Triple | None
    found: Triple | None

    @property
    def kind(self) -> str:
        """CORRECT or one of KINDS."""
        if self.gold is None:
            return SPURIOUS
        if self.found is None:
            return MISSED
        if self.gold == self.found:
            return CORRECT
        if self.gold[2] == self.found[2]:
            return BOUNDARY
        return LABEL if self.gold[:2] == self.found[:2] else BOTH

    @property
    def label(self) -> str:
        """Gold's label, or the found one where gold has nothing."""
        return (self.gold or self.found or (0, 0, NOTHING))[2]


def match_entities(gold: Iterable[Triple], found: Iterable[Triple]) -> list[Match]:
    """Every entity of a sentence once, leftmost first.

    Equal ones belong together, then equal spans, then overlapping ones of the same label, then any that
    overlap; what is left was missed or is spurious.
    """
    missing, extra = sorted(gold), sorted(found)
    matches: list[Match] = []
    for belong in (_equal, _same_span, _overlapping_alike, _overlapping):
        matches += _take(missing, extra, belong)
    matches += [Match(one, None) for one in missing] + [Match(None, one) for one in extra]
    return sorted(matches, key=lambda match: match.gold or match.found or (0, 0, NOTHING))


def count_errors(sentences: Iterable[Sequence[Match]]) -> dict[str, dict[str, int]]:
    """Label -> CORRECT and KINDS -> how many. The label is gold's, of spurious entities their own."""
    counts: dict[str, Counter[str]] = {}
    for matches in sentences:
        for match in matches:
            counts.setdefault(match.label, Counter())[match.kind] += 1
    return {label: {kind: counts[label][kind] for kind in (CORRECT, *KINDS)} for label in sorted(counts)}


def count_confusion(sentences: Iterable[Sequence[Match]]) -> dict[str, Any]:
    """{"labels": [...], "rows": [[...]]}: gold's labels down, found ones across, the last of both is nothing.

    On the diagonal stand the right labels, with the right span or an overlapping one.
    """
    pairs: Counter[tuple[str, str]] = Counter()
    for matches in sentences:
        for match in matches:
            gold = match.gold[2] if match.gold else NOTHING
            pairs[gold, match.found[2] if match.found else NOTHING] += 1
    labels = sorted({label for pair in pairs for label in pair} - {NOTHING})
    around = [*labels, NOTHING]
    return {"labels": labels, "rows": [[pairs[gold, found] for found in around] for gold in around]}


def _take(
    missing: list[Triple], extra: list[Triple], belong: Callable[[Triple, Triple], bool]
) -> list[Match]:
    """Take out of both lists what belongs together."""
    taken = []
    for gold in list(missing):
        other = next((found for found in extra if belong(gold, found)), None)
        if other is not None:
            missing.remove(gold)
            extra.remove(other)
            taken.append(Match(gold, other))
    return taken


def _equal(one: Triple, other: Triple) -> bool:
    return one == other


def _same_span(one: Triple, other: Triple) -> bool:
    return one[:2] == other[:2]


def _overlapping(one: Triple, other: Triple) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _overlapping_alike(one: Triple, other: Triple) -> bool:
    return one[2] == other[2] and _overlapping(one, other)

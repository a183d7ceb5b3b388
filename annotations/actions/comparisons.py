"""Compare two runs over the same sentences: asked for on a page, done by a worker, kept until asked again.

The answers of both runs are read side by side in id order, a range of pairs at a time, so that memory does
not grow with the corpus; nothing is counted while a page waits.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from annotations.actions.background import taking
from annotations.models import (
    Candidate,
    PairResult,
    ProjectionRun,
    ReferenceSpan,
    Review,
    ReviewItem,
    RunComparison,
    RunDifference,
    SentencePair,
    User,
)

Status = RunComparison.Status
Span = tuple[int, int, str]  # start, end, label
Spans = dict[int, set[Span]]  # by pair

RANGE = 5_000  # pairs that are read at a time
ANSWERED = (PairResult.Status.DONE, PairResult.Status.NO_ENTITIES)
# How the answers of two runs for one entity relate, in the order of the table.
RELATIONS = ("same", "other-label", "other-span", "first-only", "second-only")


@transaction.atomic
def ask_comparison(*, first: ProjectionRun, second: ProjectionRun, user: User) -> RunComparison:
    """Promise to compare two runs, also once more. Raises ValidationError where that makes no sense."""
    first, second = sorted((first, second), key=lambda run: run.pk)
    if first == second:
        raise ValidationError(_("Pick two different runs."))
    if (first.project_id, first.target_language) != (second.project_id, second.target_language):
        raise ValidationError(_("Only runs of one project into one language can be compared."))
    if first.is_active or second.is_active:
        raise ValidationError(_("One of the runs is under way; compare them when it has ended."))
    comparison, is_new = RunComparison.objects.select_for_update().get_or_create(
        first=first, second=second, defaults={"project": first.project, "asked_by": user}
    )
    if not is_new:
        comparison.status, comparison.error, comparison.asked_by = Status.WORKING, "", user
        comparison.save(update_fields=["status", "error", "asked_by"])
        RunComparison.objects.filter(pk=comparison.pk).update(asked_at=Now())
    return comparison


def compare(comparison_id: int) -> None:
    """Do what `ask_comparison` promised, in one transaction. Another worker at it makes this a no-op."""
    with taking(RunComparison, comparison_id, Status.WORKING) as comparison:
        if comparison is None:
            return
        RunDifference.objects.filter(comparison=comparison).delete()
        tally = Tally()
        for low, high in _ranges(comparison):
            differing = tally.add(_read(comparison, low, high))
            RunDifference.objects.bulk_create(
                [RunDifference(comparison=comparison, pair_id=pair) for pair in differing], batch_size=1_000
            )
        comparison.data = tally.tables()
        comparison.n_differences = tally.n_differing
        comparison.status = Status.READY
        comparison.save(update_fields=["data", "n_differences", "status"])
        RunComparison.objects.filter(pk=comparison.pk).update(finished_at=Now())


def mark_comparison_failed(comparison_id: int, reason: str) -> None:
    RunComparison.objects.filter(pk=comparison_id, status=Status.WORKING).update(
        status=Status.FAILED, error=reason, finished_at=Now()
    )


@dataclass(frozen=True, slots=True)
class Sentences:
    """A range of pairs that both runs answered: what each says, and what gold says where there is any."""

    pairs: list[int]
    runs: tuple[Spans, Spans]
    gold: dict[str, Spans]


class Tally:
    """Counts over ranges of pairs."""

    def __init__(self) -> None:
        self.n_pairs = self.n_differing = 0
        self.relations: dict[str, Counter[str]] = defaultdict(Counter)  # label -> relation -> entities
        self.gold: dict[str, list[Counter[str]]] = {}  # kind of gold -> a Counter per run
        self.n_gold_pairs: Counter[str] = Counter()

    def add(self, sentences: Sentences) -> list[int]:
        """Count a range; returns the pairs in which the runs differ."""
        differing = []
        first, second = sentences.runs
        for pair in sentences.pairs:
            here = relate(first.get(pair, set()), second.get(pair, set()))
            for label, relation in here:
                self.relations[label][relation] += 1
            if any(relation != "same" for _, relation in here):
                differing.append(pair)
        for kind, gold in sentences.gold.items():
            self._score(kind, gold, sentences.runs)
        self.n_pairs += len(sentences.pairs)
        self.n_differing += len(differing)
        return differing

    def tables(self) -> dict[str, Any]:
        labels = sorted(self.relations)
        rows = [[label, *(self.relations[label][relation] for relation in RELATIONS)] for label in labels]
        total: Counter[str] = sum(self.relations.values(), Counter())
        return {
            "n_pairs": self.n_pairs,
            "labels": rows,
            "total": [total[relation] for relation in RELATIONS],
            "gold": [
                {"kind": kind, "n_pairs": self.n_gold_pairs[kind], "runs": [_scores(run) for run in runs]}
                for kind, runs in self.gold.items()
                if self.n_gold_pairs[kind]
            ],
        }

    def _score(self, kind: str, gold: Spans, runs: Iterable[Spans]) -> None:
        counters = self.gold.setdefault(kind, [Counter(), Counter()])
        self.n_gold_pairs[kind] += len(gold)
        for counter, run in zip(counters, runs, strict=True):
            for pair, wanted in gold.items():
                found = run.get(pair, set())
                counter.update(right=len(found & wanted), found=len(found), wanted=len(wanted))


def relate(first: set[Span], second: set[Span]) -> list[tuple[str, str]]:
    """(label, relation) of each entity of a sentence; the label is the first run's where it has one.

    Equal spans belong together, then overlapping ones, leftmost first; each span is used once.
    """
    related = [(label, "same") for _, _, label in first & second]
    left, right = sorted(first - second), sorted(second - first)
    for together in (_same_span, _overlapping):
        for span in list(left):
            other = next((candidate for candidate in right if together(span, candidate)), None)
            if other is None:
                continue
            related.append((span[2], "other-label" if together is _same_span else "other-span"))
            left.remove(span)
            right.remove(other)
    related += [(label, "first-only") for _, _, label in left]
    related += [(label, "second-only") for _, _, label in right]
    return related


def _same_span(one: Span, other: Span) -> bool:
    return one[:2] == other[:2]


def _overlapping(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _scores(counts: Counter[str]) -> dict[str, float | int]:
    right, found, wanted = counts["right"], counts["found"], counts["wanted"]
    return {
        "right": right,
        "found": found,
        "wanted": wanted,
        "precision": right / found if found else 0.0,
        "recall": right / wanted if wanted else 0.0,
        "f1": 2 * right / (found + wanted) if found + wanted else 1.0,
    }


def _ranges(comparison: RunComparison) -> Iterator[tuple[int, int]]:
    """Key ranges over the pairs of the first run, RANGE pairs each."""
    results = PairResult.objects.filter(run=comparison.first_id).order_by("pair")
    high = 0
    while pairs := list(results.filter(pair__gt=high).values_list("pair", flat=True)[:RANGE]):
        high = pairs[-1]
        yield pairs[0], high


def _read(comparison: RunComparison, low: int, high: int) -> Sentences:
    where = Q(pair__gte=low, pair__lte=high)
    answered = [
        set(PairResult.objects.filter(where, run=run, status__in=ANSWERED).values_list("pair", flat=True))
        for run in (comparison.first_id, comparison.second_id)
    ]
    pairs = answered[0] & answered[1]
    runs = [
        _spans(_projected(run).filter(where), pairs) for run in (comparison.first_id, comparison.second_id)
    ]
    return Sentences(sorted(pairs), (runs[0], runs[1]), _read_gold(where, pairs))


def _projected(run_id: int) -> QuerySet[Candidate]:
    chosen = Candidate.objects.filter(run=run_id, rank=0, start__isnull=False)
    return chosen.exclude(reason=Candidate.ONLY_TARGET)


def _read_gold(where: Q, pairs: set[int]) -> dict[str, Spans]:
    reviews = dict(Review.objects.gold().filter(where).values_list("id", "pair"))
    reviewed: Spans = {pair: set() for pair in reviews.values() if pair in pairs}
    items = ReviewItem.objects.filter(
        review__in=reviews, state=ReviewItem.State.ACCEPTED, start__isnull=False
    ).values_list("review", "start", "end", "label")
    for review, start, end, label in items:
        if reviews[review] in reviewed and start is not None and end is not None:
            reviewed[reviews[review]].add((start, end, label))
    with_reference = SentencePair.objects.filter(pk__in=pairs, has_reference=True)
    imported: Spans = {pair: set() for pair in with_reference.values_list("pk", flat=True)}
    imported |= _spans(ReferenceSpan.objects.filter(where), pairs)
    return {"reviews": reviewed, "imported": imported}


def _spans(rows: QuerySet[Any], pairs: set[int]) -> Spans:
    spans: Spans = defaultdict(set)
    for pair, start, end, label in rows.values_list("pair", "start", "end", "label"):
        if pair in pairs:
            spans[pair].add((start, end, label))
    return dict(spans)

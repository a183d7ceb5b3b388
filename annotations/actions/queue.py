"""Queues: which pairs a reviewer wants next, and in what order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from annotations.models import Candidate, NameUse, RunDifference, SentencePair
from annotations.querysets import SentencePairQuerySet, WordsQuery


@dataclass(frozen=True, slots=True)
class Queue:
    """Which pairs a reviewer wants, and in what order; skipped ones always come as imported.

    doubt: only pairs with a reason to look, one of DOUBTS.
    """

    project_id: int
    order: str = "hardest"
    language: str = ""
    label: str = ""
    run: int | None = None
    comparison: int | None = None
    assigned: int | None = None
    skipped: bool = False
    doubt: str = ""

    def pairs(self) -> SentencePairQuerySet:
        pairs = SentencePair.objects.filter(project=self.project_id)
        pairs = pairs.skipped() if self.skipped else pairs.awaiting_review()
        if self.language:
            pairs = pairs.filter(target_language=self.language)
        if self.run:
            pairs = pairs.filter(shown_run=self.run)
        if self.comparison:
            differing = RunDifference.objects.filter(pair=OuterRef("pk"), comparison=self.comparison)
            pairs = pairs.filter(Exists(differing))
        if self.assigned:
            pairs = pairs.filter(assigned_to=self.assigned)
        if self.label:
            suggested = Candidate.objects.filter(
                pair=OuterRef("pk"), run=OuterRef("shown_run"), rank=0, label=self.label
            )
            pairs = pairs.filter(Exists(suggested))
        if self.doubt:
            pairs = DOUBTS[self.doubt](pairs, self)
        if self.skipped:
            return pairs.in_corpus_order()
        return ORDERS[self.order](pairs)


ORDERS = {
    "hardest": SentencePairQuerySet.hardest_first,
    "easiest": SentencePairQuerySet.easiest_first,
    "corpus": SentencePairQuerySet.in_corpus_order,
}


def _with_choice(pairs: SentencePairQuerySet, **like: object) -> SentencePairQuerySet:
    chosen = Candidate.objects.filter(pair=OuterRef("pk"), run=OuterRef("shown_run"), rank=0, **like)
    return pairs.filter(Exists(chosen))


def _with_disputed_name(pairs: SentencePairQuerySet, queue: Queue) -> SentencePairQuerySet:
    """Pairs with a name that gold decides differently elsewhere, as the last report on names found."""
    uses = NameUse.objects.filter(project=queue.project_id)
    if queue.language:
        uses = uses.filter(language=queue.language)
    names = uses.order_by("name").values_list("name", flat=True).distinct()[:MAX_NAMES]
    found = Q(pk__in=[])
    for name in names:
        found |= Q(search_text__words=WordsQuery(name))
    return pairs.filter(found)


MAX_NAMES = 200  # in one query
DOUBTS: dict[str, Callable[[SentencePairQuerySet, Queue], SentencePairQuerySet]] = {
    "missing": lambda pairs, queue: _with_choice(pairs, start__isnull=True),
    "disputed": lambda pairs, queue: _with_choice(pairs, reason="methods-disagree"),
    "extra": lambda pairs, queue: _with_choice(pairs, reason=Candidate.ONLY_TARGET),
    "names": _with_disputed_name,
}

"""The vocabulary of queries: adjectives and for_x, so that views read as the domain."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchQuery
from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery, Sum
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now

if TYPE_CHECKING:
    from annotations.models import User


# Literals, not values of the statement: a plan that is kept can use the indexes over just these rows.
SUGGESTED = RawSQL("'suggested'", ())
ZERO = RawSQL("0", ())


MOST_FEW = 5_000  # pairs that are looked up one by one


class WordsQuery(SearchQuery):
    """Words that stand together, the last one perhaps only begun; for PairText.words."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.function = "projector_query"


def is_any(column: str, keys: Iterable[int]) -> models.Func:
    """The column is one of the keys, which are one value of the statement instead of thousands."""
    values = models.Value(list(keys), output_field=ArrayField(models.BigIntegerField()))
    return models.Func(
        models.F(column),
        values,
        template="%(expressions)s)",
        arg_joiner=" = ANY(",
        output_field=models.BooleanField(),
    )


class ProjectQuerySet(models.QuerySet):
    def for_user(self, user: User) -> ProjectQuerySet:
        """Projects that exist for this user: where they are a member."""
        return self.filter(memberships__user=user)


class SentencePairQuerySet(models.QuerySet):
    def for_scope(self, run) -> SentencePairQuerySet:  # noqa: ANN001
        """The pairs a run is asked to work on."""
        pairs = self.filter(project=run.project_id, target_language=run.target_language)
        if run.scope == run.Scope.UNREVIEWED:
            pairs = pairs.exclude(status="reviewed")
        if run.scope == run.Scope.FILTER:
            pairs = pairs.filter(**run.scope_filter)
        return pairs

    def with_sides(self, sides: Iterable[str]) -> SentencePairQuerySet:
        """Those that have each of these sides ("source", "target"), imported or translated."""
        pairs = self
        for side in sides:
            pairs = pairs.exclude(**{f"{side}_text": ""})
        return pairs

    def matching(self, text: str) -> SentencePairQuerySet:
        """Pairs in which these words stand together on either side, the last one perhaps only begun.

        Few are found by the index of the words first, whatever the order is to be; many are met soon enough
        along that order.
        """
        from annotations.models import PairText  # which imports this module

        few = PairText.objects.filter(words=WordsQuery(text)).values_list("pair", flat=True)
        keys = list(few[: MOST_FEW + 1])
        return (
            self.filter(search_text__words=WordsQuery(text))
            if len(keys) > MOST_FEW
            else self.filter(pk__in=keys)
        )

    def with_label(self, label: str) -> SentencePairQuerySet:
        """Pairs with an accepted entity of the label, or one that the shown run suggests."""
        from annotations.models import Candidate, Review  # which import this module

        accepted = Review.objects.filter(pair=OuterRef("pk"), items__state="accepted", items__label=label)
        suggested = Candidate.objects.filter(
            pair=OuterRef("pk"), run=OuterRef("shown_run"), rank=0, label=label
        )
        # Not EXISTS, which the planner would answer for the whole corpus before the first row.
        found = self.alias(
            accepted=Subquery(accepted.values("pk")[:1]), shown=Subquery(suggested.values("pk")[:1])
        )
        return found.filter(Q(accepted__isnull=False) | Q(shown__isnull=False))

    def next_of(self, n: int) -> tuple[SentencePairQuerySet, int | None]:
        """The next n pairs of this order by id, and the last of them when there may be more.

        For what no index finds: it is looked for among some thousand pairs at a time.
        """
        keys = self.order_by("id").values_list("pk", flat=True)
        last = keys[n - 1 : n].first()
        return (self if last is None else self.filter(pk__lte=last)), last

    def reviewed_by(self, username: str) -> SentencePairQuerySet:
        """Pairs that this person has a review of, finished or not."""
        return self.filter(reviews__reviewer__username=username)

    def of_run(self, run_id: int) -> SentencePairQuerySet:
        """Pairs that the run has a result for, shown or not."""
        return self.filter(results__run=run_id)

    def wanting_more_reviews(self, user: User) -> SentencePairQuerySet:
        """Reviewed pairs that more people are to review, and that the user has not."""
        from annotations.models import Review  # which imports this module

        own = Review.objects.filter(pair=OuterRef("pk"), reviewer=user, status__in=["done", "skipped"])
        # Looked up pair by pair: joined, it would read all that the person has ever reviewed.
        wanting = self.alias(own_review=Subquery(own.values("pk")[:1]))
        return wanting.filter(more_reviews__gt=ZERO, own_review=None)

    def half_reviewed(self) -> SentencePairQuerySet:
        """Reviewed pairs that more people are to review."""
        return self.filter(more_reviews__gt=ZERO)

    def awaiting_review(self) -> SentencePairQuerySet:
        return self.filter(status=SUGGESTED)

    def skipped(self) -> SentencePairQuerySet:
        return self.filter(status="skipped")

    def free(self) -> SentencePairQuerySet:
        """Nobody is on it: never claimed, given back, or the lease ran out."""
        return self._without_claim()

    def free_for(self, user: User) -> SentencePairQuerySet:
        """Nobody else is on it."""
        return self._without_claim(~Q(reviewer=user))

    def _without_claim(self, of: Q = Q()) -> SentencePairQuerySet:  # noqa: B008
        from annotations.models import Claim  # which imports this module

        return self.filter(~Exists(Claim.objects.living().filter(of, pair=OuterRef("pk"))))

    def open_to(self, user: User) -> SentencePairQuerySet:
        """Given to this person, or to nobody."""
        return self.filter(Q(assigned_to__isnull=True) | Q(assigned_to=user))

    def claimed_by(self, user: User) -> SentencePairQuerySet:
        return self.filter(claim__reviewer=user)

    def for_claiming(self) -> SentencePairQuerySet:
        """Locked until the transaction ends; rows that somebody else has locked are passed over."""
        return self.select_for_update(skip_locked=True, of=("self",), no_key=True)

    def hardest_first(self) -> SentencePairQuerySet:
        return self.order_by("-priority", "id")

    def easiest_first(self) -> SentencePairQuerySet:
        return self.order_by("priority", "-id")

    def in_corpus_order(self) -> SentencePairQuerySet:
        return self.order_by("id")


class PairCountQuerySet(models.QuerySet):
    FIELDS = ("n_pairs", "n_awaiting", "n_reviewed", "n_skipped", "n_flagged")

    def totals(self) -> dict[str, int]:
        """The numbers over all rows, by field name."""
        sums = self.aggregate(**{field: Sum(field, default=0) for field in self.FIELDS})
        return {field: sums[field] for field in self.FIELDS}

    def totals_by(self, *keys: str) -> list[dict]:
        """The numbers by project, by target_language, or both; most pairs first."""
        sums = {field: Sum(field) for field in self.FIELDS}
        return list(self.values(*keys).annotate(**sums).filter(n_pairs__gt=0).order_by("-n_pairs", *keys))


class ProjectionRunQuerySet(models.QuerySet):
    def active(self) -> ProjectionRunQuerySet:
        return self.filter(status__in=["queued", "running"])

    def ended(self) -> ProjectionRunQuerySet:
        return self.exclude(status__in=["queued", "running"])


class RunChunkQuerySet(models.QuerySet):
    def claimable_by(self, token: UUID) -> RunChunkQuerySet:
        """Nobody works on it: queued, its lease ran out, or `token` held it when its worker died."""
        return self.unfinished().filter(Q(status="queued") | Q(lease_until__lt=Now()) | Q(claim_token=token))

    def held(self) -> RunChunkQuerySet:
        """A living worker has it in hand."""
        return self.filter(status="running", lease_until__gt=Now())

    def unfinished(self) -> RunChunkQuerySet:
        return self.filter(status__in=["queued", "running"])

    def done(self) -> RunChunkQuerySet:
        return self.filter(status="done")

    def not_done(self) -> RunChunkQuerySet:
        return self.exclude(status="done")

    def failed(self) -> RunChunkQuerySet:
        return self.filter(status="failed")


class PairResultQuerySet(models.QuerySet):
    def with_problem(self) -> PairResultQuerySet:
        """Pairs that the run could not project, with the reason in `message`."""
        return self.filter(status__in=["empty", "failed"])


class ReviewQuerySet(models.QuerySet):
    def gold(self) -> ReviewQuerySet:
        return self.filter(is_gold=True)


class LeasedJobQuerySet(models.QuerySet):
    def active(self) -> LeasedJobQuerySet:
        return self.filter(status__in=["queued", "running"])

    def free(self, token: UUID | None = None) -> LeasedJobQuerySet:
        """Active, and held by nobody whose lease still runs, or by `token`."""
        unheld = Q(lease_until=None) | Q(lease_until__lt=Now())
        return self.active().filter(unheld | Q(claim_token=token) if token else unheld)

    def done(self) -> LeasedJobQuerySet:
        return self.filter(status="done")

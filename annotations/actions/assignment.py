"""Pairs given to people: each is served to its person only, until it is finished or given back."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import Exists, Func, IntegerField, OuterRef, Q, QuerySet

from annotations.actions.audit import Kind, write_audit
from annotations.models import Assignment, Membership, Project, SentencePair, User
from annotations.querysets import SentencePairQuerySet

MOST_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Choice:
    """Which pairs, at most n; "" leaves a field out."""

    n: int
    language: str = ""
    document: str = ""
    domain: str = ""

    def pairs(self, project: Project) -> SentencePairQuerySet:
        """Unfinished pairs that nobody was given and nobody is on, as imported."""
        wanted = {"target_language": self.language, "document": self.document, "domain": self.domain}
        pairs = SentencePair.objects.filter(
            project=project, assigned_to=None, status__in=["new", "suggested"]
        )
        pairs = pairs.free().filter(**{name: value for name, value in wanted.items() if value})
        return pairs.in_corpus_order()


@transaction.atomic
def assign_pairs(*, project: Project, assignee: User, created_by: User, choice: Choice) -> Assignment | None:
    """Give the first n pairs of the choice to a person. None when there are none.

    Of two assignments at once, each gets pairs of its own: rows that the other holds are passed over.
    """
    pairs = choice.pairs(project)
    locked = list(pairs.for_claiming().values_list("pk", flat=True)[: min(choice.n, MOST_AT_ONCE)])
    keys = list(pairs.filter(pk__in=locked).values_list("pk", flat=True))  # not what was taken up meanwhile
    if not keys:
        return None
    SentencePair.objects.filter(pk__in=keys).update(assigned_to=assignee)
    Project.objects.filter(pk=project.pk, uses_assignment=False).update(uses_assignment=True)
    write_audit(project, Kind.PAIRS_ASSIGNED, created_by, person=assignee.username, n=len(keys))
    return Assignment.objects.create(
        project=project,
        assignee=assignee,
        created_by=created_by,
        choice=asdict(choice) | {"first": keys[0], "last": keys[-1]},
        n_pairs=len(keys),
    )


@transaction.atomic
def unassign_pairs(*, project: Project, assignee: User, actor: User | None = None) -> int:
    """What the person has not finished is everybody's again. Returns how many pairs that were."""
    unfinished = ~Q(status=SentencePair.Status.REVIEWED)
    pairs = SentencePair.objects.filter(unfinished, project=project, assigned_to=assignee)
    n = pairs.update(assigned_to=None)
    if n:
        write_audit(project, Kind.PAIRS_UNASSIGNED, actor, person=assignee.username, n=n)
    return n


def with_pairs_left(members: QuerySet[Membership], *, most: int = MOST_AT_ONCE) -> QuerySet[Membership]:
    """Members with pairs that they were given and have not reviewed; `n_assigned`: how many, up to `most`."""
    given = SentencePair.objects.filter(project=OuterRef("project"), assigned_to=OuterRef("user"))
    left = given.awaiting_review().order_by()
    counted = Func(
        ArraySubquery(left.values("pk")[:most]), function="cardinality", output_field=IntegerField()
    )
    return members.filter(Exists(left)).annotate(n_assigned=counted)

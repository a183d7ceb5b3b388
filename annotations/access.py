"""Fetch and permission in one place. What a user may not see does not exist: Http404, never 403."""

from typing import TypeVar

from django.db.models import F
from django.http import Http404

from annotations.models import (
    BulkChange,
    Comment,
    Evaluation,
    Export,
    FastLane,
    GapReport,
    ImportBatch,
    Invitation,
    Membership,
    Project,
    ProjectionRun,
    RunComparison,
    RunDisagreement,
    SentencePair,
    TrainingRun,
    User,
)
from annotations.prepared import fetch_one
from annotations.rows import PAIR, PROJECT

# What belongs to a project.
M = TypeVar(
    "M",
    ProjectionRun,
    ImportBatch,
    Export,
    Membership,
    Comment,
    RunComparison,
    RunDisagreement,
    TrainingRun,
    GapReport,
    Evaluation,
    FastLane,
    BulkChange,
    Invitation,
)

Role = Membership.Role
VIEW = frozenset({Role.OWNER, Role.ADJUDICATOR, Role.ANNOTATOR, Role.VIEWER})
REVIEW = frozenset({Role.OWNER, Role.ADJUDICATOR, Role.ANNOTATOR})
ADJUDICATE = frozenset({Role.OWNER, Role.ADJUDICATOR})
OWN = frozenset({Role.OWNER})

PAIR_OF_MEMBER = f"""
SELECT member.role, claim.reviewer_id, {PAIR.of("pair")}, {PROJECT.of("project")}
FROM annotations_sentencepair AS pair
JOIN annotations_project AS project ON project.id = pair.project_id
JOIN annotations_membership AS member ON member.project_id = project.id AND member.user_id = %(user)s
LEFT JOIN annotations_claim AS claim ON claim.pair_id = pair.id
WHERE pair.id = %(pair)s
"""  # noqa: S608 (names of columns)


def check_may_see_models(user: User) -> None:
    """Raises Http404 unless the user owns a project, any, or is of the staff."""
    if not user.is_staff and not Membership.objects.filter(user=user, role=Role.OWNER).exists():
        raise Http404("no such page for this user")


def get_comparison_for(user: User, comparison_id: int, allowed: frozenset[Role] = VIEW) -> RunComparison:
    return _get_within_project(user, RunComparison, comparison_id, allowed)


def get_project_for(user: User, project_id: int, allowed: frozenset[Role] = VIEW) -> Project:
    """The project with `.role` set to the user's role. Raises Http404 unless the role is allowed."""
    projects = Project.objects.for_user(user).annotate(own_role=F("memberships__role"))
    project = projects.filter(pk=project_id).first()
    if project is None:
        raise Http404("no such project")
    project.role = Role(project.own_role)
    if project.role not in allowed:
        raise Http404("no such page for this role")
    return project


def get_pair_for(user: User, pair_id: int, allowed: frozenset[Role] = VIEW) -> SentencePair:
    row = fetch_one(PAIR_OF_MEMBER, {"pair": pair_id, "user": user.pk})
    if row is None:
        raise Http404("no such sentence pair")
    role, holder, *columns = row
    role = Role(role)
    if role not in allowed:
        raise Http404("no such page for this role")
    pair: SentencePair = PAIR.instance(columns[: len(PAIR)])
    pair.holder_id = holder
    pair.project = PROJECT.instance(columns[len(PAIR) :])
    pair.project.role = role
    return pair


def get_run_for(user: User, run_id: int, allowed: frozenset[Role] = VIEW) -> ProjectionRun:
    return _get_within_project(user, ProjectionRun, run_id, allowed)


def get_import_for(user: User, batch_id: int, allowed: frozenset[Role] = OWN) -> ImportBatch:
    return _get_within_project(user, ImportBatch, batch_id, allowed)


def get_export_for(user: User, export_id: int, allowed: frozenset[Role] = VIEW) -> Export:
    export = _get_within_project(user, Export, export_id, allowed)
    if export.is_restricted and export.project.role not in ADJUDICATE:
        raise Http404("no such page for this role")
    return export


def get_member_for(user: User, member_id: int, allowed: frozenset[Role] = VIEW) -> Membership:
    return _get_within_project(user, Membership, member_id, allowed)


def get_comment_for(user: User, comment_id: int, allowed: frozenset[Role] = VIEW) -> Comment:
    return _get_within_project(user, Comment, comment_id, allowed)


def get_training_for(user: User, training_id: int, allowed: frozenset[Role] = OWN) -> TrainingRun:
    return _get_within_project(user, TrainingRun, training_id, allowed)


def get_gap_report_for(user: User, report_id: int, allowed: frozenset[Role] = OWN) -> GapReport:
    return _get_within_project(user, GapReport, report_id, allowed)


def get_evaluation_for(user: User, evaluation_id: int, allowed: frozenset[Role] = OWN) -> Evaluation:
    return _get_within_project(user, Evaluation, evaluation_id, allowed)


def get_run_disagreement_for(
    user: User, disagreement_id: int, allowed: frozenset[Role] = VIEW
) -> RunDisagreement:
    return _get_within_project(user, RunDisagreement, disagreement_id, allowed)


def get_fast_lane_for(user: User, lane_id: int, allowed: frozenset[Role] = VIEW) -> FastLane:
    return _get_within_project(user, FastLane, lane_id, allowed)


def get_bulk_for(user: User, bulk_id: int, allowed: frozenset[Role] = VIEW) -> BulkChange:
    return _get_within_project(user, BulkChange, bulk_id, allowed)


def get_invitation_for(user: User, invitation_id: int, allowed: frozenset[Role] = VIEW) -> Invitation:
    return _get_within_project(user, Invitation, invitation_id, allowed)


def _get_within_project(user: User, model: type[M], pk: int, allowed: frozenset[Role]) -> M:
    found = (
        model._default_manager.select_related("project")
        .filter(pk=pk, project__memberships__user=user)
        .annotate(own_role=F("project__memberships__role"))
        .first()
    )
    if found is None:
        raise Http404(f"no such {model._meta.verbose_name}")
    found.project.role = Role(found.own_role)
    if found.project.role not in allowed:
        raise Http404("no such page for this role")
    return found

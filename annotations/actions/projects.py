"""Verbs of projects and the people on them."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from annotations.actions.assignment import unassign_pairs
from annotations.actions.guidelines import keep_guidelines
from annotations.models import Membership, Project, User

Role = Membership.Role


@transaction.atomic
def create_project(*, owner: User, **fields: Any) -> Project:
    project = Project.objects.create(created_by=owner, **fields)
    Membership.objects.create(project=project, user=owner, role=Role.OWNER)
    keep_guidelines(project=project, author=owner)
    return project


@transaction.atomic
def add_member(*, project: Project, username: str, role: str) -> Membership:
    """Raises ValidationError for an unknown or inactive user, and for one who is a member already."""
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise ValidationError(_("There is no user called “%s”.") % username)
    member, is_new = Membership.objects.get_or_create(project=project, user=user, defaults={"role": role})
    if not is_new:
        raise ValidationError(_("%s is on this project already.") % username)
    return member


@transaction.atomic
def change_role(*, member: Membership, role: str) -> None:
    """Raises ValidationError when the project would be left without an owner."""
    _keep_an_owner(member, will_own=role == Role.OWNER)
    member.role = role
    member.save(update_fields=["role"])


@transaction.atomic
def remove_member(*, member: Membership) -> None:
    """The reviews stay; what the member had claimed is free again. Raises ValidationError as change_role."""
    _keep_an_owner(member, will_own=False)
    member.project.pairs.claimed_by(member.user).update(claimed_by=None, claimed_until=None)
    unassign_pairs(project=member.project, assignee=member.user)
    member.delete()


@transaction.atomic
def keep_recalibration(*, project: Project, method: str, values: dict[str, Any]) -> None:
    """From the next run on, correct the method's confidences by these weights; {} stops it."""
    project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    project.recalibrations.pop(method, None)
    if values:
        project.recalibrations[method] = values
    project.save(update_fields=["recalibrations"])


@transaction.atomic
def erase_project(project: Project) -> None:
    """Delete a project with everything in it, the append-only history included."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL projector.erasing = 'on'")
    project.delete()


def _keep_an_owner(member: Membership, *, will_own: bool) -> None:
    """The owners' rows are locked: of two owners who leave at once, one is refused."""
    owners = Membership.objects.select_for_update().filter(project=member.project_id, role=Role.OWNER)
    others = [owner for owner in owners.order_by("pk") if owner.pk != member.pk]
    if not will_own and not others:
        raise ValidationError(_("A project needs an owner: make somebody else an owner first."))

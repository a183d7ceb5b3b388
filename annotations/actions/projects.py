"""Verbs of projects and the people on them."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from annotations.actions.assignment import unassign_pairs
from annotations.actions.audit import Kind, write_audit
from annotations.actions.guidelines import keep_guidelines
from annotations.models import Claim, Membership, Project, User

Role = Membership.Role
# What owners set. The guidelines have versions of their own, so the record only says that there is a new one.
SETTINGS = ("name", "description", "source_language", "overlap_percent", "overlap_people", "labels")


@transaction.atomic
def create_project(*, owner: User, **fields: Any) -> Project:
    project = Project.objects.create(created_by=owner, **fields)
    Membership.objects.create(project=project, user=owner, role=Role.OWNER)
    write_audit(project, Kind.PROJECT_MADE, owner)
    keep_guidelines(project=project, author=owner)
    return project


@transaction.atomic
def save_settings(*, project: Project, actor: User) -> None:
    """Save what was set on the project, and record what that changed."""
    stored = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    project.save(update_fields=[*SETTINGS, "guidelines"])
    changed = [field for field in SETTINGS if getattr(stored, field) != getattr(project, field)]
    if changed:
        fields = {field: _change_of(field, stored, project) for field in changed}
        write_audit(project, Kind.SETTINGS_CHANGED, actor, fields=fields)
    keep_guidelines(project=project, author=actor)


def _change_of(field: str, before: Project, after: Project) -> list[Any] | None:
    """The values before and after; None for a text too long for a record."""
    if field == "description":
        return None
    values = [
        project.label_names if field == "labels" else getattr(project, field) for project in (before, after)
    ]
    return values if values[0] != values[1] else None


@transaction.atomic
def add_member(*, project: Project, username: str, role: str, actor: User | None = None) -> Membership:
    """Raises ValidationError for an unknown or inactive user, and for one who is a member already."""
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise ValidationError(_("There is no user called “%s”.") % username)
    member, is_new = Membership.objects.get_or_create(project=project, user=user, defaults={"role": role})
    if not is_new:
        raise ValidationError(_("%s is on this project already.") % username)
    write_audit(project, Kind.MEMBER_ADDED, actor, person=username, role=role)
    return member


@transaction.atomic
def change_role(*, member: Membership, role: str, actor: User | None = None) -> None:
    """Raises ValidationError when the project would be left without an owner."""
    _keep_an_owner(member, will_own=role == Role.OWNER)
    if role != member.role:
        person, was = member.user.username, member.role
        write_audit(member.project, Kind.ROLE_CHANGED, actor, person=person, was=was, now=role)
    member.role = role
    member.save(update_fields=["role"])


@transaction.atomic
def remove_member(*, member: Membership, actor: User | None = None) -> None:
    """The reviews stay; what the member had claimed is free again. Raises ValidationError as change_role."""
    _keep_an_owner(member, will_own=False)
    Claim.objects.filter(pair__project=member.project, reviewer=member.user).delete()
    unassign_pairs(project=member.project, assignee=member.user, actor=actor)
    write_audit(member.project, Kind.MEMBER_REMOVED, actor, person=member.user.username, role=member.role)
    member.delete()


@transaction.atomic
def keep_recalibration(*, project: Project, method: str, values: dict[str, Any]) -> None:
    """From the next run on, correct the method's confidences by these weights; {} stops it."""
    project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    project.recalibrations.pop(method, None)
    if values:
        project.recalibrations[method] = values
    project.save(update_fields=["recalibrations"])
    write_audit(project, Kind.CORRECTION_LEARNT, None, method=method)


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

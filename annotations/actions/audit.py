"""The record of who changed what: one call in the transaction of each change."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from annotations.models import AuditEntry, Membership, Project, User

Kind = AuditEntry.Kind


def write_audit(project: Project, kind: str, actor: User | None, **detail: Any) -> None:
    """Add an entry. actor: None for a command that works for nobody in particular."""
    AuditEntry.objects.create(project=project, actor=actor, kind=kind, detail=detail)


def note_sign_in(sender: object, request: HttpRequest, user: User, **_extra: Any) -> None:
    """Tell every project of the user. Receives Django's signal: the one place that all ways in go through."""
    projects = Membership.objects.filter(user=user).values_list("project", flat=True)
    AuditEntry.objects.bulk_create(
        [AuditEntry(project_id=project, actor=user, kind=Kind.SIGNED_IN) for project in projects]
    )

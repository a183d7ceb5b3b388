"""Verbs of the guidelines: every text that stood is kept as a version, and each member's last look."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Greatest

from annotations.actions.audit import Kind, write_audit
from annotations.models import GuidelinesVersion, Membership, Project, User


@transaction.atomic
def keep_guidelines(*, project: Project, author: User) -> GuidelinesVersion | None:
    """Record the project's guidelines as a new version unless it is recorded already. Its author knows it."""
    locked = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    newest = locked.guidelines_versions.first()
    if locked.guidelines == (newest.text if newest else ""):
        return None
    version = GuidelinesVersion.objects.create(
        project=locked, number=locked.guidelines_version + 1, text=locked.guidelines, author=author
    )
    locked.guidelines_version = version.number
    locked.save(update_fields=["guidelines_version"])
    project.guidelines_version = version.number
    write_audit(project, Kind.GUIDELINES_CHANGED, author, number=version.number)
    mark_guidelines_seen(project=project, user=author, number=version.number)
    return version


def mark_guidelines_seen(*, project: Project, user: User, number: int) -> None:
    """The member has read this version; an older page that is answered late takes nothing back."""
    number = min(number, project.guidelines_version)
    members = Membership.objects.filter(project=project, user=user)
    members.update(guidelines_seen=Greatest("guidelines_seen", number))

"""Invitations: a signed link that makes one person a member, once, for some days."""

from __future__ import annotations

from datetime import timedelta

from django.core import signing
from django.db import transaction
from django.utils import timezone

from annotations.actions.audit import Kind, write_audit
from annotations.models import Invitation, Membership, Project, User

LIVES = timedelta(days=7)
SALT = "projector.invitation"


class InvitationClosed(Exception):
    """It was used or taken back, is too old, or never was."""


@transaction.atomic
def make_invitation(*, project: Project, created_by: User, role: str, note: str = "") -> Invitation:
    write_audit(project, Kind.INVITATION_MADE, created_by, role=role, note=note)
    return Invitation.objects.create(
        project=project, created_by=created_by, role=role, note=note, expires_at=timezone.now() + LIVES
    )


def invitation_token(invitation: Invitation) -> str:
    """What the link carries: the key, signed. Whoever reads the database cannot make one."""
    return signing.dumps(invitation.pk, salt=SALT)


def find_invitation(token: str) -> Invitation:
    """The invitation that a link is for, while it can be used. Raises InvitationClosed."""
    try:
        key = signing.loads(token, salt=SALT)
    except signing.BadSignature as error:
        raise InvitationClosed from error
    invitation = Invitation.objects.select_related("project", "created_by").filter(pk=key).first()
    if invitation is None or not is_open(invitation):
        raise InvitationClosed
    return invitation


def is_open(invitation: Invitation) -> bool:
    return (
        invitation.used_at is None
        and invitation.revoked_at is None
        and invitation.expires_at > timezone.now()
    )


@transaction.atomic
def accept_invitation(*, token: str, user: User) -> Membership:
    """Make the user a member; of two who use a link at once, one does. Raises InvitationClosed.

    Who is a member already stays as they are, and the link stays good for somebody else.
    """
    found = find_invitation(token)
    invitation = Invitation.objects.select_for_update().get(pk=found.pk)
    if not is_open(invitation):
        raise InvitationClosed
    member, is_new = Membership.objects.get_or_create(
        project=found.project, user=user, defaults={"role": invitation.role}
    )
    if is_new:
        invitation.used_by, invitation.used_at = user, timezone.now()
        invitation.save(update_fields=["used_by", "used_at"])
        person, role = user.username, invitation.role
        write_audit(found.project, Kind.MEMBER_JOINED, user, person=person, role=role)
    return member


@transaction.atomic
def revoke_invitation(*, invitation: Invitation, actor: User | None = None) -> None:
    """Take an open invitation back; one that was used or taken back stays as it is."""
    unused = Invitation.objects.filter(pk=invitation.pk, used_at=None, revoked_at=None)
    if unused.update(revoked_at=timezone.now()):
        role, note = invitation.role, invitation.note
        write_audit(invitation.project, Kind.INVITATION_REVOKED, actor, role=role, note=note)

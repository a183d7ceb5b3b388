"""Users, their roles in a project, and one-time sign-in links."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """A person. `preferences` holds the interface choices (theme, key map) as the page sent them."""

    preferences = models.JSONField(default=dict, blank=True)


class Membership(models.Model):
    """What a user may do in a project. Without one, the project does not exist for that user."""

    class Role(models.TextChoices):
        OWNER = "owner", _("Owner")
        ADJUDICATOR = "adjudicator", _("Adjudicator")
        ANNOTATOR = "annotator", _("Annotator")
        VIEWER = "viewer", _("Viewer")

    project = models.ForeignKey("annotations.Project", on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.ANNOTATOR)
    guidelines_seen = models.PositiveIntegerField(
        default=0, db_default=0, help_text="The version of the guidelines that the member has read."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "user"], name="membership_once_per_project"),
            models.CheckConstraint(
                condition=models.Q(role__in=["owner", "adjudicator", "annotator", "viewer"]),
                name="membership_role_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} is {self.role} of {self.project}"


class LoginToken(models.Model):
    """A one-time sign-in link. Only the SHA-256 of the token is stored."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="login_tokens")
    token_sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"sign-in link of {self.user}, {'used' if self.used_at else 'unused'}"

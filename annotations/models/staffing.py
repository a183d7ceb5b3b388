"""Who is asked in, and who is given which pairs."""

from django.conf import settings
from django.db import models


class Invitation(models.Model):
    """A link that makes one person a member. The link itself is signed and kept nowhere."""

    project = models.ForeignKey("annotations.Project", on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=20)
    note = models.CharField(max_length=200, blank=True, help_text="Whom it is for.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role__in=["owner", "adjudicator", "annotator", "viewer"]),
                name="invitation_role_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"invitation to project {self.project_id} as {self.role}"


class Assignment(models.Model):
    """A batch of pairs that was given to one person. The pairs themselves say whose they are."""

    project = models.ForeignKey("annotations.Project", on_delete=models.CASCADE, related_name="assignments")
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    choice = models.JSONField(
        default=dict, help_text="Language, document, domain and ids that were asked for."
    )
    n_pairs = models.PositiveIntegerField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.n_pairs} pairs for {self.assignee}"

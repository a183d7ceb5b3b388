"""Who changed what in a project: rows that are only ever added, by the actions that make the change."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditEntry(models.Model):
    """One change, and by whom. A trigger refuses to change an entry, or to delete it without its project.

    `detail` holds the facts under the names that `annotations.audit` puts into words.
    """

    class Kind(models.TextChoices):
        SIGNED_IN = "signed-in", _("Signed in")
        PROJECT_MADE = "project-made", _("Project made")
        SETTINGS_CHANGED = "settings-changed", _("Settings changed")
        GUIDELINES_CHANGED = "guidelines-changed", _("Guidelines changed")
        CORRECTION_LEARNT = "correction-learnt", _("Correction of confidences changed")
        MEMBER_ADDED = "member-added", _("Person added")
        MEMBER_JOINED = "member-joined", _("Invitation followed")
        ROLE_CHANGED = "role-changed", _("Role changed")
        MEMBER_REMOVED = "member-removed", _("Person removed")
        INVITATION_MADE = "invitation-made", _("Invitation made")
        INVITATION_REVOKED = "invitation-revoked", _("Invitation taken back")
        PAIRS_ASSIGNED = "pairs-assigned", _("Sentences given out")
        PAIRS_UNASSIGNED = "pairs-unassigned", _("Sentences taken back")
        RUN_LAUNCHED = "run-launched", _("Run launched")
        RUN_CANCELLED = "run-cancelled", _("Run cancelled")
        RUN_RESUMED = "run-resumed", _("Run resumed")
        RUN_DELETED = "run-deleted", _("Run deleted")
        TRAINING_LAUNCHED = "training-launched", _("Training launched")
        TRAINING_CANCELLED = "training-cancelled", _("Training cancelled")
        TRAINING_RESUMED = "training-resumed", _("Training resumed")
        GAP_REPORT_LAUNCHED = "gap-report-launched", _("Gap report launched")
        GAP_REPORT_CANCELLED = "gap-report-cancelled", _("Gap report cancelled")
        GAP_REPORT_RESUMED = "gap-report-resumed", _("Gap report resumed")
        EVALUATION_LAUNCHED = "evaluation-launched", _("Evaluation launched")
        EVALUATION_CANCELLED = "evaluation-cancelled", _("Evaluation cancelled")
        EVALUATION_RESUMED = "evaluation-resumed", _("Evaluation resumed")
        IMPORTED = "imported", _("Sentences imported")
        IMPORT_DISCARDED = "import-discarded", _("Upload discarded")
        EXPORTED = "exported", _("Export made")
        DOWNLOADED = "downloaded", _("File downloaded")
        BULK_DECIDED = "bulk-decided", _("Many sentences decided at once")
        BULK_UNDONE = "bulk-undone", _("Decision over many sentences undone")
        BULK_REDONE = "bulk-redone", _("Decision over many sentences redone")
        COMMENT_REMOVED = "comment-removed", _("Comment removed")

    project = models.ForeignKey(
        "annotations.Project",
        on_delete=models.CASCADE,
        related_name="audit_entries",
        db_index=False,  # audit_by_project begins with it
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Empty where a command of this machine did it for nobody in particular.",
    )
    kind = models.CharField(max_length=30, choices=Kind.choices)
    detail = models.JSONField(default=dict)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["project", "-id"], name="audit_by_project"),
            models.Index(fields=["project", "actor", "-id"], name="audit_by_actor"),
            models.Index(fields=["project", "kind", "-id"], name="audit_by_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} by {self.actor} at {self.at:%Y-%m-%d %H:%M}"

"""Exports: what was asked for, and the verified files that came of it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Export(models.Model):
    """Files made from a project's gold (and silver, on request), kept for some days below MEDIA_ROOT.

    WORKING is a promise to be kept by whoever holds the row's lock, as in ImportBatch. READY is written
    when the files have been parsed back and compared.
    """

    class Status(models.TextChoices):
        WORKING = "working", _("Being made")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Failed")

    project = models.ForeignKey("annotations.Project", on_delete=models.CASCADE, related_name="exports")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.WORKING)
    options = models.JSONField(default=dict)
    folder = models.CharField(max_length=500, blank=True, help_text="Folder below MEDIA_ROOT.")
    report = models.JSONField(default=dict, help_text="The sidecar: what is in the files, and what is lost.")
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["working", "ready", "failed"]), name="export_status_is_known"
            ),
        ]

    @property
    def is_restricted(self) -> bool:
        """Whether it holds what is not for all on the project: unreviewed labels, names of reviewers."""
        return bool(self.options.get("silver") or self.options.get("reviewers"))

    def __str__(self) -> str:
        return f"export {self.pk} of {self.project}"

"""Imports: the files that came, what was found in them, and what became of them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ImportBatch(models.Model):
    """One file (or pair of files) that was brought in: staged, checked, shown, then committed or discarded.

    CHECKING and IMPORTING are promises to be kept by whoever holds the row's lock; a batch in one of them
    whose row nobody holds is waiting for a worker. The pairs and DONE are written in one transaction.
    """

    class Status(models.TextChoices):
        CHECKING = "checking", _("Being checked")
        STAGED = "staged", _("Waiting for confirmation")
        IMPORTING = "importing", _("Importing")
        DONE = "done", _("Imported")
        FAILED = "failed", _("Failed")
        DISCARDED = "discarded", _("Discarded")

    project = models.ForeignKey("annotations.Project", on_delete=models.CASCADE, related_name="imports")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.STAGED)
    format = models.CharField(max_length=30)
    file_names = models.JSONField(default=list)
    staged_path = models.CharField(max_length=500, blank=True, help_text="Folder below MEDIA_ROOT.")
    options = models.JSONField(default=dict, help_text="How the files are to be read, as chosen.")
    report = models.JSONField(default=dict, help_text="What the last check found: a preview, the bad lines.")
    n_read = models.PositiveIntegerField(default=0)
    n_imported = models.PositiveIntegerField(default=0)
    n_duplicates = models.PositiveIntegerField(default=0)
    n_rejected = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    status__in=["checking", "staged", "importing", "done", "failed", "discarded"]
                ),
                name="import_status_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"import {self.pk} of {', '.join(self.file_names)}"

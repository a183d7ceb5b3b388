"""What long work of the workers has in common: a row that says how far it is, and who holds it until when."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from annotations.querysets import LeasedJobQuerySet

ACTIVE = ("queued", "running")
KNOWN = (*ACTIVE, "cancelled", "done", "failed")


class LeasedJob(models.Model):
    """Work of minutes or hours. Progress and cancellation are columns; a worker holds it under a lease.

    Its sentences are written below MEDIA_ROOT first, from one snapshot, by the task WRITE; then the task WORK
    takes it. IS_WRITTEN tells rows that WORK may take. A job that was lost is taken up by the next worker.
    """

    WRITE: ClassVar[str]
    WORK: ClassVar[str]
    IS_WRITTEN: ClassVar[models.Q]

    class Status(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        CANCELLED = "cancelled", _("Cancelled")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    folder = models.CharField(max_length=500, blank=True, help_text="Its files, below MEDIA_ROOT.")
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.QUEUED)
    step = models.PositiveIntegerField(default=0, db_default=0)
    n_steps = models.PositiveIntegerField(default=0, db_default=0)
    stage = models.CharField(
        max_length=100, blank=True, default="", db_default="", help_text="What the worker is at."
    )
    signature = models.CharField(max_length=200, blank=True)
    error = models.TextField(blank=True, default="", db_default="")

    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    moved_at = models.DateTimeField(default=timezone.now, db_default=Now())
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    claim_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    objects = LeasedJobQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE

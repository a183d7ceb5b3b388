"""Trainings of taggers on a project's own sentences, and saved gap reports."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from annotations.querysets import TrainingRunQuerySet


class TrainingRun(models.Model):
    """Fine-tuning on a project's gold, silver or both. Progress, curve and cancellation are columns here.

    The sentences are written below MEDIA_ROOT when it is launched, so that later reviews change nothing; a
    worker holds it under a lease, and a training that was cancelled or lost goes on from its checkpoint.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        CANCELLED = "cancelled", _("Cancelled")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    class Data(models.TextChoices):
        GOLD = "gold", _("Reviewed sentences (gold)")
        SILVER = "silver", _("Suggestions that nobody has reviewed (silver)")
        BOTH = "both", _("Both, silver by its confidence")

    project = models.ForeignKey("annotations.Project", on_delete=models.CASCADE, related_name="trainings")
    data = models.CharField(max_length=10, choices=Data.choices, default=Data.GOLD)
    languages = models.JSONField(default=list, help_text="Target languages; all when empty.")
    dev_percent = models.PositiveSmallIntegerField(default=10, help_text="Documents to choose the epoch by.")
    options = models.JSONField(default=dict, help_text="What workers.training.options.TrainingOptions takes.")
    curve_parts = models.PositiveSmallIntegerField(
        default=0, help_text="Smaller trainings for a learning curve: on 1/2, 1/4, ... of the gold."
    )
    folder = models.CharField(max_length=500, blank=True, help_text="Its sentences, below MEDIA_ROOT.")
    model_folder = models.CharField(max_length=1000, blank=True, help_text="The tagger, below MODEL_FOLDERS.")
    n_gold = models.PositiveIntegerField(default=0)
    n_silver = models.PositiveIntegerField(default=0)
    n_dev = models.PositiveIntegerField(default=0)

    status = models.CharField(max_length=20, choices=Status.choices, default=Status.QUEUED)
    step = models.PositiveIntegerField(default=0)
    n_steps = models.PositiveIntegerField(default=0)
    stage = models.CharField(max_length=100, blank=True, help_text="What the worker is at.")
    curve = models.JSONField(default=list, help_text="Loss, dev loss and dev F1 by step.")
    scores = models.JSONField(default=dict, help_text="On the dev part: see workers.evaluate.Scores.")
    learning_curve = models.JSONField(default=list, help_text="Dev F1 by number of gold sentences.")
    signature = models.CharField(max_length=200, blank=True)
    error = models.TextField(blank=True)

    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    moved_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    claim_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    objects = TrainingRunQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["project"],
                condition=models.Q(status__in=["queued", "running"]),
                name="one_active_training_per_project",
                violation_error_message=_("A training of this project is already under way."),
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["queued", "running", "cancelled", "done", "failed"]),
                name="training_status_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"training {self.pk} of {self.project}"

    def get_absolute_url(self) -> str:
        return reverse("annotations:training", args=[self.pk])

    @property
    def is_active(self) -> bool:
        return self.status in {self.Status.QUEUED, self.Status.RUNNING}


class GapReport(models.Model):
    """A gap report that was saved with a project: its JSON, and its other files below MEDIA_ROOT."""

    project = models.ForeignKey("annotations.Project", on_delete=models.CASCADE, related_name="gap_reports")
    name = models.CharField(max_length=200)
    signature = models.CharField(max_length=200)
    report = models.JSONField()
    folder = models.CharField(max_length=500, help_text="Folder below MEDIA_ROOT.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("annotations:gap_report", args=[self.pk])

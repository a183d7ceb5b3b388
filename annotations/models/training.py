"""Trainings of taggers on a project's own sentences, and gap reports."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from annotations.models.jobs import ACTIVE, KNOWN, LeasedJob


class TrainingRun(LeasedJob):
    """Fine-tuning on a project's gold, silver or both.

    The sentences are written when it is launched, so that later reviews change nothing; a training that was
    cancelled or lost goes on from its checkpoint.
    """

    WRITE = "annotations.tasks.write_training"
    WORK = "workers.tasks.training.train_tagger"
    IS_WRITTEN = models.Q(n_dev__gt=0)

    class Data(models.TextChoices):
        GOLD = "gold", _("Reviewed sentences (gold)")
        SILVER = "silver", _("Suggestions that nobody has reviewed (silver)")
        BOTH = "both", _("Both")

    project = models.ForeignKey("annotations.Project", on_delete=models.CASCADE, related_name="trainings")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    data = models.CharField(max_length=10, choices=Data.choices, default=Data.GOLD)
    languages = models.JSONField(default=list, help_text="Target languages; all when empty.")
    dev_percent = models.PositiveSmallIntegerField(default=10, help_text="Documents to choose the epoch by.")
    options = models.JSONField(default=dict, help_text="What workers.training.options.TrainingOptions takes.")
    curve_parts = models.PositiveSmallIntegerField(
        default=0, help_text="Smaller trainings for a learning curve: on 1/2, 1/4, ... of the gold, and none."
    )
    model_folder = models.CharField(max_length=1000, blank=True, help_text="The tagger, below MODEL_FOLDERS.")
    n_gold = models.PositiveIntegerField(default=0)
    n_silver = models.PositiveIntegerField(default=0)
    n_dev = models.PositiveIntegerField(default=0)

    curve = models.JSONField(default=list, help_text="Loss, dev loss and dev F1 by step.")
    scores = models.JSONField(default=dict, help_text="On the dev part: see workers.evaluate.Scores.")
    learning_curve = models.JSONField(default=list, help_text="Dev F1 by number of gold sentences.")

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["project"],
                condition=models.Q(status__in=ACTIVE),
                name="one_active_training_per_project",
                violation_error_message=_("A training of this project is already under way."),
            ),
            models.CheckConstraint(condition=models.Q(status__in=KNOWN), name="training_status_is_known"),
        ]

    def __str__(self) -> str:
        return f"training {self.pk} of {self.project}"

    def get_absolute_url(self) -> str:
        return reverse("annotations:training", args=[self.pk])


class GapReport(LeasedJob):
    """A gap report of a project: its JSON, and its other files below MEDIA_ROOT.

    Launched from a page, it has options and inputs; one that the command made comes done and has neither.
    """

    WRITE = "annotations.tasks.write_gap_inputs"
    WORK = "workers.tasks.gap_reports.make_gap_report"
    IS_WRITTEN = ~models.Q(inputs={})

    project = models.ForeignKey("annotations.Project", on_delete=models.CASCADE, related_name="gap_reports")
    name = models.CharField(max_length=200)
    options = models.JSONField(
        default=dict, db_default={}, help_text="What was asked for: see annotations.gap_form."
    )
    inputs = models.JSONField(
        default=dict, db_default={}, help_text="The domains as they were written, and what was left out."
    )
    report = models.JSONField(default=dict)
    status = models.CharField(
        max_length=20,
        choices=LeasedJob.Status.choices,
        default=LeasedJob.Status.QUEUED,
        db_default=LeasedJob.Status.DONE,  # the release before keeps finished ones only
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Empty where a command of this machine made it.",
    )

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["project"],
                condition=models.Q(status__in=ACTIVE),
                name="one_active_gap_report_per_project",
                violation_error_message=_("A gap report of this project is already under way."),
            ),
            models.CheckConstraint(condition=models.Q(status__in=KNOWN), name="gap_report_status_is_known"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("annotations:gap_report", args=[self.pk])

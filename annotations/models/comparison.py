"""Two runs over the same sentences, side by side."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class RunComparison(models.Model):
    """What a worker found comparing two runs. WORKING is a promise, kept by whoever holds the row's lock."""

    class Status(models.TextChoices):
        WORKING = "working", _("Being compared")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Failed")

    first = models.ForeignKey(
        "annotations.ProjectionRun", on_delete=models.CASCADE, related_name="comparisons"
    )
    second = models.ForeignKey("annotations.ProjectionRun", on_delete=models.CASCADE, related_name="+")
    project = models.ForeignKey("annotations.Project", on_delete=models.CASCADE, related_name="comparisons")
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.WORKING)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    asked_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)
    data = models.JSONField(default=dict, help_text="Tables of counts, see actions/comparisons.py.")
    n_differences = models.PositiveIntegerField(default=0, help_text="Pairs in which the runs differ.")
    error = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="one_comparison_per_two_runs"),
            models.CheckConstraint(
                condition=models.Q(first__lt=models.F("second")), name="comparison_of_two_runs_in_order"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["working", "ready", "failed"]),
                name="comparison_status_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"runs {self.first_id} and {self.second_id}"


class RunDifference(models.Model):
    """A pair in which the two runs of a comparison answer differently."""

    comparison = models.ForeignKey(
        RunComparison, on_delete=models.CASCADE, related_name="differences", db_index=False
    )
    pair = models.ForeignKey("annotations.SentencePair", on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["comparison", "pair"], name="one_difference_per_pair")]

    def __str__(self) -> str:
        return f"pair {self.pair_id} of {self.comparison_id}"

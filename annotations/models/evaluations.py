"""Evaluations of taggers and runs against a project's reviewed sentences."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from annotations.models.jobs import ACTIVE, KNOWN, LeasedJob


class Evaluation(LeasedJob):
    """A system, and perhaps a baseline, on reviewed sentences as they were when it was launched.

    A system is a training, a run or a model: see annotations.systems. What went wrong and where is in files
    below MEDIA_ROOT; the tables of the page are in `report`.
    """

    WRITE = "annotations.tasks.write_evaluation"
    WORK = "workers.tasks.evaluation.evaluate_systems"
    IS_WRITTEN = models.Q(n_sentences__gt=0)

    project = models.ForeignKey("annotations.Project", on_delete=models.CASCADE, related_name="evaluations")
    system = models.JSONField(help_text="What is evaluated.")
    baseline = models.JSONField(default=dict, help_text="What it is compared with; empty for nothing.")
    languages = models.JSONField(default=list, help_text="Target languages; all when empty.")
    domains = models.JSONField(default=list, help_text="All when empty.")
    ignore = models.JSONField(default=list, help_text="Labels that do not count.")
    limit = models.PositiveIntegerField(help_text="Sentences at most; of more a sample is drawn.")
    seed = models.PositiveIntegerField(default=0, help_text="Of the sample and of the intervals.")
    leaves_out_learnt = models.BooleanField(
        default=True, help_text="Without the sentences that a system learnt from."
    )
    n_sentences = models.PositiveIntegerField(default=0)
    facts = models.JSONField(default=dict, help_text="How the sentences were chosen, in numbers.")
    report = models.JSONField(default=dict, help_text="See workers.evaluation.report.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["project"],
                condition=models.Q(status__in=ACTIVE),
                name="one_active_evaluation_per_project",
                violation_error_message=_("An evaluation of this project is already under way."),
            ),
            models.CheckConstraint(condition=models.Q(status__in=KNOWN), name="evaluation_status_is_known"),
        ]

    def __str__(self) -> str:
        return f"evaluation {self.pk} of {self.project}"

    def get_absolute_url(self) -> str:
        return reverse("annotations:evaluation", args=[self.pk])

"""Where people or runs disagree, and figures that a worker computes and keeps with their time."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class Disagreement(models.Model):
    """A pair whose finished reviews differ. Kept by the actions; resolved when an adjudicator has decided."""

    pair = models.OneToOneField(
        "annotations.SentencePair", on_delete=models.CASCADE, related_name="disagreement"
    )
    project = models.ForeignKey(
        "annotations.Project", on_delete=models.CASCADE, related_name="disagreements", db_index=False
    )
    reviewers = ArrayField(models.BigIntegerField(), help_text="Users whose reviews differ.")
    f1 = models.FloatField(help_text="Mean span F1 over pairs of reviews.")
    changed_at = models.DateTimeField(auto_now=True)
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["project", "pair"],
                name="disagreement_open",
                condition=models.Q(resolved_at__isnull=True),
            ),
            models.Index(fields=["project", "pair"], name="disagreement_of_project"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(f1__gte=0.0, f1__lte=1.0), name="disagreement_f1_between_0_and_1"
            ),
        ]

    def __str__(self) -> str:
        return f"disagreement on pair {self.pair_id}"


class ProjectReport(models.Model):
    """Figures of a project at one moment. WORKING is a promise to be kept by whoever holds the row's lock."""

    class Kind(models.TextChoices):
        FIGURES = "figures", _("Figures of the dashboard")
        NAMES = "names", _("Names with different decisions")
        RERUN = "rerun", _("Decisions that the newest runs disagree with")

    class Status(models.TextChoices):
        WORKING = "working", _("Being computed")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Failed")

    project = models.ForeignKey(
        "annotations.Project",
        on_delete=models.CASCADE,
        related_name="reports",
        db_index=False,  # report_of_project begins with it
    )
    kind = models.CharField(max_length=20, choices=Kind.choices)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.WORKING)
    asked_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    data = models.JSONField(default=dict)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["project", "kind", "-id"], name="report_of_project")]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "kind"],
                condition=models.Q(status="working"),
                name="one_working_report_per_project_and_kind",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["working", "ready", "failed"]), name="report_status_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of project {self.project_id}"


class NameUse(models.Model):
    """One gold decision about a source name that is decided differently elsewhere. Written by a report."""

    project = models.ForeignKey(
        "annotations.Project", on_delete=models.CASCADE, related_name="name_uses", db_index=False
    )
    language = models.CharField(max_length=35, help_text="Of the target.")
    name = models.CharField(max_length=300, help_text="The source words, case-folded.")
    pair = models.ForeignKey("annotations.SentencePair", on_delete=models.CASCADE, related_name="+")
    review = models.ForeignKey("annotations.Review", on_delete=models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField()
    words = models.TextField(help_text='The target words; "" for a name that the translation lacks.')
    label = models.CharField(max_length=50, blank=True, help_text='"" for a rejected one.')

    class Meta:
        indexes = [models.Index(fields=["project", "language", "name", "pair"], name="use_of_name")]

    def __str__(self) -> str:
        return f"{self.name}: {self.words} {self.label}"


class RunDisagreement(models.Model):
    """A gold decision that the run whose candidates are shown now would make differently."""

    project = models.ForeignKey(
        "annotations.Project", on_delete=models.CASCADE, related_name="run_disagreements", db_index=False
    )
    pair = models.ForeignKey("annotations.SentencePair", on_delete=models.CASCADE, related_name="+")
    run = models.ForeignKey("annotations.ProjectionRun", on_delete=models.CASCADE, related_name="+")
    review = models.ForeignKey("annotations.Review", on_delete=models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField()
    gold_start = models.IntegerField(null=True)
    gold_end = models.IntegerField(null=True)
    gold_label = models.CharField(max_length=50)
    start = models.IntegerField(null=True)
    end = models.IntegerField(null=True)
    label = models.CharField(max_length=50)
    confidence = models.FloatField(null=True)
    is_dismissed = models.BooleanField(default=False, db_default=False)

    class Meta:
        indexes = [
            models.Index(
                fields=["project", "id"],
                name="run_disagreement_open",
                condition=models.Q(is_dismissed=False),
            )
        ]

    def __str__(self) -> str:
        return f"run {self.run_id} disagrees in pair {self.pair_id}"

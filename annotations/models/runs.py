"""Projection runs and the chunks that workers claim."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from annotations.querysets import ProjectionRunQuerySet, RunChunkQuerySet


class ProjectionRun(models.Model):
    """One pass of the pipeline over a scope of pairs. Progress and cancellation are columns here.

    A worker first prepares the run (chunks, what the method learns, the signature) under a lease of its own,
    then any number of workers take its chunks. A run that is not running is left alone by all of them.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        CANCELLED = "cancelled", _("Cancelled")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    class Scope(models.TextChoices):
        ALL = "all", _("All sentences")
        UNREVIEWED = "unreviewed", _("Sentences not reviewed yet")
        FILTER = "filter", _("Sentences of a domain or document")

    project = models.ForeignKey("annotations.Project", on_delete=models.CASCADE, related_name="runs")
    target_language = models.CharField(max_length=35)
    route = models.CharField(max_length=30, default="bitext")
    translator = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="Of routes that translate."
    )
    translator_options = models.JSONField(default=dict, db_default={}, blank=True)
    markers = models.CharField(
        max_length=20,
        default="off",
        db_default="off",
        help_text="Whether entities are marked through the translation, or aligned with it.",
    )
    back_translation = models.CharField(
        max_length=20, default="off", db_default="off", help_text="Whether and how one refines the answers."
    )
    back_translator_options = models.JSONField(
        default=dict, db_default={}, blank=True, help_text="Where they differ from the translator's."
    )
    tagger = models.CharField(max_length=200, blank=True, help_text="Used where the source is unlabelled.")
    tagger_options = models.JSONField(default=dict, blank=True)
    aligner = models.CharField(max_length=200, blank=True)
    aligner_options = models.JSONField(default=dict, blank=True)
    method = models.CharField(max_length=50, blank=True)
    method_options = models.JSONField(default=dict, blank=True)
    target_tagger = models.CharField(
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text="Labels the target directly: all of model-transfer, evidence for methods that ask for it.",
    )
    target_tagger_options = models.JSONField(default=dict, db_default={}, blank=True)
    scope = models.CharField(max_length=20, choices=Scope.choices, default=Scope.ALL)
    scope_filter = models.JSONField(default=dict, blank=True, help_text='{"domain": ..., "document": ...}')
    chunk_size = models.PositiveIntegerField(default=100)
    queue = models.CharField(
        max_length=20, default="cpu", db_default="cpu", help_text="Whose workers do it: cpu or gpu."
    )

    status = models.CharField(max_length=20, choices=Status.choices, default=Status.QUEUED)
    statistics = models.JSONField(
        default=dict, blank=True, help_text="What the method learnt from a sample of the run's own pairs."
    )
    stage = models.CharField(
        max_length=30, blank=True, default="", db_default="", help_text="Of the preparation, while it lasts."
    )
    uses_tagger = models.BooleanField(default=False, help_text="Some of its sources came unlabelled.")
    signature = models.TextField(blank=True, help_text="Method, models with revisions, settings, versions.")
    error = models.TextField(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    prepared_at = models.DateTimeField(null=True, blank=True, help_text="When its chunks could be taken.")
    moved_at = models.DateTimeField(
        default=timezone.now, help_text="When a worker last finished something, or was last asked to."
    )
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How often it was being prepared.")
    claim_token = models.UUIDField(null=True, blank=True, help_text="Whoever prepares it.")
    lease_until = models.DateTimeField(null=True, blank=True)

    n_pairs = models.PositiveIntegerField(default=0)
    n_done = models.PositiveIntegerField(default=0)
    n_failed = models.PositiveIntegerField(default=0, help_text="Of n_done, pairs with a recorded problem.")
    n_candidates = models.PositiveIntegerField(default=0, help_text="Source entities that found a target.")
    n_missing = models.PositiveIntegerField(default=0, help_text="Source entities that found no target.")

    objects = ProjectionRunQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "target_language"],
                condition=models.Q(status__in=["queued", "running"]),
                name="one_active_run_per_project_and_target",
                violation_error_message=_("A run over this project and language is already under way."),
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["queued", "running", "cancelled", "done", "failed"]),
                name="run_status_is_known",
            ),
            models.CheckConstraint(condition=models.Q(queue__in=["cpu", "gpu"]), name="run_queue_is_known"),
        ]

    def __str__(self) -> str:
        return f"run {self.pk}: {self.method or self.route}, {self.target_language}"

    def get_absolute_url(self) -> str:
        return reverse("annotations:run", args=[self.pk])

    @property
    def is_active(self) -> bool:
        return self.status in {self.Status.QUEUED, self.Status.RUNNING}


class RunChunk(models.Model):
    """A key range of the run's pairs, claimed by compare-and-set with a lease, saved in one transaction."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    run = models.ForeignKey(ProjectionRun, on_delete=models.CASCADE, related_name="chunks")
    first_pair_id = models.BigIntegerField()
    last_pair_id = models.BigIntegerField()
    n_pairs = models.PositiveIntegerField()
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    claim_token = models.UUIDField(null=True, blank=True, help_text="Whoever holds the lease.")
    stage = models.CharField(
        max_length=30, blank=True, default="", db_default="", help_text="What its worker is at."
    )
    lease_until = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    signature = models.TextField(blank=True, help_text="Where its worker's differs from the run's.")
    seconds = models.FloatField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = RunChunkQuerySet.as_manager()

    class Meta:
        ordering = ["first_pair_id"]
        constraints = [
            models.UniqueConstraint(fields=["run", "first_pair_id"], name="chunk_once_per_range"),
            models.CheckConstraint(
                condition=models.Q(last_pair_id__gte=models.F("first_pair_id")), name="chunk_range_not_empty"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["queued", "running", "done", "failed"]),
                name="chunk_status_is_known",
            ),
        ]
        indexes = [
            models.Index(fields=["run", "status"], name="chunk_by_status"),
            models.Index(
                fields=["run", "first_pair_id"],
                name="chunk_to_do",
                condition=models.Q(status__in=["queued", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return f"chunk {self.first_pair_id}-{self.last_pair_id} of run {self.run_id}"

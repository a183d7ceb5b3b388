"""Decisions over many pairs at once: one step for the person who made it, one step to undo."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class BulkChange(models.Model):
    """One decision of a person that changed many reviews; their events point here and are undone together.

    WORKING, UNDOING and REDOING are promises, kept block by block by whoever holds the row's lock; `after`
    says how far that is. What a promise has not reached yet is left when it is stopped.
    """

    class Kind(models.TextChoices):
        CONSISTENCY = "consistency", _("The same name decided alike")
        FAST_LANE = "fast-lane", _("Accepted above a threshold")

    class Status(models.TextChoices):
        WORKING = "working", _("Being done")
        DONE = "done", _("Done")
        UNDOING = "undoing", _("Being taken back")
        UNDONE = "undone", _("Taken back")
        REDOING = "redoing", _("Being done again")
        FAILED = "failed", _("Failed")

    project = models.ForeignKey("annotations.Project", on_delete=models.CASCADE, related_name="bulk_changes")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    detail = models.JSONField(default=dict, help_text="What was asked for.")
    n_reviews = models.PositiveIntegerField(default=0)
    status = models.CharField(
        max_length=20, choices=Status.choices, default=Status.WORKING, db_default=Status.DONE
    )
    n_wanted = models.PositiveIntegerField(
        default=0, db_default=0, help_text="How many rows it was asked to look at."
    )
    n_handled = models.PositiveIntegerField(
        default=0,
        db_default=0,
        help_text="How many rows the promise that stands, or stood last, has looked at.",
    )
    n_changed = models.PositiveIntegerField(default=0, db_default=0, help_text="How many of them it changed.")
    after = models.BigIntegerField(default=0, db_default=0, help_text="The last row that it looked at.")
    error = models.TextField(blank=True, default="", db_default="")
    created_at = models.DateTimeField(auto_now_add=True)

    ACTIVE = (Status.WORKING, Status.UNDOING, Status.REDOING)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["working", "done", "undoing", "undone", "redoing", "failed"]),
                name="bulk_change_status_is_known",
            ),
            models.UniqueConstraint(
                fields=["project", "actor"],
                condition=models.Q(status__in=["working", "undoing", "redoing"]),
                name="one_active_bulk_change_per_person",
            ),
        ]

    @property
    def is_active(self) -> bool:
        return self.status in self.ACTIVE

    def get_absolute_url(self) -> str:
        return reverse("annotations:bulk", args=[self.pk])

    def __str__(self) -> str:
        return f"{self.kind} by {self.actor}: {self.n_reviews} reviews"


class FastLane(models.Model):
    """A check of one person before accepting unseen: real suggestions with known errors among them.

    sample: [{"pair": id, "items": [[start, end, label]], "is_seeded": bool}], in the order shown.
    answers: "right" or "wrong" for each, as the person judged it.
    """

    project = models.ForeignKey("annotations.Project", on_delete=models.CASCADE, related_name="fast_lanes")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    run = models.ForeignKey("annotations.ProjectionRun", on_delete=models.CASCADE, related_name="+")
    threshold = models.FloatField()
    sample = models.JSONField()
    answers = models.JSONField(default=list)
    n_seeded = models.PositiveIntegerField()
    n_missed = models.PositiveIntegerField(null=True, help_text="Known errors that were judged right.")
    n_rejected = models.PositiveIntegerField(null=True, help_text="Real suggestions that were judged wrong.")
    created_at = models.DateTimeField(auto_now_add=True)
    answered_at = models.DateTimeField(null=True)
    bulk = models.OneToOneField(BulkChange, on_delete=models.SET_NULL, null=True, related_name="fast_lane")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(threshold__gte=0.0, threshold__lte=1.0),
                name="fast_lane_threshold_between_0_and_1",
            ),
        ]

    def __str__(self) -> str:
        return f"check of {self.person} above {self.threshold}"

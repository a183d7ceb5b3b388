"""A project: its languages, labels and guidelines."""

import zlib

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext as _

from annotations.querysets import ProjectQuerySet


def default_labels() -> list[dict[str, str]]:
    """The four CoNLL-2003 labels, each with the key that sets it; explained to whoever makes the project."""
    return [
        {"name": "PER", "key": "p", "description": _("People")},
        {"name": "LOC", "key": "l", "description": _("Places")},
        {"name": "ORG", "key": "o", "description": _("Organisations")},
        {"name": "MISC", "key": "m", "description": _("Other names")},
    ]


class Project(models.Model):
    """A corpus with one source language and one or more target languages, and the people on it.

    How many pairs it has, and how many are reviewed, is in PairCount; no page counts rows of a large table.
    """

    name = models.CharField(max_length=200, unique=True)
    description = models.TextField(blank=True)
    guidelines = models.TextField(blank=True, help_text="Plain text, shown beside every sentence.")
    guidelines_version = models.PositiveIntegerField(
        default=0, db_default=0, editable=False, help_text="The newest; 0 before the first guidelines."
    )
    uses_assignment = models.BooleanField(
        default=False, db_default=False, editable=False, help_text="Some of its pairs are given to people."
    )
    source_language = models.CharField(
        max_length=35, default="en", help_text="BCP 47, for example en or pt-BR."
    )
    labels = models.JSONField(default=default_labels, help_text="name, key and description of each label.")
    recalibrations = models.JSONField(
        default=dict,
        blank=True,
        editable=False,
        help_text="Projection method -> weights that its confidences are corrected by, see fit_confidence.",
    )
    overlap_percent = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        validators=[MaxValueValidator(100)],
        help_text="Share of the sentences that several people review, unseen by each other; 0 for none.",
    )
    overlap_people = models.PositiveSmallIntegerField(
        default=2,
        db_default=2,
        validators=[MinValueValidator(2), MaxValueValidator(10)],
        help_text="How many people review each sentence of that share.",
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ProjectQuerySet.as_manager()

    role: str | None  # the signed-in user's, set by annotations.access

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def wants_overlap(self, pair_id: int) -> bool:
        """Whether several people are to review a pair: the same answer always, spread evenly."""
        return zlib.crc32(str(pair_id).encode()) % 100 < self.overlap_percent

    @property
    def label_names(self) -> list[str]:
        return [label["name"] for label in self.labels]

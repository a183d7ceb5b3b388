"""Sentence pairs as imported, their reference spans, and the imports they came from."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils.translation import gettext_lazy as _

from annotations.models.imports import ImportBatch
from annotations.querysets import SentencePairQuerySet


class SentencePair(models.Model):
    """A source sentence and its translation, exactly as imported, with token offsets beside the text.

    Offsets are flat arrays of code points, [start_0, end_0, start_1, end_1, ...]; token k of a side is
    text[offsets[2k]:offsets[2k + 1]]. A side that is not there yet (to be translated) is "" and [].
    The database checks that offsets rise, stay inside the text and never make an empty token.

    A side that was not imported may hold a translation (`translated_side`): `translation` names the row it
    comes from. A later run replaces it, until it is fixed: a review stands on the pair, somebody has it in
    hand, or a person has edited it.
    """

    class Status(models.TextChoices):
        NEW = "new", _("Not projected yet")
        SUGGESTED = "suggested", _("Awaiting review")
        REVIEWED = "reviewed", _("Reviewed")
        SKIPPED = "skipped", _("Skipped")

    class Side(models.TextChoices):
        SOURCE = "source", _("Source")
        TARGET = "target", _("Target")

    project = models.ForeignKey(
        "annotations.Project",
        on_delete=models.CASCADE,
        related_name="pairs",
        db_index=False,  # pair_imported_once begins with it
    )
    batch = models.ForeignKey(ImportBatch, on_delete=models.SET_NULL, null=True, related_name="pairs")
    source_language = models.CharField(max_length=35)
    target_language = models.CharField(max_length=35)
    external_id = models.CharField(max_length=300, blank=True)
    document = models.CharField(max_length=300, blank=True)
    domain = models.CharField(max_length=100, blank=True)
    meta = models.JSONField(default=dict, blank=True)
    source_text = models.TextField(blank=True)
    source_offsets = ArrayField(models.IntegerField(), default=list, blank=True)
    target_text = models.TextField(blank=True)
    target_offsets = ArrayField(models.IntegerField(), default=list, blank=True)
    has_source_labels = models.BooleanField(
        default=False, help_text="The source came labelled (perhaps with no entity); no tagger is needed."
    )
    has_reference = models.BooleanField(
        default=False, help_text="The target came with gold labels; kept for evaluation only."
    )
    fingerprint = models.CharField(
        max_length=64, help_text="SHA-256 of ids, languages and both texts; the same line imports once."
    )

    translated_side = models.CharField(
        max_length=10,
        choices=Side.choices,
        blank=True,
        default="",
        db_default="",
        help_text="Which side was translated here instead of imported.",
    )
    translation = models.ForeignKey(
        "annotations.Translation",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="pairs",
        db_index=False,  # pair_by_translation
        help_text="Where the translated side comes from; null once it is edited.",
    )
    translation_edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,  # pair_by_editor
    )
    translation_edited_at = models.DateTimeField(null=True, blank=True)
    text_version = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Rises whenever a side is translated, replaced or edited."
    )

    # The review queue. Kept by the actions and by workers.store; PairCount follows by itself.
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.NEW)
    is_flagged = models.BooleanField(default=False)
    n_comments = models.PositiveIntegerField(default=0, db_default=0)
    n_verdicts = models.PositiveIntegerField(default=0, db_default=0)
    priority = models.FloatField(default=0.0, help_text="1 - least confidence of the shown candidates.")
    more_reviews = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="How many more people are to review it, for agreement."
    )
    shown_run = models.ForeignKey(
        "annotations.ProjectionRun",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="The run whose candidates a reviewer is shown: the last one that finished this pair.",
    )
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,  # pair_assigned
        help_text="Whoever alone is served it; null for everybody.",
    )
    # Where the release before 0028 keeps its claims; a trigger copies them to Claim, where they are read.
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,  # pair_by_claim
    )
    claimed_until = models.DateTimeField(null=True, blank=True)

    objects = SentencePairQuerySet.as_manager()

    holder_id: int | None = None  # who had it in hand as it was read, where that was asked

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "fingerprint"], name="pair_imported_once"),
            models.CheckConstraint(
                condition=models.Q(status__in=["new", "suggested", "reviewed", "skipped"]),
                name="pair_status_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(translated_side__in=["", "source", "target"]),
                name="pair_translated_side_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(priority__gte=0.0, priority__lte=1.0), name="pair_priority_between_0_and_1"
            ),
        ]
        indexes = [
            models.Index(fields=["project", "target_language", "id"], name="pair_in_corpus_order"),
            models.Index(
                fields=["project", "-priority", "id"],
                name="pair_awaiting",
                condition=models.Q(status="suggested"),
            ),
            models.Index(
                fields=["project", "target_language", "-priority", "id"],
                name="pair_awaiting_in_language",
                condition=models.Q(status="suggested"),
            ),
            models.Index(
                fields=["project", "target_language", "id"],
                name="pair_awaiting_as_imported",
                condition=models.Q(status="suggested"),
            ),
            models.Index(
                fields=["project", "id"],
                name="pair_wants_more_reviews",
                condition=models.Q(more_reviews__gt=0),
            ),
            models.Index(fields=["project", "status", "id"], name="pair_by_status"),
            models.Index(fields=["project", "document"], name="pair_by_document"),
            models.Index(
                fields=["project", "external_id"],
                name="pair_by_external_id",
                condition=~models.Q(external_id=""),
            ),
            models.Index(fields=["project", "domain"], name="pair_by_domain"),
            models.Index(
                fields=["claimed_by"], name="pair_by_claim", condition=models.Q(claimed_by__isnull=False)
            ),
            models.Index(
                fields=["assigned_to", "project", "-priority", "id"],
                name="pair_assigned",
                condition=models.Q(assigned_to__isnull=False, status="suggested"),
            ),
            models.Index(fields=["project", "id"], name="pair_flagged", condition=models.Q(is_flagged=True)),
            models.Index(
                fields=["translation"],
                name="pair_by_translation",
                condition=models.Q(translation__isnull=False),
            ),
            models.Index(
                fields=["translation_edited_by"],
                name="pair_by_editor",
                condition=models.Q(translation_edited_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.external_id or f"pair {self.pk}"

    @property
    def source_tokens(self) -> list[str]:
        return tokens_of(self.source_text, self.source_offsets)

    @property
    def target_tokens(self) -> list[str]:
        return tokens_of(self.target_text, self.target_offsets)


class PairText(models.Model):
    """The words of both sides, for searching. Kept by triggers, apart from the pair, whose row is busy."""

    pair = models.OneToOneField(
        SentencePair, on_delete=models.CASCADE, primary_key=True, related_name="search_text"
    )
    words = SearchVectorField()

    class Meta:
        indexes = [GinIndex(fields=["words"], name="pair_by_words")]

    def __str__(self) -> str:
        return f"words of pair {self.pair_id}"


def tokens_of(text: str, offsets: list[int]) -> list[str]:
    """Token strings of a text with flat offsets [start_0, end_0, ...]."""
    return [text[start:end] for start, end in zip(offsets[::2], offsets[1::2], strict=True)]


class ReferenceSpan(models.Model):
    """A gold target entity that came with the import. For evaluation; never shown as a suggestion."""

    pair = models.ForeignKey(SentencePair, on_delete=models.CASCADE, related_name="reference_spans")
    start = models.IntegerField()
    end = models.IntegerField()
    label = models.CharField(max_length=50)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(start__gte=0, end__gt=models.F("start")), name="reference_span_not_empty"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} [{self.start}, {self.end})"

"""Silver: what runs found. Source entities, alignment links, ranked candidate spans."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from annotations.querysets import PairResultQuerySet


class SourceEntity(models.Model):
    """A labelled span of source tokens: imported (no run), or found by a run's tagger."""

    pair = models.ForeignKey(
        "annotations.SentencePair",
        on_delete=models.CASCADE,
        related_name="source_entities",
        db_index=False,  # source_entity_of_pair begins with it
    )
    run = models.ForeignKey(
        "annotations.ProjectionRun", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    start = models.IntegerField()
    end = models.IntegerField()
    label = models.CharField(max_length=50)
    score = models.FloatField(default=1.0, help_text="The tagger's probability; 1 for imported entities.")

    class Meta:
        indexes = [models.Index(fields=["pair", "run"], name="source_entity_of_pair")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(start__gte=0, end__gt=models.F("start")), name="source_entity_not_empty"
            ),
            models.CheckConstraint(
                condition=models.Q(score__gte=0.0, score__lte=1.0), name="source_entity_score_between_0_and_1"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} [{self.start}, {self.end})"


class PairResult(models.Model):
    """What one run made of one pair: a status, and the alignment links as parallel arrays.

    flags: what to know about its translation and markers, names of workers' FLAGS and MARKER_FLAGS.
    OUTDATED keeps no links and no candidates: a later run or a person replaced the text they were about.
    similarity: float16 matrix (source tokens, target tokens), row-major, little-endian; null when the
    aligner gives hard links only.
    """

    class Status(models.TextChoices):
        DONE = "done", _("Projected")
        NO_ENTITIES = "no-entities", _("No entity in the source")
        EMPTY = "empty", _("A side is empty")
        FAILED = "failed", _("Could not be processed")
        OUTDATED = "outdated", _("The text was replaced since")

    run = models.ForeignKey(
        "annotations.ProjectionRun",
        on_delete=models.CASCADE,
        related_name="results",
        db_index=False,  # result_once_per_run_and_pair begins with it
    )
    pair = models.ForeignKey("annotations.SentencePair", on_delete=models.CASCADE, related_name="results")
    status = models.CharField(max_length=20, choices=Status.choices)
    message = models.TextField(blank=True)
    flags = ArrayField(models.CharField(max_length=30), default=list, db_default=[], blank=True)
    link_sources = ArrayField(models.SmallIntegerField(), default=list)
    link_targets = ArrayField(models.SmallIntegerField(), default=list)
    link_scores = ArrayField(models.FloatField(), default=list)
    similarity = models.BinaryField(null=True)

    objects = PairResultQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["run", "pair"],
                name="result_with_problem",
                condition=models.Q(status__in=["empty", "failed"]),
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["run", "pair"], name="result_once_per_run_and_pair"),
            models.CheckConstraint(
                condition=models.Q(status__in=["done", "no-entities", "empty", "failed", "outdated"]),
                name="result_status_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} of pair {self.pair_id} in run {self.run_id}"


class Candidate(models.Model):
    """A target span that a run proposes for a source entity. Rank 0 is the choice, 1 to 9 the alternatives.

    Rank 0 is always there; with start and end null it says that the entity found no target ("missing").
    confidence, margin, reason and voters describe the decision, so they are set on rank 0 only.
    source_entity is null where the target was tagged: directly (route model-transfer), or by a target tagger
    that saw what no projection answers. The latter has the reason ONLY_TARGET, is for reviewers to decide,
    and is no part of the silver.
    """

    ONLY_TARGET = "only-target"

    class Via(models.TextChoices):
        ALIGNMENT = "alignment", _("Word alignment")
        MARKERS = "markers", _("Markers in the translation")
        BACK_TRANSLATION = "back-translation", _("Translation back")
        TAGGER = "tagger", _("Target tagger")

    run = models.ForeignKey("annotations.ProjectionRun", on_delete=models.CASCADE, related_name="candidates")
    pair = models.ForeignKey(
        "annotations.SentencePair",
        on_delete=models.CASCADE,
        related_name="candidates",
        db_index=False,  # candidate_of_pair begins with it
    )
    source_entity = models.ForeignKey(
        SourceEntity,
        on_delete=models.CASCADE,
        null=True,
        related_name="candidates",
        db_index=False,  # candidate_rank_once begins with it
    )
    rank = models.PositiveSmallIntegerField()
    start = models.IntegerField(null=True)
    end = models.IntegerField(null=True)
    label = models.CharField(max_length=50)
    score = models.FloatField(help_text="The method's own score; comparable within one run.")
    confidence = models.FloatField(null=True)
    margin = models.FloatField(null=True)
    reason = models.CharField(max_length=30, blank=True)
    via = models.CharField(
        max_length=20,
        choices=Via.choices,
        default=Via.ALIGNMENT,
        db_default=Via.ALIGNMENT,
        help_text="How the span was found.",
    )
    voters = ArrayField(
        models.CharField(max_length=50),
        null=True,
        help_text="Of a method that asks others: those that gave this answer. On rank 0 only.",
    )

    class Meta:
        ordering = ["source_entity_id", "rank"]
        indexes = [
            models.Index(fields=["pair", "run"], name="candidate_of_pair"),
            models.Index(
                fields=["pair", "run"],
                name="candidate_missing",
                condition=models.Q(rank=0, start__isnull=True),
            ),
            models.Index(
                fields=["pair", "run"],
                name="candidate_disputed",
                condition=models.Q(rank=0, reason="methods-disagree"),
            ),
            models.Index(
                fields=["pair", "run"],
                name="candidate_extra",
                condition=models.Q(rank=0, reason="only-target"),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["source_entity", "run", "rank"], name="candidate_rank_once"),
            models.CheckConstraint(
                condition=models.Q(start__gte=0, end__gt=models.F("start"))
                | models.Q(start__isnull=True, end__isnull=True, rank=0),
                name="candidate_span_not_empty",
            ),
            models.CheckConstraint(condition=models.Q(rank__lte=9), name="candidate_rank_at_most_9"),
            models.CheckConstraint(
                condition=models.Q(confidence__isnull=True)
                | models.Q(confidence__gte=0.0, confidence__lte=1.0),
                name="candidate_confidence_between_0_and_1",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} [{self.start}, {self.end}) rank {self.rank}"

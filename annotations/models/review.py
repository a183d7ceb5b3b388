"""Gold: what people decided. Reviews, their items, and the append-only history."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models.expressions import Func, RawSQL
from django.utils.translation import gettext_lazy as _

from annotations.querysets import ReviewQuerySet


class Review(models.Model):
    """One reviewer's work on one pair. `version` rises with every change; a stale write is refused.

    A pair's gold is the one review with is_gold: the first that was done, or the adjudicator's.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("Being reviewed")
        DONE = "done", _("Done")
        SKIPPED = "skipped", _("Skipped")

    pair = models.ForeignKey(
        "annotations.SentencePair",
        on_delete=models.CASCADE,
        related_name="reviews",
        db_index=False,  # review_once_per_pair_and_reviewer begins with it
    )
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="reviews",
        db_index=False,  # review_by_reviewer begins with it
    )
    run = models.ForeignKey(
        "annotations.ProjectionRun",
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        help_text="The run whose candidates were shown.",
    )
    run_signature = models.TextField(blank=True, help_text="Kept when the run is deleted.")
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.OPEN)
    is_gold = models.BooleanField(default=False)
    is_adjudication = models.BooleanField(
        default=False, help_text="Corrects another person's review, and takes its place as gold when done."
    )
    is_flagged = models.BooleanField(default=False)
    note = models.TextField(blank=True, help_text="Why it was flagged or skipped.")
    added_links = models.JSONField(
        default=list, db_default=[], help_text="[source token, target token] that the run did not link."
    )
    removed_links = models.JSONField(
        default=list, db_default=[], help_text="[source token, target token] that the run linked wrongly."
    )
    version = models.PositiveIntegerField(default=0)
    guidelines_version = models.PositiveIntegerField(
        default=0, db_default=0, help_text="The guidelines that stood at its last change; 0 for none."
    )
    bulk = models.ForeignKey(
        "annotations.BulkChange",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,  # review_by_bulk
        help_text="The decision over many pairs that wrote it last; nobody looked at this pair alone.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    done_at = models.DateTimeField(null=True, blank=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pair", "reviewer"], name="review_once_per_pair_and_reviewer"),
            models.UniqueConstraint(
                fields=["pair"], condition=models.Q(is_gold=True), name="one_gold_review_per_pair"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["open", "done", "skipped"]), name="review_status_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(is_gold=False) | models.Q(status="done"), name="gold_review_is_done"
            ),
        ]
        indexes = [
            models.Index(fields=["reviewer", "-changed_at"], name="review_by_reviewer"),
            models.Index(fields=["bulk"], name="review_by_bulk", condition=models.Q(bulk__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"review of pair {self.pair_id} by {self.reviewer}"


class ReviewItem(models.Model):
    """One entity in a review: a suggestion still pending, accepted, or rejected; or one that was added.

    Gold entities are the accepted items of a gold review. start and end are null for a source entity
    that has no counterpart in the target: pending it asks for one, accepted it says there is none.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Suggested")
        ACCEPTED = "accepted", _("Accepted")
        REJECTED = "rejected", _("Rejected")

    review = models.ForeignKey(
        Review,
        on_delete=models.CASCADE,
        related_name="items",
        db_index=False,  # item_position_once begins with it
    )
    position = models.PositiveSmallIntegerField(help_text="Order on the page; stable under editing.")
    state = models.CharField(max_length=20, choices=State.choices, default=State.PENDING)
    start = models.IntegerField(null=True)
    end = models.IntegerField(null=True)
    label = models.CharField(max_length=50)
    candidate = models.ForeignKey(
        "annotations.Candidate",
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        help_text="The suggestion it came from; null when a person added it.",
    )
    source_entity = models.ForeignKey(
        "annotations.SourceEntity", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    lost_words = models.TextField(
        blank=True, default="", db_default="", help_text="What it was before the translation was edited."
    )

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["review", "position"],
                name="item_position_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=models.Q(start__gte=0, end__gt=models.F("start"))
                | models.Q(start__isnull=True, end__isnull=True),
                name="item_span_not_empty",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["pending", "accepted", "rejected"]), name="item_state_is_known"
            ),
            # review_id << 20 | token keeps the ranges of different reviews apart without btree_gist.
            ExclusionConstraint(
                name="accepted_items_do_not_overlap",
                expressions=[
                    (
                        Func(
                            RawSQL("(review_id << 20) + start", ()),
                            RawSQL('(review_id << 20) + "end"', ()),
                            function="int8range",
                        ),
                        RangeOperators.OVERLAPS,
                    )
                ],
                condition=models.Q(state="accepted", start__isnull=False),
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.label} [{self.start}, {self.end})"


class ReviewEvent(models.Model):
    """Who did what to a review, when, and how it looked before and after. Never updated or deleted."""

    class Action(models.TextChoices):
        OPENED = "opened", _("Opened")
        EDITED = "edited", _("Edited")
        ACCEPTED = "accepted", _("Accepted")
        SKIPPED = "skipped", _("Skipped")
        FLAGGED = "flagged", _("Flagged")
        NOTED = "noted", _("Noted")
        UNDONE = "undone", _("Undone")
        REDONE = "redone", _("Redone")
        REWORDED = "reworded", _("Words changed")
        ADJUDICATED = "adjudicated", _("Adjudicated")
        MADE_ALIKE = "made-alike", _("Made alike with the same name elsewhere")
        ACCEPTED_UNSEEN = "accepted-unseen", _("Accepted above a threshold")

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="events")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,  # event_by_actor begins with it
    )
    action = models.CharField(max_length=20, choices=Action.choices)
    detail = models.CharField(max_length=200, blank=True, help_text="The edit, for example label:ORG.")
    seen_version = models.PositiveIntegerField()
    before = models.JSONField(help_text="Status, flag and items of the review.")
    after = models.JSONField()
    undoes = models.ForeignKey(
        "self",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="undone_by",
        db_index=False,  # event_by_undone
    )
    bulk = models.ForeignKey(
        "annotations.BulkChange",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="events",
        db_index=False,  # event_by_bulk
    )
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["actor", "-id"], name="event_by_actor"),
            models.Index(fields=["undoes"], name="event_by_undone", condition=models.Q(undoes__isnull=False)),
            models.Index(fields=["bulk"], name="event_by_bulk", condition=models.Q(bulk__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.action} by {self.actor} at {self.at:%Y-%m-%d %H:%M}"

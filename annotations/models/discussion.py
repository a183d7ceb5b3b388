"""What people say about pairs and rules: comments, verdicts that name a fault, versions of the guidelines."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Comment(models.Model):
    """A remark in the thread of a pair. One that was taken back keeps its place, without its text."""

    pair = models.ForeignKey(
        "annotations.SentencePair",
        on_delete=models.CASCADE,
        related_name="comments",
        db_index=False,  # comment_of_pair begins with it
    )
    project = models.ForeignKey(
        "annotations.Project", on_delete=models.CASCADE, related_name="comments", db_index=False
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["pair", "id"], name="comment_of_pair"),
            models.Index(fields=["project", "-id"], name="comment_of_project"),
        ]

    def __str__(self) -> str:
        return f"comment {self.pk} of {self.author} on pair {self.pair_id}"


class Verdict(models.Model):
    """A fault that a reviewer named: in one entity (position of the item), or in the pair as a whole."""

    class Kind(models.TextChoices):
        TOO_LONG = "too-long", _("Boundary too long")
        TOO_SHORT = "too-short", _("Boundary too short")
        WRONG_WORDS = "wrong-words", _("Wrong words")
        WRONG_LABEL = "wrong-label", _("Wrong label")
        SOURCE_WRONG = "source-wrong", _("Source entity wrong")
        DROPPED = "dropped", _("Dropped in translation")
        BAD_TRANSLATION = "bad-translation", _("Bad translation")

    pair = models.ForeignKey(
        "annotations.SentencePair",
        on_delete=models.CASCADE,
        related_name="verdicts",
        db_index=False,  # verdict_once begins with it
    )
    project = models.ForeignKey("annotations.Project", on_delete=models.CASCADE, related_name="verdicts")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField(null=True, help_text="The item; null for the whole pair.")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    label = models.CharField(max_length=50, blank=True, help_text="Of the item, when the fault was named.")
    run = models.ForeignKey(
        "annotations.ProjectionRun", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["pair", "reviewer", "position", "kind"], name="verdict_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=models.Q(
                    kind__in=[
                        "too-long",
                        "too-short",
                        "wrong-words",
                        "wrong-label",
                        "source-wrong",
                        "dropped",
                        "bad-translation",
                    ]
                ),
                name="verdict_kind_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} in pair {self.pair_id} by {self.reviewer}"


class GuidelinesVersion(models.Model):
    """The guidelines of a project as they stood from one change to the next. Versions count from 1."""

    project = models.ForeignKey(
        "annotations.Project",
        on_delete=models.CASCADE,
        related_name="guidelines_versions",
        db_index=False,  # guidelines_version_once begins with it
    )
    number = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["project", "number"], name="guidelines_version_once")]

    def __str__(self) -> str:
        return f"guidelines {self.number} of {self.project}"

"""How the words of a pair changed under review. The imported text is the first `before_text` of a side."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from annotations.models.corpus import tokens_of


class WordingChange(models.Model):
    """One split, merge or edit of a sentence, with the tokens before and after. Rows are only added.

    text_version: the pair's after the change. silver: what an edit took from the runs' results, for its undo.
    """

    class Kind(models.TextChoices):
        SPLIT = "split", _("Token split")
        MERGE = "merge", _("Tokens merged")
        REWRITE = "rewrite", _("Translation edited")
        BACK = "back", _("Taken back")

    pair = models.ForeignKey("annotations.SentencePair", on_delete=models.CASCADE, related_name="wordings")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    text_version = models.PositiveIntegerField()
    side = models.CharField(max_length=10, choices=[("source", "Source"), ("target", "Target")])
    kind = models.CharField(max_length=10, choices=Kind.choices)
    before_text = models.TextField()
    before_offsets = ArrayField(models.IntegerField())
    after_text = models.TextField()
    after_offsets = ArrayField(models.IntegerField())
    silver = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["text_version"]
        constraints = [
            models.UniqueConstraint(fields=["pair", "text_version"], name="wording_once_per_version"),
            models.CheckConstraint(
                condition=models.Q(side__in=["source", "target"]), name="wording_side_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=["split", "merge", "rewrite", "back"]),
                name="wording_kind_is_known",
            ),
        ]

    @property
    def before_words(self) -> list[str]:
        return tokens_of(self.before_text, self.before_offsets)

    @property
    def after_words(self) -> list[str]:
        return tokens_of(self.after_text, self.after_offsets)

    def __str__(self) -> str:
        return f"{self.kind} of the {self.side} of pair {self.pair_id}"

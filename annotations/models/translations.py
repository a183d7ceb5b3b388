"""Translations that were made once and are used again: a cache that outlives runs."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class Translation(models.Model):
    """What one translator made of one text. Rows are added, never changed.

    key: SHA-256 of the translator's signature, both languages and the text, so that the same text is never
    translated twice by the same translator. Pairs whose side it became name it; an edit is kept in the pair.
    score: mean log-probability of a subword; comparable within one translator and language pair.
    sentences: [start, end, text, score, subwords] of each, where the text went through sentence by sentence.
    """

    project = models.ForeignKey(
        "annotations.Project",
        on_delete=models.CASCADE,
        related_name="translations",
        db_index=False,  # translation_made_once begins with it
    )
    key = models.CharField(max_length=64)
    signature = models.TextField()
    source_language = models.CharField(max_length=35)
    target_language = models.CharField(max_length=35)
    text = models.TextField(blank=True)
    score = models.FloatField()
    flags = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    sentences = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "key"], name="translation_made_once")]

    def __str__(self) -> str:
        return f"translation {self.pk} into {self.target_language}"

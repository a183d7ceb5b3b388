"""Who has which pair in hand."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class ClaimQuerySet(models.QuerySet):
    def living(self) -> ClaimQuerySet:
        return self.filter(until__gte=Now())


class Claim(models.Model):
    """A pair is leased to one reviewer at a time: its key is the pair's.

    A row of its own, because the pair's is long and has many indexes, and a claim comes and goes with every
    decision. One that ran out stands until another takes its place: whoever had it goes on with it first.
    """

    pair = models.OneToOneField(
        "annotations.SentencePair", on_delete=models.CASCADE, primary_key=True, related_name="claim"
    )
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="claims")
    until = models.DateTimeField(help_text="By the database's clock.")

    objects = ClaimQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.reviewer} on pair {self.pair_id}"

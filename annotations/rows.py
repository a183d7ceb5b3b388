"""Model instances from rows of prepared statements. What a row leaves out is read once it is asked for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection, models
from django.db.models import DEFERRED

from annotations.models import Project, Review, SentencePair


class Columns:
    """The columns of a model that a statement asks for, without the named ones."""

    def __init__(self, model: type[models.Model], *, without: Sequence[str] = ()) -> None:
        kept = [
            (place, field)
            for place, field in enumerate(model._meta.concrete_fields)
            if field.name not in without
        ]
        self.model = model
        self.columns = [field.column for _place, field in kept]
        self.names = [field.name for _place, field in kept]
        self.places = [place for place, _field in kept]
        self.json = [place for place, field in kept if isinstance(field, models.JSONField)]
        self.nothing: list[Any] = [DEFERRED] * len(model._meta.concrete_fields)
        self.all_names = [field.attname for field in model._meta.concrete_fields]

    def __len__(self) -> int:
        return len(self.columns)

    def of(self, table: str) -> str:
        """For a SELECT: `pair."id", pair."status", ...`."""
        return ", ".join(f'{table}."{column}"' for column in self.columns)

    def instance(self, row: Sequence[Any]) -> Any:
        values = self.nothing.copy()
        for place, value in zip(self.places, row, strict=True):
            values[place] = value
        for place in self.json:
            values[place] = json.loads(values[place])
        return self.model.from_db(connection.alias, self.all_names, values)


PAIR = Columns(
    SentencePair,
    without=[
        *("batch", "meta", "fingerprint", "has_source_labels", "has_reference", "translation_edited_by"),
        *("claimed_by", "claimed_until"),
    ],
)
PROJECT = Columns(
    Project, without=["description", "guidelines", "recalibrations", "created_by", "created_at"]
)
REVIEW = Columns(Review, without=["created_at"])

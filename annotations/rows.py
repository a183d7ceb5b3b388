"""Model instances from rows of prepared statements. What a row leaves out is read once it is asked for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection, models

from annotations.models import Project, Review, SentencePair


class Columns:
    """The columns of a model that a statement asks for, without the named ones."""

    def __init__(self, model: type[models.Model], *, without: Sequence[str] = ()) -> None:
        fields = [field for field in model._meta.concrete_fields if field.name not in without]
        self.model = model
        self.names = [field.attname for field in fields]
        self.json = [n for n, field in enumerate(fields) if isinstance(field, models.JSONField)]
        self.columns = [field.column for field in fields]

    def __len__(self) -> int:
        return len(self.names)

    def of(self, table: str) -> str:
        """For a SELECT: `pair."id", pair."status", ...`."""
        return ", ".join(f'{table}."{column}"' for column in self.columns)

    def instance(self, row: Sequence[Any]) -> Any:
        values = list(row)
        for n in self.json:
            values[n] = json.loads(values[n])
        return self.model.from_db(connection.alias, self.names, values)


PAIR = Columns(
    SentencePair,
    without=["batch", "meta", "fingerprint", "has_source_labels", "has_reference", "translation_edited_by"],
)
PROJECT = Columns(
    Project, without=["description", "guidelines", "recalibrations", "created_by", "created_at"]
)
REVIEW = Columns(Review, without=["created_at"])

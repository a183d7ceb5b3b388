"""Model instances from rows of prepared statements. What a row leaves out is read once it is asked for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, models
from django.db.models.base import ModelState

from annotations.models import Project, Review, SentencePair


class Columns:
    """The columns of a model that a statement asks for, without the named ones."""

    def __init__(self, model: type[models.Model], *, without: Sequence[str] = ()) -> None:
        kept = [field for field in model._meta.concrete_fields if field.name not in without]
        self.model = model
        self.columns = [field.column for field in kept]
        self.names = [field.name for field in kept]
        self.attributes = [field.attname for field in kept]
        self.json = [field.attname for field in kept if isinstance(field, models.JSONField)]

    def __len__(self) -> int:
        return len(self.columns)

    def of(self, table: str) -> str:
        """For a SELECT: `pair."id", pair."status", ...`."""
        return ", ".join(f'{table}."{column}"' for column in self.columns)

    def instance(self, row: Sequence[Any]) -> Any:
        """As Model.from_db makes it, without the signals, which nobody here listens to."""
        instance = self.model.__new__(self.model)
        instance._state = ModelState()
        instance._state.adding, instance._state.db = False, DEFAULT_DB_ALIAS
        values = dict(zip(self.attributes, row, strict=True))
        for name in self.json:
            values[name] = json.loads(values[name])
        instance.__dict__.update(values)
        return instance


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

"""Sentence pairs as the pipeline takes them."""

from collections import defaultdict
from datetime import datetime
from typing import NamedTuple

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Now

from annotations.models import Claim as HeldPair
from annotations.models import Review, SentencePair, SourceEntity
from workers.pairs import PairInput, side_of
from workers.spans import Entity


class PairRow(NamedTuple):
    """What is read of a pair; the names are those of SentencePair and of `with_state`."""

    id: int
    source_text: str
    source_offsets: list[int]
    target_text: str
    target_offsets: list[int]
    has_source_labels: bool
    translated_side: str
    translation_edited_at: datetime | None
    text_version: int
    held_until: datetime | None
    is_reviewed: bool
    now: datetime


def read_rows(pairs: QuerySet[SentencePair]) -> list[PairRow]:
    """The pairs by id, with what decides whether a translated side of theirs is fixed."""
    reviews = Review.objects.filter(pair=OuterRef("pk"))
    claims = HeldPair.objects.filter(pair=OuterRef("pk")).values("until")
    state = {"is_reviewed": Exists(reviews), "held_until": Subquery(claims), "now": Now()}
    rows = pairs.annotate(**state).order_by("id")
    return [PairRow(*row) for row in rows.values_list(*PairRow._fields)]


def open_side(row: PairRow) -> str:
    """The side that a run may translate: one that is not there, or a translation that nobody has fixed.

    A translation is fixed when a review stands on it, a person edited it, or somebody has it in hand.
    """
    if not row.translated_side:
        sides = (("source", row.source_text), ("target", row.target_text))
        empty = [name for name, text in sides if not text]
        return empty[0] if len(empty) == 1 else ""
    in_hand = row.held_until is not None and row.held_until > row.now
    return "" if row.translation_edited_at or row.is_reviewed or in_hand else row.translated_side


def load_inputs(pairs: QuerySet[SentencePair]) -> list[PairInput]:
    """Pairs by id, with the entities they were imported with; None where the source came unlabelled."""
    rows = read_rows(pairs)
    entities: defaultdict[int, list[Entity]] = defaultdict(list)
    imported = SourceEntity.objects.filter(run=None, pair__in=[row.id for row in rows]).order_by("start")
    columns = imported.values_list("pair", "start", "end", "label", "score")
    for pair_id, start, end, label, score in columns:
        entities[pair_id].append(Entity(start, end, label, score))
    return [
        PairInput(
            row.id,
            source=side_of(row.source_text, row.source_offsets),
            target=side_of(row.target_text, row.target_offsets),
            entities=tuple(entities[row.id]) if row.has_source_labels else None,
            open_side=open_side(row),
            text_version=row.text_version,
        )
        for row in rows
    ]

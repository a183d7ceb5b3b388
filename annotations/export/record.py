"""One pair as it leaves, as plain values: what every writer is given."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from annotations.models.corpus import tokens_of
from workers.spans import Entity

GOLD, SILVER = "gold", "silver"


class PairRow(NamedTuple):
    """What is read of a pair; names as in SentencePair. Has a default: what not every format writes."""

    pk: int
    external_id: str
    document: str
    domain: str
    fingerprint: str
    shown_run_id: int | None
    source_language: str
    source_text: str
    source_offsets: list[int]
    target_language: str
    target_text: str
    target_offsets: list[int]
    meta: dict[str, Any] | None = None
    translated_side: str = ""
    translation__signature: str | None = None
    translation_edited_at: datetime | None = None


class GoldRow(NamedTuple):
    """What is read of a gold review; the names are those of Review. Defaults as in PairRow."""

    pair_id: int
    pk: int
    run_id: int | None
    run_signature: str
    done_at: datetime | None = None
    reviewer__username: str = ""
    added_links: Sequence[Sequence[int]] = ()
    removed_links: Sequence[Sequence[int]] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """An entity of the target, and where it came from. source: key of its source entity."""

    entity: Entity
    source: int | None
    confidence: float | None


@dataclass
class Sentence:
    text: str
    offsets: list[int]
    entities: list[Entity]

    @cached_property
    def tokens(self) -> list[str]:
        return tokens_of(self.text, self.offsets)


@dataclass(slots=True)
class ExportRecord:
    """One pair as it leaves.

    found: the target's entities with their origin, in the order of target.entities; source_keys: keys of
    source.entities, in order; links: (i, j, score); review: of gold. left_out: of silver, what was left out,
    each at its likeliest words, with the confidence that leaving it out is right.
    """

    pair: PairRow
    kind: str
    source: Sentence
    target: Sentence
    found: list[Found]
    source_keys: list[int]
    run_id: int | None
    signature: str
    review: GoldRow | None = None
    links: list[tuple[int, int, float]] = field(default_factory=list)
    left_out: list[Found] = field(default_factory=list)

    @property
    def split_key(self) -> str:
        """What decides the part of a split: a document stays together; a lone sentence is its own."""
        return self.pair.document or self.pair.external_id or self.pair.fingerprint

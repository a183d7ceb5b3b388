"""Values: half-open token spans, labelled entities, alignment links."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Link(NamedTuple):
    """One alignment link: source token i, target token j, both 0-based; score in [0, 1]."""

    i: int
    j: int
    score: float = 1.0


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open token range [start, end). Raises ValueError when empty or negative."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"span [{self.start}, {self.end}) must satisfy 0 <= start < end")

    def __len__(self) -> int:
        return self.end - self.start

    def overlaps(self, other: "Span") -> bool:
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True, order=True)
class Entity:
    """A labelled span [start, end) of tokens; score is the tagger's probability, 1.0 for a person's."""

    start: int
    end: int
    label: str
    score: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"entity [{self.start}, {self.end}) must satisfy 0 <= start < end")
        if not self.label:
            raise ValueError(f"entity [{self.start}, {self.end}) has an empty label")

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)


class ScoredSpan(NamedTuple):
    """A target span with the method's own score (any real number; higher is better)."""

    start: int
    end: int
    score: float


def check_entities(entities: Sequence[Entity], n_tokens: int) -> None:
    """Raise ValueError when an entity passes the end of the sentence or two of them overlap."""
    previous: Entity | None = None
    for entity in sorted(entities, key=lambda entity: entity.start):
        if entity.end > n_tokens:
            raise ValueError(
                f"entity [{entity.start}, {entity.end}) {entity.label} passes the end of {n_tokens} tokens"
            )
        if previous is not None and entity.start < previous.end:
            raise ValueError(
                f"entities [{previous.start}, {previous.end}) {previous.label} and "
                f"[{entity.start}, {entity.end}) {entity.label} overlap"
            )
        previous = entity

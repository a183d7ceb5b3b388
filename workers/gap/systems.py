"""What is compared: taggers of the target language, and projection methods that read its source."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from workers.align import Aligner
from workers.gap.stages import Prediction
from workers.project import get_projector
from workers.project.files import SentencePair, project_sentences
from workers.spans import Entity
from workers.tag import Tagger


@dataclass(frozen=True, slots=True)
class Domain:
    """Test sentences of one domain: target tokens with gold, and what projection reads where there is any.

    source_tokens, source_entities: one per sentence; source_gold says that people labelled the source.
    """

    name: str
    tokens: Sequence[Sequence[str]]
    gold: Sequence[Sequence[Entity]]
    language: str = "und"
    source_tokens: Sequence[Sequence[str]] | None = None
    source_entities: Sequence[Sequence[Entity]] | None = None
    source_gold: bool = False


class System(Protocol):
    """Labels target sentences of a domain, clean or noisy."""

    name: str

    @property
    def signature(self) -> str: ...

    def predict(self, domain: Domain, sentences: Sequence[Sequence[str]]) -> list[Prediction]:
        """One prediction per sentence; the sentences are the domain's, in order, with noise."""
        ...


@dataclass(frozen=True, slots=True)
class TaggerSystem:
    """A tagger that reads the target sentence. labels: those that count; others are left out."""

    name: str
    tagger: Tagger
    labels: frozenset[str] = frozenset()

    @property
    def signature(self) -> str:
        return self.tagger.signature

    def predict(self, domain: Domain, sentences: Sequence[Sequence[str]]) -> list[Prediction]:
        found = self.tagger.tag([list(sentence) for sentence in sentences])
        return [
            Prediction([e for e in entities if not self.labels or e.label in self.labels])
            for entities in found
        ]


@dataclass(frozen=True, slots=True)
class ProjectionSystem:
    """A projection method with its aligner; it aligns the noisy target with the clean source.

    target_tagger: reads the noisy target for the methods that take that as evidence.
    """

    name: str
    method: str
    aligner: Aligner
    options: Mapping[str, Any] = field(default_factory=dict)
    target_tagger: Tagger | None = None

    @property
    def signature(self) -> str:
        projector = get_projector(self.method, **self.options)
        reads = f" target {self.target_tagger.signature}" if self.target_tagger else ""
        return f"{projector.signature} {self.aligner.signature}{reads}"

    def predict(self, domain: Domain, sentences: Sequence[Sequence[str]]) -> list[Prediction]:
        if domain.source_tokens is None or domain.source_entities is None:
            raise ValueError(f"system {self.name!r} projects, but domain {domain.name!r} has no source")
        tagged: Sequence[Sequence[Entity] | None] = [None] * len(sentences)
        if self.target_tagger:
            tagged = self.target_tagger.tag(sentences)
        pairs = [
            SentencePair(*sides)
            for sides in zip(domain.source_tokens, sentences, domain.source_entities, tagged, strict=True)
        ]
        return [
            Prediction(
                [Entity(p.span.start, p.span.end, p.entity.label) for p in done.projections if p.span],
                done.pair.entities,
                [p.entity.label for p in done.projections if p.span is None and p.reason == "no-link"],
            )
            for done in project_sentences(pairs, self.aligner, self.method, **self.options)
        ]

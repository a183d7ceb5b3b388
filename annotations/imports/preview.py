"""What an import would bring: counts, the first pairs, every bad line up to a cap. Nothing is written."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from annotations.imports.records import BadLine, PairRecord, Side
from annotations.imports.rows import fingerprint
from annotations.models import SentencePair

N_SHOWN = 10
N_LOOKED_UP = 1000


@dataclass(slots=True)
class Preview:
    """Collects records as they go by."""

    n_pairs: int = 0
    n_source_only: int = 0
    n_target_only: int = 0
    n_source_labelled: int = 0
    n_reference: int = 0
    languages: Counter[str] = field(default_factory=Counter)
    domains: Counter[str] = field(default_factory=Counter)
    first: list[PairRecord] = field(default_factory=list)
    fingerprints: set[str] = field(default_factory=set)

    def add(self, record: PairRecord) -> None:
        self.n_pairs += 1
        self.n_source_only += not record.target.text
        self.n_target_only += not record.source.text
        self.n_source_labelled += record.source.entities is not None
        self.n_reference += record.target.entities is not None
        self.languages[record.target_language] += 1
        if len(self.domains) < 1000:
            self.domains[record.domain] += 1
        if len(self.first) < N_SHOWN:
            self.first.append(record)
        if len(self.fingerprints) < N_LOOKED_UP:
            self.fingerprints.add(fingerprint(record))

    def as_report(self, project_id: int) -> dict[str, Any]:
        """The preview as ImportBatch.report keeps it."""
        known = SentencePair.objects.filter(project=project_id, fingerprint__in=self.fingerprints)
        counts = ("n_pairs", "n_source_only", "n_target_only", "n_source_labelled", "n_reference")
        return {
            **{name: getattr(self, name) for name in counts},
            "languages": dict(self.languages.most_common(20)),
            "domains": dict(self.domains.most_common(20)),
            "first": [_shown(record) for record in self.first],
            "n_looked_up": len(self.fingerprints),
            "n_known": known.count(),
        }


def problems_as_report(problems: Iterable[BadLine]) -> list[dict[str, Any]]:
    return [{"file": bad.file, "line": bad.line, "reason": bad.reason} for bad in problems]


def _shown(record: PairRecord) -> dict[str, Any]:
    return {
        "id": record.external_id,
        "document": record.document,
        "source_language": record.source_language,
        "target_language": record.target_language,
        "source": _side(record.source),
        "target": _side(record.target),
    }


def _side(side: Side) -> dict[str, Any]:
    spans = [(entity.start, entity.end, entity.label) for entity in side.entities or []]
    return {"text": side.text, "offsets": side.offsets, "entities": spans}

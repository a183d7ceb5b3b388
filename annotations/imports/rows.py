"""Records as lines of COPY's text format, so that they are made while the database is busy with others."""

from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import NamedTuple

import msgspec

from annotations.imports.records import PairRecord
from workers.spans import Entity

PAIR_COLUMNS = (
    "id, fingerprint, project_id, batch_id, source_language, target_language, external_id, document, domain, "
    "meta, source_text, source_offsets, target_text, target_offsets, has_source_labels, has_reference, "
    "status, is_flagged, priority"
)
SOURCE_SPAN_COLUMNS = 'pair_id, start, "end", label, score'
TARGET_SPAN_COLUMNS = 'pair_id, start, "end", label'


class Row(NamedTuple):
    """A record as the tables will have it, but for the pair's id, which stands first in every line.

    fingerprint: the pair's, unless the file has it already; rest: what follows it in the pair's line;
    source_spans, target_spans: what follows the id in the line of each span.
    """

    fingerprint: str
    rest: str
    source_spans: list[str]
    target_spans: list[str]

    def line(self, pair_id: int, fingerprint: str) -> str:
        return f"{pair_id}\t{fingerprint}\t{self.rest}"


def row_maker(project_id: int, batch_id: int) -> Callable[[PairRecord], Row]:
    """What makes rows of this import."""
    place = f"{project_id}\t{batch_id}"

    def make(record: PairRecord) -> Row:
        source, target = record.source, record.target
        rest = (
            place,
            _escaped(record.source_language),
            _escaped(record.target_language),
            _escaped(record.external_id),
            _escaped(record.document),
            _escaped(record.domain),
            _escaped(msgspec.json.encode(record.meta).decode()) if record.meta else "{}",
            _escaped(source.text),
            _integer_array(source.offsets),
            _escaped(target.text),
            _integer_array(target.offsets),
            "f" if source.entities is None else "t",
            "f" if target.entities is None else "t",
            "new\tf\t0\n",
        )
        return Row(
            fingerprint(record),
            "\t".join(rest),
            _spans(source.entities or (), "\t1\n"),
            _spans(target.entities or (), "\n"),
        )

    return make


def fingerprint(record: PairRecord) -> str:
    """SHA-256 of languages, id, document and both texts; none of them can hold the NUL between them."""
    parts = (
        record.source_language,
        record.target_language,
        record.external_id,
        record.document_key,
        record.source.text,
        record.target.text,
    )
    return sha256("\0".join(parts).encode()).hexdigest()


def _spans(entities: Iterable[Entity], end: str) -> list[str]:
    return [f"{entity.start}\t{entity.end}\t{_escaped(entity.label)}{end}" for entity in entities]


def _integer_array(values: list[int]) -> str:
    return "{" + ",".join(map(str, values)) + "}"


def _escaped(text: str) -> str:
    """Text between the tabs of COPY's text format."""
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")

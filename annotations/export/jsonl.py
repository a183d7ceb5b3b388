"""JSONL: one object a line, in the keys that imports read, with the provenance of every entity."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from annotations.export.options import ExportOptions
from annotations.export.record import ExportRecord, Found, Sentence
from workers.spans import Entity


def record_line(record: ExportRecord, options: ExportOptions) -> str:
    pair = record.pair
    row: dict[str, Any] = {
        "id": pair.external_id,
        "pair": pair.pk,
        "document": pair.document,
        "domain": pair.domain,
        "kind": record.kind,
        "source_language": pair.source_language,
        "target_language": pair.target_language,
    }
    if record.source.offsets:
        row |= {
            "source_text": record.source.text,
            "source": record.source.tokens,
            "source_entities": [
                _spans(entity, record.source) | {"score": entity.score} for entity in record.source.entities
            ],
        }
    position = {key: index for index, key in enumerate(record.source_keys)}

    def target_side(found: Found) -> dict[str, Any]:
        origin = {"source_entity": position.get(found.source or 0), "confidence": found.confidence}
        return _spans(found.entity, record.target) | origin

    row |= {
        "target_text": record.target.text,
        "target": record.target.tokens,
        "target_entities": [target_side(one) for one in record.found],
        "run": record.run_id,
        "signature": record.signature,
    }
    if record.left_out:
        row["left_out"] = [target_side(one) for one in record.left_out]
    if options.links:
        row["links"] = record.links
    if record.review and record.review.done_at:
        row["reviewed_at"] = record.review.done_at
    if record.review and options.reviewers:
        row["reviewer"] = record.review.reviewer__username
    if pair.translated_side:
        row["translated"] = {
            "side": pair.translated_side,
            "by": pair.translation__signature,
            "edited_at": pair.translation_edited_at,
        }
    if pair.meta:
        row["meta"] = pair.meta
    return msgspec.json.encode(row).decode() + "\n"


class ReadEntity(msgspec.Struct, gc=False):
    """An entity as a line of a file has it."""

    start: int
    end: int
    start_char: int
    end_char: int
    label: str


class ReadLine(msgspec.Struct):
    """What is compared of a line; the rest of it is checked to be JSON, and passed over."""

    target: list[str]
    target_text: str
    target_entities: list[ReadEntity]


def read_back(path: Path) -> Iterator[tuple[list[str], list[ReadEntity]]]:
    """Tokens and entities of every line's target. Raises ValueError where characters and tokens disagree."""
    decoder = msgspec.json.Decoder(ReadLine)
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            row = decoder.decode(line)
            for one in row.target_entities:
                words = row.target[one.start : one.end]
                shown = row.target_text[one.start_char : one.end_char]
                if not (words and shown.startswith(words[0]) and shown.endswith(words[-1])):
                    raise ValueError(f"{path.name}:{number}: {shown!r} is not {words!r}")
            yield row.target, row.target_entities


def _spans(entity: Entity, sentence: Sentence) -> dict[str, Any]:
    return {
        "start": entity.start,
        "end": entity.end,
        "start_char": sentence.offsets[2 * entity.start],
        "end_char": sentence.offsets[2 * entity.end - 1],
        "label": entity.label,
    }

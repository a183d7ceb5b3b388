"""The source sides of an export as sentences to learn from.

A tagger that reads several languages carries names from one to the other, and the source side holds every
entity that its tagger saw or its corpus came with, also those that the projection left out.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from workers.spans import Entity, check_entities
from workers.text_lines import read_lines
from workers.training.data import SOURCE, TrainingSentence, are_words, as_confidence, labels_of


def with_source_sides(sentences: Sequence[TrainingSentence], paths: Sequence[Path]) -> list[TrainingSentence]:
    """The sentences, and the labelled source sides of the JSONL among `paths`, each once.

    Labels that the sentences do not have are left out of them. Raises ValueError naming file and line.
    """
    known = set(labels_of(sentences))
    sides: dict[tuple[str, ...], TrainingSentence] = {}
    for path in paths:
        if path.suffix == ".jsonl":
            sides |= {tuple(side.tokens): side for side in read_source_sides(path)}
    return [*sentences, *(_only(side, known) for side in sides.values())]


def read_source_sides(path: Path) -> list[TrainingSentence]:
    """The labelled source sides of an export's JSONL, in order. Raises ValueError naming file and line."""
    sides = [_read_side(path, number, line) for number, line in read_lines(path) if line.strip()]
    return [side for side in sides if side is not None]


def _only(side: TrainingSentence, labels: set[str]) -> TrainingSentence:
    return replace(side, entities=[entity for entity in side.entities if entity.label in labels])


def _read_side(path: Path, number: int, line: str) -> TrainingSentence | None:
    """The source of a row; None where the row has none."""
    try:
        row = json.loads(line)
        if "source" not in row:
            return None
        if not are_words(row["source"]):
            raise TypeError("source is not a list of words")
        entities = [
            Entity(one["start"], one["end"], one["label"], as_confidence(SOURCE, one.get("score")))
            for one in row["source_entities"]
        ]
        check_entities(entities, len(row["source"]))
        return TrainingSentence(row["source"], entities, SOURCE, row.get("source_language", ""))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{path}:{number}: not a line of a JSONL export: {error!r}") from error

"""What systems found, kept cell by cell, so that a report that was stopped or lost need not begin again."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from workers.gap.stages import Prediction
from workers.gap.systems import Domain, System
from workers.signature import digest
from workers.spans import Entity

Cell = tuple[str, str, str, float, int]  # system, domain, noise, severity, seed


class KeptPredictions:
    """A file with a line for the systems and domains that it is about, then one for each finished cell.

    Where it is about others it begins anew. A last line that was cut off counts for nothing.
    """

    def __init__(self, path: Path, systems: Sequence[System], domains: Sequence[Domain]) -> None:
        self._path = path
        self._cells: dict[Cell, list[Prediction]] = {}
        about = digest(
            [
                [[system.name, system.signature] for system in systems],
                [[d.name, list(map(list, d.tokens)), _sources(d)] for d in domains],
            ]
        )
        whole = _whole_lines(path)
        if whole and json.loads(whole[0]) == about:
            for line in whole[1:]:
                cell, rows = json.loads(line)
                self._cells[tuple(cell)] = [_to_prediction(row) for row in rows]
        else:
            whole = [json.dumps(about)]
        path.write_text("".join(f"{line}\n" for line in whole), encoding="utf-8")

    def recall(self, cell: Cell, predict: Callable[[], list[Prediction]]) -> list[Prediction]:
        """What is kept of a cell, or else what `predict` finds, which is kept from then on."""
        if cell in self._cells:
            return self._cells.pop(cell)
        found = predict()
        rows = [_to_row(prediction) for prediction in found]
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps([cell, rows], ensure_ascii=False) + "\n")
        return found

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)


def _whole_lines(path: Path) -> list[str]:
    if not path.is_file():
        return []
    *lines, _cut_off = path.read_text(encoding="utf-8").split("\n")
    return lines


def _sources(domain: Domain) -> list[list[object]]:
    if domain.source_tokens is None or domain.source_entities is None:
        return []
    sides = zip(domain.source_tokens, domain.source_entities, strict=True)
    return [[list(tokens), [_entity(e) for e in entities]] for tokens, entities in sides]


def _to_row(prediction: Prediction) -> list[object]:
    source = prediction.source
    return [
        [_entity(e) for e in prediction.entities],
        None if source is None else [_entity(e) for e in source],
        list(prediction.unaligned),
    ]


def _to_prediction(row: list[list[object]]) -> Prediction:
    entities, source, unaligned = row
    return Prediction(
        [Entity(*one) for one in entities],  # type: ignore[misc]
        None if source is None else [Entity(*one) for one in source],  # type: ignore[misc]
        unaligned,  # type: ignore[arg-type]
    )


def _entity(entity: Entity) -> list[object]:
    return [entity.start, entity.end, entity.label, float(entity.score)]

"""The sentences that an evaluation found wrong, from its file, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, BinaryIO

import msgspec

from annotations.actions.evaluation import evaluation_folder
from annotations.models import Evaluation

SENTENCES = "sentences.jsonl"
WORSE, BETTER = "worse", "better"  # than the baseline
Triple = tuple[int, int, str]


class Fault(msgspec.Struct):
    kind: str
    gold: Triple | None
    found: Triple | None


class FaultsOnly(msgspec.Struct):
    """What a sentence is looked for by; the rest of its line is passed over."""

    faults: list[Fault]
    n_baseline: int


class FaultySentence(FaultsOnly):
    pair: int | None
    language: str
    tokens: list[str]
    gold: list[Triple]
    found: list[Triple]
    baseline: list[Triple] | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for; "" allows all. label: gold's, or that of a spurious one; found: of what was found."""

    kind: str = ""
    label: str = ""
    found: str = ""
    compared: str = ""

    def takes(self, sentence: FaultsOnly) -> bool:
        if self.compared == WORSE and len(sentence.faults) <= sentence.n_baseline:
            return False
        if self.compared == BETTER:
            return len(sentence.faults) < sentence.n_baseline
        return any(self._takes_fault(fault) for fault in sentence.faults)

    def _takes_fault(self, fault: Fault) -> bool:
        of = fault.gold or fault.found
        if self.kind and fault.kind != self.kind:
            return False
        if self.label and (of is None or of[2] != self.label):
            return False
        return not self.found or bool(fault.gold and fault.found and fault.found[2] == self.found)


def faulty_sentences(
    evaluation: Evaluation, wanted: Wanted, *, after: int, n: int
) -> tuple[list[FaultySentence], int | None]:
    """At most n sentences, and where the next ones begin in the file, None where none is left.

    after: 0, or what an earlier call said.
    """
    path = evaluation_folder(evaluation) / SENTENCES
    if not path.is_file():
        return [], None
    look, read = msgspec.json.Decoder(FaultsOnly), msgspec.json.Decoder(FaultySentence)
    found: list[FaultySentence] = []
    with path.open("rb") as file:
        _go_to_line(file, min(after, path.stat().st_size))
        place = file.tell()
        for line in file:
            if wanted.takes(look.decode(line)):
                if len(found) == n:
                    return found, place
                found.append(read.decode(line))
            place += len(line)
    return found, None


def _go_to_line(file: BinaryIO, place: int) -> None:
    """To the place, if a line begins there, else to the start."""
    if place > 0:
        file.seek(place - 1)
        if file.read(1) == b"\n":
            return
    file.seek(0)


def words_of(sentence: FaultySentence, triple: Triple | None) -> dict[str, Any] | None:
    """The words of an entity with its label."""
    if triple is None:
        return None
    start, end, label = triple
    return {"text": " ".join(sentence.tokens[start:end]), "label": label}

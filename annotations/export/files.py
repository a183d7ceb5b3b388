"""The files of an export: what each holds, its running totals, and the proof that it reads back the same."""

import re
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import file_digest
from itertools import zip_longest
from pathlib import Path
from typing import Any, TextIO

from annotations.export import conll, jsonl
from annotations.export.options import JSONL, ExportOptions
from workers.spans import Entity


class ExportDamaged(RuntimeError):
    """A file does not read back as what was to be written. It is not offered."""


@dataclass(frozen=True, slots=True)
class Place:
    """Which file a sentence goes to. domain and part are empty where files are not divided by them."""

    language: str
    domain: str = ""
    part: str = ""
    side: str = "target"

    def file_name(self, stem: str, extension: str) -> str:
        side = "source" if self.side == "source" else ""
        domain = re.sub(r"[^\w-]+", "_", self.domain)
        words = (stem, self.language, domain, self.part, side)
        return ".".join([word for word in words if word] + [extension])


@dataclass(slots=True)
class OutputFile:
    """A file being written. digests: one number a sentence, of what has to come back."""

    path: Path
    place: Place
    file: TextIO
    document: str | None = None
    digests: "array[int]" = field(default_factory=lambda: array("q"))
    kinds: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    n_tokens: int = 0
    n_documents: int = 0

    def add(self, text: str, tokens: Sequence[str], entities: Sequence[Entity], kind: str) -> None:
        self.file.write(text)
        self.digests.append(_digest(tokens, entities))
        self.kinds[kind] += 1
        self.labels.update(entity.label for entity in entities)
        self.n_tokens += len(tokens)

    def begins_document(self, name: str) -> bool:
        """Whether this sentence is the first of its document in the file."""
        begins = name != self.document
        self.document = name
        self.n_documents += begins
        return begins

    def as_report(self) -> dict[str, Any]:
        with self.path.open("rb") as file:
            sha256 = file_digest(file, "sha256").hexdigest()
        return {
            "name": self.path.name,
            "language": self.place.language,
            "domain": self.place.domain,
            "part": self.place.part,
            "side": self.place.side,
            "sentences": len(self.digests),
            "gold": self.kinds["gold"],
            "silver": self.kinds["silver"],
            "documents": self.n_documents,
            "tokens": self.n_tokens,
            "entities": dict(sorted(self.labels.items())),
            "bytes": self.path.stat().st_size,
            "sha256": sha256,
        }


def check_file(output: OutputFile, options: ExportOptions) -> None:
    """Parse a finished file and compare. Raises ExportDamaged naming the first sentence that differs."""
    sentences: Iterator[tuple[Sequence[str], Sequence[Entity] | Sequence[jsonl.ReadEntity]]]
    if options.format == JSONL:
        sentences = jsonl.read_back(output.path)
    else:
        sentences = conll.read_back(output.path, options)
    try:
        pairs = zip_longest(output.digests, sentences)
        for number, (expected, sentence) in enumerate(pairs, 1):
            if sentence is None or expected != _digest(*sentence):
                raise ExportDamaged(f"sentence {number} of {output.path.name} does not read back as written")
    except ValueError as error:
        raise ExportDamaged(f"{output.path.name} does not read back: {error}") from error


def _digest(tokens: Sequence[str], entities: Sequence[Entity] | Sequence[jsonl.ReadEntity]) -> int:
    return hash((tuple(tokens), tuple([(entity.start, entity.end, entity.label) for entity in entities])))

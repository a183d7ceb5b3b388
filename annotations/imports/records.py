"""What readers yield: a sentence pair, or a bad line with its reason. And the choices they are given."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from annotations.tokens import join_tokens, locate_tokens, tokenize
from workers.spans import Entity

SOURCE, TARGET = "source", "target"

# The bytes of a file that a record was made of, kept so that a rejected record can be handed back.
Raw = tuple[tuple[str, bytes], ...]


class UnreadableFile(ValueError):
    """Nothing of this file can be imported, not even its good lines: it is not what it is said to be."""


class BadText(ValueError):
    """A line, token or value that cannot be taken as it is; the message is the reason."""


@dataclass(slots=True)
class Side:
    """One sentence: its text, flat token offsets, and entities; None where the sentence came unlabelled."""

    text: str = ""
    offsets: list[int] = field(default_factory=list)
    entities: list[Entity] | None = None

    @property
    def n_tokens(self) -> int:
        return len(self.offsets) // 2

    @property
    def tokens(self) -> list[str]:
        return [self.text[a:b] for a, b in zip(self.offsets[::2], self.offsets[1::2], strict=True)]


@dataclass(slots=True)
class PairRecord:
    """One sentence pair as a file gives it. A side that the file leaves out is an empty Side."""

    file: str
    line: int
    raw: Raw
    source: Side
    target: Side
    source_language: str
    target_language: str
    external_id: str = ""
    document: str = ""
    document_key: str = ""
    domain: str = ""
    meta: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class BadLine:
    """A line (or a sentence, by its first or its faulty line) that cannot be imported, and why."""

    file: str
    line: int
    reason: str
    raw: Raw = ()


Records = Iterator[PairRecord | BadLine]


@dataclass(frozen=True, slots=True)
class InputFile:
    """Where a file lies, and what it is called in messages: an upload lies under another name."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class ImportFiles:
    """The files of one import: one file of pairs, or a file for each side, or for one side only."""

    pairs: InputFile | None = None
    source: InputFile | None = None
    target: InputFile | None = None

    @property
    def names(self) -> list[str]:
        return [file.name for file in (self.pairs, self.source, self.target) if file is not None]


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How files are to be read. "auto" asks the files themselves; `detect.settle` puts the answer here."""

    source_language: str
    target_language: str
    format: str = "auto"
    source_kind: str = "auto"
    target_kind: str = "auto"
    source_scheme: str = "auto"
    target_scheme: str = "auto"
    token_column: int = 1
    tag_column: int = -1
    tokenized: bool = False
    one_sided: bool = False
    domain: str = ""
    label_map: dict[str, str] = field(default_factory=dict)
    add_labels: bool = False
    max_tokens: int = 1000
    max_line_bytes: int = 1_000_000


def side_of_text(text: str, language: str, *, tokenized: bool = False) -> Side:
    """A sentence that came as text. tokenized: its tokens are what stands between ASCII spaces."""
    if tokenized:
        tokens = text.split(" ")
        return Side(text, locate_tokens(text, [token for token in tokens if token]))
    return Side(text, tokenize(text, language))


def side_of_tokens(tokens: Sequence[str], text: str | None = None) -> Side:
    """A sentence that came tokenised: in its text where that is given, else joined by one space each.

    Raises BadText for an empty token, or one that is not in the text.
    """
    if "" in tokens:
        raise BadText(f"token {list(tokens).index('') + 1} is empty")
    if text is None:
        return Side(*join_tokens(tokens))
    try:
        return Side(text, locate_tokens(text, tokens))
    except ValueError as error:
        raise BadText(str(error)) from error

"""CoNLL files for the commands that need no database: tokens with tags, sentence by sentence."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from workers.iob2 import TagError, convert_tags, entities_to_tags, guess_scheme, tags_to_entities
from workers.spans import Entity
from workers.text_lines import LineError, read_lines

# The way CoNLL-U files carry meta data, and the first line of what annotations.export writes.
_COMMENT = re.compile(r"# \S+ = |#projector:")


@dataclass(frozen=True, slots=True)
class ConllSentence:
    """Tokens, their IOB2 tags (None in a file of bare tokens), and the 1-based line of the first token."""

    tokens: list[str]
    tags: list[str] | None
    line: int

    @property
    def entities(self) -> list[Entity]:
        return tags_to_entities(self.tags or [])


class ConllError(ValueError):
    """A file that cannot be read: the message starts with `path:line:`."""


def read_conll(path: Path | str, *, lenient: bool = False) -> list[ConllSentence]:
    """Every sentence of a CoNLL file; tags of any scheme come back as IOB2.

    The first column is the token and the last one the tag; columns are separated by a tab, or by spaces
    when the line has no tab. A file of one column is bare tokens. Blank lines end a sentence;
    -DOCSTART- and `# key = value` lines are skipped.
    lenient: keep IOB2 tags as they are written, orphan inside tags included (for scoring predictions).
    Raises ConllError naming the first bad line; OSError when the file cannot be opened.
    """
    sentences = list(_read_raw(Path(path)))
    widths = {sentence.tags is None for sentence in sentences}
    if len(widths) > 1:
        odd = next(s for s in sentences if (s.tags is None) != (sentences[0].tags is None))
        raise ConllError(f"{path}:{odd.line}: some sentences have tags and some have none")
    if widths == {False} and not lenient:
        sentences = _in_iob2(Path(path), sentences)
    return sentences


def write_conll(output: TextIO, sentences: Iterable[tuple[Sequence[str], Sequence[Entity]]]) -> None:
    """Write `token tag` lines in IOB2, a blank line after every sentence."""
    for tokens, entities in sentences:
        for token, tag in zip(tokens, entities_to_tags(entities, len(tokens)), strict=True):
            output.write(f"{token} {tag}\n")
        output.write("\n")


@contextmanager
def replace_file(path: Path | str) -> Iterator[TextIO]:
    """Open `path` for writing; it appears whole when the block ends well and stays as it was otherwise."""
    path = Path(path)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as output:
            yield output
            output.flush()
            os.fsync(output.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _read_raw(path: Path) -> Iterator[ConllSentence]:
    tokens: list[str] = []
    tags: list[str | None] = []
    first_line = 0
    for number, line in _lines(path):
        fields = _fields(line)
        if not fields:
            if tokens:
                yield _sentence(tokens, tags, first_line)
                tokens, tags = [], []
            continue
        if fields[0] == "-DOCSTART-" or _COMMENT.match(line):
            continue
        if not tokens:
            first_line = number
        if not fields[0]:
            raise ConllError(f"{path}:{number}: the first column, the token, is empty")
        tokens.append(fields[0])
        tags.append(fields[-1] if len(fields) > 1 else None)
        if (tags[-1] is None) != (tags[0] is None):
            raise ConllError(f"{path}:{number}: expected a tag in every line of the sentence or in none")
    if tokens:
        yield _sentence(tokens, tags, first_line)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        yield from read_lines(path)
    except LineError as error:
        raise ConllError(str(error)) from error


def _fields(line: str) -> list[str]:
    if "\t" in line:
        return [field.strip(" ") for field in line.split("\t")] if line.strip(" \t") else []
    return [field for field in line.split(" ") if field]


def _sentence(tokens: list[str], tags: list[str | None], line: int) -> ConllSentence:
    known = [tag for tag in tags if tag is not None]
    return ConllSentence(tokens, known if len(known) == len(tags) else None, line)


def _in_iob2(path: Path, sentences: list[ConllSentence]) -> list[ConllSentence]:
    try:
        scheme = guess_scheme(sentence.tags or [] for sentence in sentences)
    except TagError:
        scheme = "IOB2"  # so that the loop below names the line
    converted = []
    for sentence in sentences:
        try:
            tags = convert_tags(sentence.tags or [], scheme, "IOB2")
        except TagError as error:
            raise ConllError(f"{path}:{sentence.line + max(error.position, 0)}: {error}") from error
        converted.append(ConllSentence(sentence.tokens, tags, sentence.line))
    return converted

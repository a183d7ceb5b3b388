"""One side of a corpus, sentence by sentence: from a file of plain lines or from a CoNLL file."""

from collections.abc import Iterator
from dataclasses import dataclass

from annotations.imports.lines import open_bytes, read_lines
from annotations.imports.records import BadLine, BadText, InputFile, Raw, Side, side_of_text


@dataclass(slots=True)
class Sentence:
    """A side with its place in the file and what comments or -DOCSTART- lines say about it.

    document_number counts the file's documents from 1; 0 while no boundary was seen.
    """

    line: int
    raw: Raw
    side: Side
    external_id: str = ""
    document: str = ""
    document_number: int = 0
    domain: str = ""


# A bad sentence keeps its place, so that the sentences after it still meet their counterparts.
Sentences = Iterator[Sentence | BadLine]


def read_plain(
    file: InputFile, language: str, *, tokenized: bool, max_line_bytes: int, blank_end: bool
) -> Sentences:
    """A sentence on every line. A blank line is a sentence without text; at the end of the file only with
    `blank_end`."""
    with open_bytes(file) as content:
        for line in read_lines(content, max_bytes=max_line_bytes, blank_end=blank_end):
            raw: Raw = ((file.name, line.raw),)
            if line.problem:
                yield BadLine(file.name, line.number, line.problem, raw)
                continue
            try:
                side = Side() if line.is_blank else side_of_text(line.text, language, tokenized=tokenized)
            except BadText as error:
                yield BadLine(file.name, line.number, str(error), raw)
                continue
            yield Sentence(line.number, raw, side)

"""CoNLL files: a token and its tag on a line, blank lines between sentences, -DOCSTART- between documents."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from annotations.imports.lines import Block, open_bytes, read_blocks
from annotations.imports.records import BadLine, BadText, InputFile, Raw, side_of_tokens
from annotations.imports.sentences import Sentence, Sentences
from workers.iob2 import OUTSIDE, SCHEMES, TagError, tags_to_entities
from workers.spans import Entity

DOCSTART = "-DOCSTART-"
EXPORT_HEADER = "#projector:"  # the first line of our own exports; see annotations.export.conll
LENIENT = "conlleval"  # the choice of scheme that reads as the conlleval script does, repairing orphan tags

_COMMENT = re.compile(r"#\s?(?P<key>[\w.-]+(?: id)?) = ?(?P<value>.*)$")
_ID_KEYS = {"id", "sent_id"}
_DOCUMENT_KEYS = {"doc", "doc_id", "document", "newdoc id"}
_SAMPLE = 5000  # sentences that are asked which scheme they follow


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column is the token and which the tag, from 1, or from the end as -1; tag 0: no tags."""

    token: int = 1
    tag: int = -1

    def of(self, number: int, width: int) -> int:
        """The index of a column in a line of `width` columns. Raises BadText when it is not there."""
        index = number - 1 if number > 0 else width + number
        if not 0 <= index < width:
            raise BadText(f"column {number} is asked for, but the line has {width}")
        return index


@dataclass(slots=True)
class RawSentence:
    """Tokens and tags as the file writes them, before any scheme is applied; `line` is the first token's."""

    line: int
    raw: Raw
    tokens: list[str]
    tags: list[str] | None
    external_id: str
    document: str
    document_number: int
    domain: str
    text: str | None


def read_conll(
    file: InputFile, *, columns: Columns, scheme: str, max_tokens: int, max_line_bytes: int
) -> Sentences:
    """Every sentence, with entities where the file has tags. `scheme` is a scheme's name or LENIENT."""
    for sentence in _read_raw(file, columns, max_tokens, max_line_bytes):
        yield sentence if isinstance(sentence, BadLine) else _with_entities(sentence, file.name, scheme)


def guess_file_scheme(file: InputFile, *, columns: Columns, max_tokens: int, max_line_bytes: int) -> str:
    """The scheme that allows the most of the file's first sentences; IOB2 where several do."""
    sample = islice(_read_raw(file, columns, max_tokens, max_line_bytes), _SAMPLE)
    tagged = (sentence.tags for sentence in sample if isinstance(sentence, RawSentence) and sentence.tags)
    allowed = dict.fromkeys(("IOB2", "IOB1", "IOBES", "BILOU"), 0)
    for tags in tagged:
        for scheme in allowed:
            allowed[scheme] += _allows(scheme, tags)
    return max(allowed, key=lambda scheme: allowed[scheme])


def looks_like_conll(file: InputFile, *, max_line_bytes: int) -> bool:
    """Whether most lines of the first blocks have several columns, the last one a tag."""
    tag = re.compile(rf"(?:O|[{''.join(sorted({prefix for s in SCHEMES.values() for prefix in s}))}]-\S+)$")
    n_tagged = n_lines = 0
    with open_bytes(file) as content:
        for block in islice(read_blocks(content, max_bytes=max_line_bytes, max_lines=10_000), 20):
            for line in block.lines:
                fields = split_columns(line)
                if fields[0] == DOCSTART:
                    return True
                n_lines += 1
                n_tagged += len(fields) > 1 and bool(tag.match(fields[-1]))
    return n_lines > 0 and n_tagged > 0.5 * n_lines


def split_columns(line: str) -> list[str]:
    """Columns between tabs where the line has one, so that tokens may hold spaces; else between spaces."""
    if "\t" in line:
        return [column.strip(" ") for column in line.rstrip("\t ").split("\t")]
    columns = line.split(" ")
    return columns if "" not in columns else [column for column in columns if column] or [""]


def _rows(lines: list[str]) -> list[list[str]]:
    """The columns of every line; without a look at each where only tabs stand between them."""
    text = "\n".join([*lines, ""])
    if " " not in text and "\t\n" not in text and all("\t" in line for line in lines):
        return [line.split("\t") for line in lines]
    return [split_columns(line) for line in lines]


def _read_raw(
    file: InputFile, columns: Columns, max_tokens: int, max_line_bytes: int
) -> Iterator[RawSentence | BadLine]:
    document = Document()
    width = 0
    with open_bytes(file) as content:
        for block in read_blocks(content, max_bytes=max_line_bytes, max_lines=max_tokens + 100):
            raw: Raw = ((file.name, block.raw),)
            if block.problem:
                yield BadLine(file.name, block.problem_line, block.problem, raw)
                continue
            if block.lines[0].startswith(EXPORT_HEADER):
                continue
            document, comments, rest = _heading(block, document)
            if not rest:
                continue
            start = block.number + len(block.lines) - len(rest)
            rows = _rows(rest)
            width = width or len(rows[0])
            try:
                yield _raw_sentence(rows, columns, width, start, raw, document, comments)
            except _BadRow as error:
                yield BadLine(file.name, start + error.row, str(error), raw)


class _BadRow(ValueError):
    def __init__(self, row: int, reason: str) -> None:
        super().__init__(reason)
        self.row = row


@dataclass(frozen=True, slots=True)
class Document:
    """The document that the sentences being read belong to."""

    number: int = 0
    name: str = ""
    domain: str = ""


def _heading(block: Block, document: Document) -> tuple[Document, dict[str, str], list[str]]:
    """What stands above the tokens of a block: document boundaries and comments; then the token lines."""
    comments: dict[str, str] = {}
    for index, line in enumerate(block.lines):
        if DOCSTART in line and split_columns(line)[0] == DOCSTART:
            document = Document(document.number + 1)
            continue
        comment = _COMMENT.match(line) if line.startswith("#") else None
        if comment is None:
            return document, comments, block.lines[index:]
        key, value = comment["key"], comment["value"].strip()
        if key in _DOCUMENT_KEYS:
            same = value == document.name
            document = document if same else _named(document, value)
        elif key == "domain":
            document = replace(document, domain=value)
        else:
            comments[key] = value
    return document, comments, []


def _named(document: Document, name: str) -> Document:
    """A name directly after -DOCSTART- names that document; any other new name begins one."""
    if document.number and not document.name:
        return replace(document, name=name)
    return Document(document.number + 1, name)


def _raw_sentence(
    rows: list[list[str]],
    columns: Columns,
    width: int,
    start: int,
    raw: Raw,
    document: Document,
    comments: dict[str, str],
) -> RawSentence:
    if set(map(len, rows)) != {width}:
        row = next(row for row, fields in enumerate(rows) if len(fields) != width)
        raise _BadRow(row, f"{len(rows[row])} columns where the file has {width}")
    try:
        token_index = columns.of(columns.token, width)
        tag_index = columns.of(columns.tag, width) if columns.tag and width > 1 else -1
    except BadText as error:
        raise _BadRow(0, str(error)) from error
    tokens = [fields[token_index] for fields in rows]
    if "" in tokens:
        raise _BadRow(tokens.index(""), "the token is empty")
    if DOCSTART in tokens:
        reason = f"{DOCSTART} inside a sentence; put a blank line before and after it"
        raise _BadRow(tokens.index(DOCSTART), reason)
    return RawSentence(
        line=start,
        raw=raw,
        tokens=tokens,
        tags=[fields[tag_index] for fields in rows] if tag_index >= 0 else None,
        external_id=next((comments[key] for key in comments if key in _ID_KEYS), ""),
        document=document.name,
        document_number=document.number,
        domain=document.domain,
        text=comments.get("text"),
    )


def _with_entities(sentence: RawSentence, file: str, scheme: str) -> Sentence | BadLine:
    try:
        side = side_of_tokens(sentence.tokens, sentence.text)
        if sentence.tags is not None:
            side.entities = _entities(sentence.tags, scheme)
    except BadText as error:
        return BadLine(file, sentence.line, f"# text = : {error}", sentence.raw)
    except TagError as error:
        return BadLine(file, sentence.line + max(error.position, 0), str(error), sentence.raw)
    return Sentence(
        sentence.line,
        sentence.raw,
        side,
        sentence.external_id,
        sentence.document,
        sentence.document_number,
        sentence.domain,
    )


def _entities(tags: list[str], scheme: str) -> list[Entity]:
    if tags.count(OUTSIDE) == len(tags):  # most sentences have no entity
        return []
    if scheme == LENIENT:
        return tags_to_entities(tags, lenient=True)
    return tags_to_entities(tags, scheme)


def _allows(scheme: str, tags: Iterable[str]) -> bool:
    try:
        tags_to_entities(list(tags), scheme)
    except TagError:
        return False
    return True

"""CoNLL: a token and its tag on a line, a blank line after every sentence.

The first line says what the file holds. It has the columns of any other line, with O as its tag, so that
readers that know nothing of it (spaCy's converter, whoever splits at spaces) take it for a sentence of one
token and read on.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from annotations.export.losses import RESERVED_TOKEN, SPACE_IN_LABEL, SPACE_IN_TOKEN, UNSAFE, Losses
from annotations.export.options import CONLL2002, CONLL2003, ExportOptions
from annotations.imports.conll import DOCSTART, EXPORT_HEADER
from workers.iob2 import OUTSIDE, entities_to_tags, tags_to_entities
from workers.spans import Entity

# What stands between token and tag, and the line that begins a document, as spaCy's converter knows it.
_BETWEEN = {CONLL2003: " -X- O ", CONLL2002: " "}
_DOCSTARTS = {CONLL2003: f"{DOCSTART} -X- O O", CONLL2002: f"{DOCSTART} O"}


def header_line(options: ExportOptions, **facts: str) -> str:
    said = {"format": options.format, "scheme": options.scheme, "kind": options.kind} | facts
    words = ";".join(f"{name}={UNSAFE.sub('_', value)}" for name, value in said.items() if value)
    return f"{EXPORT_HEADER}{words}{_BETWEEN[options.format]}O\n\n"


def docstart_line(options: ExportOptions) -> str:
    return f"{_DOCSTARTS[options.format]}\n\n"


def sentence_lines(tokens: Sequence[str], entities: Sequence[Entity], options: ExportOptions) -> str:
    between = _BETWEEN[options.format]
    if not entities:
        return f"{between}{OUTSIDE}\n".join(tokens) + f"{between}{OUTSIDE}\n\n"
    tags = entities_to_tags(entities, len(tokens), options.scheme)
    return "".join([f"{token}{between}{tag}\n" for token, tag in zip(tokens, tags, strict=True)]) + "\n"


def writable(
    tokens: list[str], entities: list[Entity], pair: int, losses: Losses
) -> tuple[list[str], list[Entity]]:
    """Tokens and entities as the format can hold them; what has to be changed is noted."""
    if UNSAFE.search("".join(tokens)) or DOCSTART in tokens or tokens[0].startswith(EXPORT_HEADER):
        tokens = [_writable_token(token, pair, losses) for token in tokens]
    if any(UNSAFE.search(entity.label) for entity in entities):
        entities = [_writable_entity(entity, pair, losses) for entity in entities]
    return tokens, entities


def read_back(path: Path, options: ExportOptions) -> Iterator[tuple[list[str], list[Entity]]]:
    """Tokens and entities of every sentence of an exported file, read as other people's readers do: the first
    and the last of the columns between single spaces. Raises ValueError at a line that is none."""
    columns = _BETWEEN[options.format].count(" ") + 1
    number = 1
    for block in _blocks(path):
        cells = block.replace("\n", " ").split(" ")
        n_lines = block.count("\n") + 1
        if len(cells) != n_lines * columns or "" in cells:
            raise ValueError(f"line {_bad_line(block, number, columns)} has not {columns} columns")
        tokens, tags = cells[::columns], cells[columns - 1 :: columns]
        number += n_lines + 1
        if n_lines > 1 or not (tokens[0] == DOCSTART or tokens[0].startswith(EXPORT_HEADER)):
            yield tokens, _entities(tags, options.scheme)


def _blocks(path: Path) -> Iterator[str]:
    """What stands between blank lines, the last line end of each left out."""
    rest = ""
    with path.open(encoding="utf-8", newline="\n") as file:
        while part := file.read(1 << 20):
            *whole, rest = (rest + part).split("\n\n")
            yield from whole
    if rest:
        raise ValueError("the last sentence has no end")


def _bad_line(block: str, first: int, columns: int) -> int:
    lines = enumerate(block.split("\n"), first)
    return next((number for number, line in lines if len(line.split()) != columns), first)


def _entities(tags: list[str], scheme: str) -> list[Entity]:
    return [] if tags.count(OUTSIDE) == len(tags) else tags_to_entities(tags, scheme)


def _writable_token(token: str, pair: int, losses: Losses) -> str:
    written, kind = UNSAFE.sub("_", token), SPACE_IN_TOKEN
    if token == DOCSTART or token.startswith(EXPORT_HEADER):
        written, kind = f"_{token}", RESERVED_TOKEN
    if written != token:
        losses.add(kind, pair=pair, token=token, written=written)
    return written


def _writable_entity(entity: Entity, pair: int, losses: Losses) -> Entity:
    label = UNSAFE.sub("_", entity.label)
    if label != entity.label:
        losses.add(SPACE_IN_LABEL, pair=pair, label=entity.label, written=label)
    return Entity(entity.start, entity.end, label)

"""Files of an import read in one call, for tests of what comes out of them."""

from collections.abc import Callable
from pathlib import Path

from annotations.imports.check import Rules, checked
from annotations.imports.detect import open_records, settle
from annotations.imports.records import BadLine, ImportFiles, ImportOptions, InputFile

LABELS = ["PER", "LOC", "ORG", "MISC"]
Read = Callable[..., list]


def read_files(
    folder: Path, pairs: object = None, *, source: object = None, target: object = None, **choices: object
) -> list:
    """Write the given contents to files and read them as an import does: settled, then checked."""
    written = {}
    for side, content in (("pairs", pairs), ("source", source), ("target", target)):
        if content is not None:
            path = folder / side
            path.write_bytes(content if isinstance(content, bytes) else str(content).encode())
            written[side] = InputFile(path, side)
    files = ImportFiles(**written)
    options = settle(files, ImportOptions("en", "es", **choices))
    return list(checked(open_records(files, options), Rules.of("en", LABELS, options)))


def spans(side: object) -> list | None:
    return None if side.entities is None else [(e.start, e.end, e.label) for e in side.entities]


def bad(records: list) -> list[tuple[int, str]]:
    return [(record.line, record.reason) for record in records if isinstance(record, BadLine)]

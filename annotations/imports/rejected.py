"""The rejected lines of an import, to be corrected and brought in again: one zip, written while reading."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile

from annotations.imports.records import BadLine
from annotations.tables import safe_cell

PROBLEMS = "problems.tsv"


class RejectedLines:
    """Collects bad lines: `problems.tsv` with file, line and reason; and per file the lines themselves."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder, self._stack = folder, stack
        self._files: dict[str, IO[bytes]] = {}
        self._write(PROBLEMS, b"file\tline\treason\n")

    def add(self, problem: BadLine) -> None:
        reason = " ".join(problem.reason.split())
        cells = (safe_cell(problem.file), str(problem.line), safe_cell(reason))
        self._write(PROBLEMS, ("\t".join(cells) + "\n").encode())
        for name, raw in problem.raw:
            self._write(f"rejected/{name}", raw if raw.endswith(b"\n") else raw + b"\n")

    @property
    def is_empty(self) -> bool:
        return len(self._files) == 1

    def _write(self, name: str, content: bytes) -> None:
        if name not in self._files:
            file = (self._folder / str(len(self._files))).open("w+b")
            self._files[name] = self._stack.enter_context(file)
        self._files[name].write(content)

    def pack(self, path: Path) -> None:
        """Make the zip. It appears whole or not at all."""
        part = path.with_name(f"{path.name}.part")
        with ZipFile(part, "w", ZIP_DEFLATED) as archive:
            for name, file in self._files.items():
                file.flush()
                archive.write(file.name, name)
        part.replace(path)


@contextmanager
def collecting(path: Path) -> Iterator[RejectedLines]:
    """Collect the bad lines met inside the block, and leave them at `path`; no bad line, no file."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".rejected-") as folder, ExitStack() as stack:
        lines = RejectedLines(Path(folder), stack)
        try:
            yield lines
        finally:
            if not lines.is_empty:
                lines.pack(path)

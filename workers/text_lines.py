"""Lines of text files for the commands: strict UTF-8, streamed, every complaint with its line."""

from collections.abc import Iterator
from pathlib import Path

MAX_LINE_BYTES = 1 << 20


class LineError(ValueError):
    """A line that cannot be used: the message starts with `path:line:`."""


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """1-based number and text of every line, without its line end; a byte order mark at the start is dropped.

    Lines end with LF or CRLF only. Raises LineError for bad UTF-8, a NUL, or a line over MAX_LINE_BYTES.
    """
    with path.open("rb") as file:
        number = 0
        while raw := file.readline(MAX_LINE_BYTES + 2):
            number += 1
            if len(raw.rstrip(b"\r\n")) > MAX_LINE_BYTES:
                raise LineError(f"{path}:{number}: over {MAX_LINE_BYTES} bytes long")
            try:
                line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                raise LineError(f"{path}:{number}: not UTF-8 at byte {error.start} of the line") from error
            if "\0" in line:
                raise LineError(f"{path}:{number}: contains a NUL character")
            yield number, line.removesuffix("\n").removesuffix("\r")


def read_line_pairs(source: Path, target: Path) -> Iterator[tuple[int, str, str]]:
    """1-based number and text of the lines of two files side by side.

    Raises LineError as read_lines does, and when one file ends before the other.
    """
    theirs = read_lines(target)
    number = 0
    for number, line in read_lines(source):
        other = next(theirs, None)
        if other is None:
            raise LineError(f"{target}:{number}: the file has only {number - 1} lines, {source} has more")
        yield number, line, other[1]
    if next(theirs, None) is not None:
        raise LineError(f"{source}:{number + 1}: the file has only {number} lines, {target} has more")

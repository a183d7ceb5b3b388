"""Bytes to lines, strictly: UTF-8, line feeds only, bounded memory, a reason for what is refused.

Only LF and CRLF end a line. U+2028, U+0085, form feeds and the like are text and stay inside it.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple

from annotations.imports.records import BadText, InputFile, UnreadableFile

_BOM = b"\xef\xbb\xbf"
_NOT_TEXT = {
    b"\xff\xfe": "is UTF-16; save it as UTF-8",
    b"\xfe\xff": "is UTF-16; save it as UTF-8",
    b"\x1f\x8b": "is gzip-compressed; unpack it first",
    b"PK\x03\x04": "is a zip archive (or an office document); unpack it or save it as plain text",
    b"%PDF": "is a PDF; save it as plain text",
}
_KEPT_OF_LONG_LINE = 1024


class Line(NamedTuple):
    """A line without its end. When `problem` is set, text is empty and raw may be cut."""

    number: int
    text: str
    raw: bytes
    problem: str = ""

    @property
    def is_blank(self) -> bool:
        return not self.problem and not self.text.strip()


class Block(NamedTuple):
    """Lines up to a blank one, which ends raw. When `problem` is set, `problem_line` is its number."""

    number: int
    lines: list[str]
    raw: bytes
    problem: str = ""
    problem_line: int = 0


@contextmanager
def open_bytes(input_file: InputFile) -> Iterator[BinaryIO]:
    """Open a file that says it is text. Raises UnreadableFile when it is missing, empty or plainly not."""
    try:
        file = input_file.path.open("rb")
    except OSError as error:
        raise UnreadableFile(f"{input_file.name} cannot be opened: {error.strerror}") from error
    with file:
        if not file.seekable():
            raise UnreadableFile(f"{input_file.name} is not a file; it is read more than once")
        head = file.read(8)
        if not head.removeprefix(_BOM):
            raise UnreadableFile(f"{input_file.name} is empty")
        for magic, what in _NOT_TEXT.items():
            if head.startswith(magic):
                raise UnreadableFile(f"{input_file.name} {what}")
        file.seek(len(_BOM) if head.startswith(_BOM) else 0)
        yield file


def read_lines(file: BinaryIO, *, max_bytes: int, blank_end: bool = False) -> Iterator[Line]:
    """Every line with its number; blank lines at the end of the file only where `blank_end` asks for them."""
    blanks: list[Line] = []
    for number, raw, problem in _raw_lines(file, max_bytes):
        line = Line(number, "", raw, problem)
        if not problem:
            try:
                line = Line(number, decode(_without_end(raw)), raw)
            except BadText as error:
                line = Line(number, "", raw, str(error))
        if line.is_blank and not blank_end:
            blanks.append(line)
            continue
        yield from blanks
        blanks.clear()
        yield line


def read_blocks(file: BinaryIO, *, max_bytes: int, max_lines: int) -> Iterator[Block]:
    """Runs of lines between blank lines. A run over `max_lines` is a problem and is not held in memory."""
    raws: list[bytes] = []
    first = n_lines = problem_line = 0
    problem = ""
    for number, raw, line_problem in _raw_lines(file, max_bytes):
        if not line_problem and raw.isspace() and not raw.strip(b" \t\r\n"):
            if n_lines:
                yield _block(first, raws, problem, problem_line)
            raws, n_lines, problem = [], 0, ""
            continue
        if not n_lines:
            first = number
        n_lines += 1
        if line_problem and not problem:
            problem, problem_line = line_problem, number
        elif n_lines == max_lines + 1 and not problem:
            problem, problem_line = f"more than {max_lines:,} lines without a blank line", first
        if not problem:
            raws.append(raw)
    if n_lines:
        yield _block(first, raws, problem, problem_line)


def decode(raw: bytes) -> str:
    """Strict UTF-8 text of a line. Raises BadText naming the byte, or the character that is not allowed."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise BadText(
            f"byte 0x{raw[error.start]:02X} at position {error.start + 1} of the line is not UTF-8; "
            "save the file as UTF-8"
        ) from error
    if "\0" in text:
        raise BadText(f"a NUL character at position {text.index(chr(0)) + 1} of the line")
    if "\r" in text:
        raise BadText("a carriage return inside the line; end lines with LF or CRLF")
    return text


def _raw_lines(file: BinaryIO, max_bytes: int) -> Iterator[tuple[int, bytes, str]]:
    number = 0
    while raw := file.readline(max_bytes + 1):
        number += 1
        if len(raw) <= max_bytes or raw.endswith(b"\n"):
            yield number, raw, ""
            continue
        size = len(raw) + _skip_to_line_end(file)
        kept = raw[:_KEPT_OF_LONG_LINE] + b" [...]\n"
        yield number, kept, f"the line has {size:,} bytes; at most {max_bytes:,} are allowed"


def _skip_to_line_end(file: BinaryIO) -> int:
    skipped = 0
    while chunk := file.readline(1 << 20):
        skipped += len(chunk)
        if chunk.endswith(b"\n"):
            break
    return skipped


def _block(first: int, raws: list[bytes], problem: str, problem_line: int) -> Block:
    raw = _without_end(b"".join(raws)) + b"\n\n"
    if problem:
        return Block(first, [], raw, problem, problem_line)
    try:
        text = decode(raw.removesuffix(b"\n\n").replace(b"\r\n", b"\n"))
        return Block(first, text.split("\n"), raw)
    except BadText:
        number, reason = _first_bad(raws, first)
        return Block(first, [], raw, reason, number)


def _first_bad(raws: Iterable[bytes], first: int) -> tuple[int, str]:
    for number, raw in enumerate(raws, first):
        try:
            decode(_without_end(raw))
        except BadText as error:
            return number, str(error)
    raise AssertionError("a block is bad only if one of its lines is")


def _without_end(raw: bytes) -> bytes:
    return raw.removesuffix(b"\n").removesuffix(b"\r")

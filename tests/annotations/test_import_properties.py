"""Whatever bytes a file has, readers answer with records, bad lines or a refusal; never with a crash."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotations.imports.check import Rules, checked
from annotations.imports.conll import _rows, split_columns
from annotations.imports.detect import open_records, settle
from annotations.imports.records import (
    BadLine,
    ImportFiles,
    ImportOptions,
    InputFile,
    PairRecord,
    UnreadableFile,
)
from annotations.imports.rows import row_maker
from workers.spans import check_entities

CAREFUL = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

# Bytes that look a little like what a reader expects, so that more than its first line is tried.
SCRAPS = st.sampled_from(
    [
        b"\n",
        b"\r\n",
        b"\t",
        b" ",
        b"O",
        b"B-PER",
        b"I-PER",
        b"-DOCSTART-",
        b"# id = ",
        b"\xef\xbb\xbf",
        b"\x00",
    ]
    + [b"\xff", b"\xe2\x80\xa8", b"\xf0\x9f\x98\x80", b"Ana", b'{"source": "a b", ', b'"target": ["c"]', b"}"]
    + [b'"entities": [[0, 1, "PER"]]', b", ", b"[", b"]", b'"\\ud800"', b"\r", b"source\ttarget\n"]
)
CONTENTS = st.lists(SCRAPS, max_size=40).map(b"".join) | st.binary(max_size=200)


@CAREFUL
@given(content=CONTENTS, kind=st.sampled_from(["jsonl", "tsv", "conll", "lines"]), one_sided=st.booleans())
def test_readers_do_not_crash(tmp_path: Path, content: bytes, kind: str, one_sided: bool) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    file = InputFile(path, "file")
    if kind in ("conll", "lines"):
        files, chosen = ImportFiles(source=file, target=file), {"source_kind": kind, "target_kind": kind}
    else:
        files, chosen = ImportFiles(pairs=file), {"format": kind}
    try:
        options = settle(files, ImportOptions("en", "es", one_sided=one_sided, max_line_bytes=60, **chosen))
        records = list(checked(open_records(files, options), Rules.of("en", ["PER"], options)))
    except UnreadableFile as error:
        assert "file" in str(error)
        return
    n_lines = content.count(b"\n") + 1
    for record in records:
        assert 1 <= record.line <= n_lines
        if isinstance(record, BadLine):
            assert record.reason
        else:
            check_record(record)


def check_record(record: PairRecord) -> None:
    for side in (record.source, record.target):
        assert side.offsets == sorted(side.offsets)
        assert all(side.tokens)
        assert not side.offsets or side.offsets[-1] <= len(side.text)
        check_entities(side.entities or [], side.n_tokens)
    assert "\0" not in "".join(map(str, row_maker(1, 1)(record)))


@CAREFUL
@given(
    lines=st.lists(st.text(st.characters(exclude_characters="\n\r\0", exclude_categories=["Cs"]), min_size=1))
)
def test_every_line_is_accounted_for(tmp_path: Path, lines: list[str]) -> None:
    path = tmp_path / "lines"
    path.write_text("x\n" + "".join(f"{line}\n" for line in lines), encoding="utf-8", newline="")
    files = ImportFiles(source=InputFile(path, "lines"))
    options = ImportOptions("en", "es", format="parallel", source_kind="lines")
    records = list(open_records(files, options))
    while lines and not lines[-1].strip():
        lines.pop()
    assert [record.line for record in records] == list(range(1, len(lines) + 2))
    for line, record in zip(lines, records[1:], strict=True):
        assert isinstance(record, BadLine) or record.source.text == line


@pytest.mark.parametrize("kind", ["conll", "lines"])
def test_a_pipe_is_refused(tmp_path: Path, kind: str) -> None:
    import os

    path = tmp_path / "pipe"
    os.mkfifo(path)
    other_end = os.open(path, os.O_RDWR)  # somebody is there, so that opening it to read does not wait
    try:
        os.write(other_end, b"a O\n")
        with pytest.raises(UnreadableFile, match="pipe is not a file"):
            settle(ImportFiles(source=InputFile(path, "pipe")), ImportOptions("en", "es"))
    finally:
        os.close(other_end)


@CAREFUL
@given(lines=st.lists(st.text("aO-\t\t \u00a0", min_size=1, max_size=8), min_size=1, max_size=4))
def test_columns_of_a_sentence_are_those_of_its_lines(lines: list[str]) -> None:
    assert _rows(lines) == [split_columns(line) for line in lines]

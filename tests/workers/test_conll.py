import io

import pytest

from workers.conll import ConllError, read_conll, replace_file, write_conll
from workers.spans import Entity


def write(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "file.conll"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ada B-PER\nruns O\n\n", [(["Ada", "runs"], ["B-PER", "O"], 1)]),
        ("Ada\tB-PER\r\nruns\tO\r\n", [(["Ada", "runs"], ["B-PER", "O"], 1)]),
        (
            "\ufeff-DOCSTART- O\n\n\nAda NNP X I-PER\n\nRome NNP X I-LOC\n",
            [(["Ada"], ["B-PER"], 4), (["Rome"], ["B-LOC"], 6)],
        ),
        ("Ada\n\nRome\n", [(["Ada"], None, 1), (["Rome"], None, 3)]),
        ("# sent_id = 1\nAda S-PER\n", [(["Ada"], ["B-PER"], 2)]),
        ("New York\tB-LOC\n", [(["New York"], ["B-LOC"], 1)]),
        ("a\u00a0b O\n", [(["a\u00a0b"], ["O"], 1)]),
        ("", []),
    ],
)
def test_it_reads(tmp_path, text, expected):
    found = [(s.tokens, s.tags, s.line) for s in read_conll(write(tmp_path, text))]
    assert found == expected


@pytest.mark.parametrize(
    ("text", "encoding", "message"),
    [
        ("Ada B-PER\nran\n", "utf-8", ":2: expected a tag in every line"),
        ("Ada B-PER\n\nran\n", "utf-8", ":3: some sentences have tags"),
        ("Ada O\nran I-PER\nto O\nB S-LOC\n", "utf-8", ":2: tag 'I-PER'"),
        ("Ada O\n\tO\n", "utf-8", ":2: the first column, the token, is empty"),
        ("Ada O\nñu O\n", "latin-1", ":2: not UTF-8"),
        ("A\0 O\n", "utf-8", ":1: contains a NUL"),
        ("Ada PERSON\n", "utf-8", ":1: tag 'PERSON'"),
    ],
)
def test_it_names_the_line_of_an_error(tmp_path, text, encoding, message):
    with pytest.raises(ConllError, match=message):
        read_conll(write(tmp_path, text, encoding))


def test_lenient_reading_keeps_orphan_tags(tmp_path):
    assert read_conll(write(tmp_path, "a O\nb I-PER\nc B-PER\n"), lenient=True)[0].tags == [
        "O",
        "I-PER",
        "B-PER",
    ]


def test_it_writes_what_it_reads(tmp_path):
    output = io.StringIO()
    write_conll(output, [(["Ada", "of", "Rome"], [Entity(0, 1, "PER"), Entity(2, 3, "LOC")]), (["x"], [])])
    assert output.getvalue() == "Ada B-PER\nof O\nRome B-LOC\n\nx O\n\n"
    assert [s.tokens for s in read_conll(write(tmp_path, output.getvalue()))] == [
        ["Ada", "of", "Rome"],
        ["x"],
    ]


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "out"
    path.write_text("old")
    with pytest.raises(RuntimeError), replace_file(path) as output:
        output.write("new")
        raise RuntimeError
    assert path.read_text() == "old"
    with replace_file(path) as output:
        output.write("new")
    assert path.read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]

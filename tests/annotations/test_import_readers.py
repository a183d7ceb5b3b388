"""Files to records: what every format gives, and the line and reason of everything that is refused."""

import pytest

from annotations.imports.records import UnreadableFile
from import_records import Read, bad, spans

# --- a file for each side


def test_it_notices_documents_out_of_step(read: Read) -> None:
    source = "-DOCSTART- O\n\na O\n\n-DOCSTART- O\n\nb O\n"
    target = "-DOCSTART- O\n\na O\n\nb O\n"
    ((line, reason),) = bad(read(source=source, target=target))
    assert line == 7
    assert "document 2 of source meets document 1 of target" in reason


def test_an_empty_line_is_bad_unless_sides_may_be_missing(read: Read) -> None:
    assert bad(read(source="a\n\nc\n", target="x\ny\nz\n")) == [(2, "the sentence is empty")]
    records = read(source="a\n\nc\n", target="x\ny\nz\n", one_sided=True)
    assert [(r.source.text, r.target.text) for r in records] == [("a", "x"), ("", "y"), ("c", "z")]


def test_it_reads_one_side_alone(read: Read) -> None:
    (record,) = read(source="Ana sings.\n")
    assert (record.source.tokens, record.target.text, record.target.offsets) == (
        ["Ana", "sings", "."],
        "",
        [],
    )
    (record,) = read(target="Ana canta.\n")
    assert (record.source.text, record.target.tokens) == ("", ["Ana", "canta", "."])


def test_only_line_feeds_end_a_line(read: Read) -> None:
    (record,) = read(source="one\u2028two\u0085three\x0cfour\u2029five\n", target="uno\r\n")
    assert record.source.text == "one\u2028two\u0085three\x0cfour\u2029five"
    assert record.target.text == "uno"


def test_tokenized_lines_are_cut_at_spaces_only(read: Read) -> None:
    (record,) = read(target="don't  10\u00a0000 (x)\n", tokenized=True)
    assert record.target.tokens == ["don't", "10\u00a0000", "(x)"]


# --- TSV


def test_it_reads_tsv_with_and_without_a_header(read: Read) -> None:
    (record,) = read("Hello.\tHola.\n")
    assert (record.source.tokens, record.target.tokens) == (["Hello", "."], ["Hola", "."])
    (record,) = read('Target\tid\tsource\tdomain\tdocument\tby\n«Hola»\t7\t"Hello"\tnews\td1\tEva\n')
    assert (record.source.text, record.target.text, record.line) == ('"Hello"', "«Hola»", 2)
    assert (record.external_id, record.domain, record.document) == ("7", "news", "d1")
    assert record.meta == {"by": "Eva"}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a\tb\nc\n", [(2, "1 columns where 2 are expected (source, target)")]),
        ("a\tb\nc\td\te\n", [(2, "3 columns where 2 are expected (source, target)")]),
        ("a\tb\n\t\n\nc\td\n\n\n", [(2, "the line is empty"), (3, "the line is empty")]),
        ("a\tb\nc\t \n", [(2, "the target is empty")]),
        ("a\tb\nc\t\u200b\n", [(2, "the target has no word in it")]),
        (
            b"a\tb\n\xff\xfex\ty\n",
            [(2, "byte 0xFF at position 1 of the line is not UTF-8; save the file as UTF-8")],
        ),
        ("a\tb\nc\t" + "x " * 1001, [(2, "the target has 1,001 tokens; at most 1,000 are allowed")]),
        ("a\tb\n" + "y" * 1000 + "\n", [(2, "the line has 1,001 bytes; at most 500 are allowed")]),
    ],
)
def test_it_names_the_bad_line_of_a_tsv_file(read: Read, content: object, expected: list) -> None:
    limit = 500 if "y" * 1000 in str(content) else 1_000_000
    records = read(content, max_line_bytes=limit)
    assert bad(records) == expected
    assert records[0].source.text == "a"


def test_a_long_line_without_end_takes_no_memory(read: Read) -> None:
    records = read(b"a\tb\n" + b"x" * 3_000_000, max_line_bytes=1000)
    assert bad(records) == [(2, "the line has 3,000,000 bytes; at most 1,000 are allowed")]
    assert len(records[1].raw[0][1]) < 2000


# --- JSONL


def test_it_reads_jsonl(read: Read) -> None:
    row = (
        '{"id": 7, "document": "d", "domain": "news", "meta": {"a": [1]}, "by": "Eva", '
        '"source": "Ana lives in New York.", "entities": ['
        '{"start_char": 13, "end_char": 21, "label": "LOC"}, [0, 1, "PER"]], '
        '"target": ["Ana", "vive", "en", "Nueva", "York", "."], '
        '"target_text": "Ana vive en Nueva York.", '
        '"target_entities": [{"start": 3, "end": 5, "label": "LOC"}]}'
    )
    (record,) = read(row)
    assert (record.external_id, record.document, record.domain) == ("7", "d", "news")
    assert record.meta == {"a": [1], "by": "Eva"}
    assert spans(record.source) == [(0, 1, "PER"), (3, 5, "LOC")]
    assert spans(record.target) == [(3, 5, "LOC")]
    assert record.target.text == "Ana vive en Nueva York."
    assert record.target.tokens[-1] == "."


def test_jsonl_characters_are_code_points(read: Read) -> None:
    (record,) = read('{"source": "😀 Ana 𝔘", "entities": [{"start_char": 2, "end_char": 5, "label": "PER"}]}')
    assert spans(record.source) == [(1, 2, "PER")]
    (record,) = read('{"source": "\\ud83d\\ude00 Ana"}')
    assert record.source.tokens == ["😀", "Ana"]


def test_a_side_or_its_labels_may_be_left_out(read: Read) -> None:
    one, other = read('{"source": ["a"], "source_entities": []}\n{"source": null, "target": "b"}\n')
    assert (spans(one.source), one.target.text) == ([], "")
    assert (one.source.text, spans(other.target)) == ("a", None)


def test_silver_labels_do_not_become_the_reference(read: Read) -> None:
    (record,) = read('{"target": ["Ana"], "target_entities": [[0, 1, "PER"]], "kind": "silver"}')
    assert spans(record.target) is None
    assert record.meta == {"kind": "silver"}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "the line is empty"),
        ("{", "not JSON: Expecting property name enclosed in double quotes at character 2"),
        ("[1]", "a JSON object is expected, not a list"),
        ('{"source": "a", "source": "b"}', "not usable JSON: the key 'source' is there twice"),
        ('{"source": "a", "meta": {"x": 1, "x": 2}}', "not usable JSON: the key 'x' is there twice"),
        ('{"source": "a\\ud800"}', "half a character (the lone surrogate \\ud800)"),
        ('{"source": "a\\u0000"}', "a NUL character (\\u0000)"),
        ('{"source": "a", "meta": {"\\u0000": 1}}', "a NUL character (\\u0000)"),
        ('{"source": "a", "meta": {"x": NaN}}', "not usable JSON: NaN is not a JSON number"),
        ('{"source": "a", "meta": {"x": 1e999}}', "not usable JSON: 1e999 is too large a number"),
        ('{"source": "a", "meta": ' + "[" * 100_000 + "}", "not usable JSON: nested too deeply"),
        ('{"source": "a", "meta": 1}', '"meta" must be an object, not a number'),
        ('{"source": "a", "id": ["x"]}', '"id" must be a string, not a list'),
        ('{"source": ""}', '"source" is empty; leave the key out where there is no source'),
        ('{"source": []}', '"source" is empty; leave the key out where there is no source'),
        ('{"source": ["a", ""]}', "token 2 is empty"),
        ('{"source": ["a", 1]}', '"source" must be a string or a list of strings, not a list'),
        ('{"source": ["a"], "source_text": "b"}', "token 1 ('a') is not in the text after character 0"),
        ('{"target_entities": [[0, 1, "PER"]], "source": "a"}', "target_entities without a target"),
        ('{"id": "x"}', "there is neither a source nor a target"),
        (
            '{"source": ["a"], "entities": [[0, 2, "PER"]]}',
            "source entity [0, 2) PER passes the end of 1 tokens",
        ),
        ('{"source": ["a"], "entities": [[0, 0, "PER"]]}', "source entity: entity [0, 0) must satisfy"),
        ('{"source": ["a"], "entities": [[-1, 1, "PER"]]}', "source entity: entity [-1, 1) must satisfy"),
        (
            '{"source": ["a"], "entities": [[0, 1.0, "PER"]]}',
            "source entity: [0, 1.0, 'PER'] must be two whole",
        ),
        (
            '{"source": ["a"], "entities": [[true, 1, "PER"]]}',
            "source entity: [True, 1, 'PER'] must be two whole",
        ),
        ('{"source": ["a"], "entities": ["x"]}', 'source entity: "x" is none of [start, end, label]'),
        ('{"source": ["a"], "entities": [[0, 1, ""]]}', "source entity: entity [0, 1) has an empty label"),
        (
            '{"source": "New York", "entities": [{"start_char": 0, "end_char": 5, "label": "LOC"}]}',
            "source entity: characters [0, 5) do not begin and end with a token: 'New Y'",
        ),
        (
            '{"source": ["a", "b"], "entities": [[0, 2, "PER"], [1, 2, "LOC"]]}',
            "source entities [0, 2) PER and [1, 2) LOC overlap",
        ),
        ('{"source": "a", "target": "b", "target_language": "english"}', "'english' is not a language tag"),
        (
            '{"source": "a", "source_language": "fr"}',
            "the source language is 'fr', but the project's is 'en'",
        ),
        ('{"source": "a", "target": "b", "target_language": "en"}', "source and target are both 'en'"),
        ('{"source": "a", "id": "' + "x" * 301 + '"}', "id has more than 300 characters"),
    ],
)
def test_it_names_the_bad_line_of_a_jsonl_file(read: Read, line: str, reason: str) -> None:
    records = read('{"source": "good"}\n' + line + '\n{"source": "good"}\n')
    ((number, given),) = bad(records)
    assert (number, given[: len(reason)]) == (2, reason)
    assert len(records) == 3


def test_labels_are_mapped_left_out_or_added(read: Read) -> None:
    row = '{"source": ["a", "b", "c"], "entities": [[0, 1, "PERSON"], [1, 2, "DATE"], [2, 3, "NEW"]]}'
    assert bad(read(row, label_map={"PERSON": "PER", "DATE": ""}))[0][1].startswith("the label 'NEW' is not")
    (record,) = read(row, label_map={"PERSON": "PER", "DATE": ""}, add_labels=True)
    assert spans(record.source) == [(0, 1, "PER"), (2, 3, "NEW")]


@pytest.mark.parametrize("label", ["A B", "A-B", "A\u00a0B", "A\u200bB", "A" * 51])
def test_a_new_label_must_be_writable(read: Read, label: str) -> None:
    row = f'{{"source": ["a"], "entities": [[0, 1, "{label}"]]}}'
    assert "must be one word of at most 50 signs without hyphens" in bad(read(row, add_labels=True))[0][1]


# --- files that are not what they are said to be


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "pairs is empty"),
        (b"\xef\xbb\xbf", "pairs is empty"),
        ("a\tb\n".encode("utf-16"), "pairs is UTF-16; save it as UTF-8"),
        (b"\x1f\x8b\x08\x00abc", "pairs is gzip-compressed"),
        (b"PK\x03\x04abcdef", "pairs is a zip archive"),
        ('[{"source": "a"}]', "pairs is a JSON list"),
        ("just text\n", "pairs is neither JSONL"),
    ],
)
def test_it_refuses_files_that_are_something_else(read: Read, content: object, message: str) -> None:
    with pytest.raises(UnreadableFile, match=message):
        read(content)

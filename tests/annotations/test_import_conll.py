"""CoNLL files to records: columns, schemes, comments, and the line and reason of what is refused."""

from pathlib import Path

import pytest

from annotations.imports.detect import describe, settle
from annotations.imports.records import ImportFiles, ImportOptions, InputFile, PairRecord, UnreadableFile
from import_records import Read, bad, spans

SOURCE = "Ana B-PER\nlives O\nin O\nNew B-LOC\nYork I-LOC\n\nShe O\nsings O\n"


def test_it_pairs_a_labelled_source_with_target_lines(read: Read) -> None:
    first, second = read(source=SOURCE, target="Ana vive en Nueva York\nCanta.\n")
    assert first.source.tokens == ["Ana", "lives", "in", "New", "York"]
    assert first.source.text == "Ana lives in New York"
    assert spans(first.source) == [(0, 1, "PER"), (3, 5, "LOC")]
    assert spans(first.target) is None
    assert (first.line, second.line) == (1, 7)
    assert spans(second.source) == []
    assert second.target.tokens == ["Canta", "."]


@pytest.mark.parametrize(
    ("scheme", "tags"),
    [
        ("IOB2", "B-PER B-PER I-PER O B-LOC"),
        ("IOB1", "I-PER B-PER I-PER O I-LOC"),
        ("IOBES", "S-PER B-PER E-PER O S-LOC"),
        ("BILOU", "U-PER B-PER L-PER O U-LOC"),
    ],
)
def test_it_recognises_the_tagging_scheme(read: Read, tmp_path: Path, scheme: str, tags: str) -> None:
    content = "".join(f"w{i} {tag}\n" for i, tag in enumerate(tags.split()))
    (record,) = read(source=content)
    assert spans(record.source) == [(0, 1, "PER"), (1, 3, "PER"), (4, 5, "LOC")]
    files = ImportFiles(source=InputFile(tmp_path / "source", "source"))
    assert describe(settle(files, ImportOptions("en", "es")), files) == f"source: CoNLL, {scheme}"


def test_it_takes_the_scheme_that_is_asked_for(read: Read) -> None:
    orphan = "a O\nb I-PER\nc O\n"
    assert bad(read(source=orphan, source_scheme="IOB2")) == [
        (2, "tag 'I-PER' at token 1: nothing to continue")
    ]
    (record,) = read(source=orphan, source_scheme="conlleval")
    assert spans(record.source) == [(1, 2, "PER")]


@pytest.mark.parametrize("separator", [" ", "\t", "   "])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_it_reads_four_columns_and_documents(read: Read, separator: str, end: str, start: str) -> None:
    rows = ["-DOCSTART- -X- O O", "", "EU NNP I-NP B-ORG", "rejects VBZ I-VP O", ""]
    rows += ["-DOCSTART- -X- O O", "", "Peter NNP I-NP B-PER"]
    content = start + end.join(row.replace(" ", separator) for row in rows)
    first, second = read(target=content)
    assert (first.target.tokens, spans(first.target)) == (["EU", "rejects"], [(0, 1, "ORG")])
    assert (first.document, second.document) == ("target-1", "target-2")
    assert not first.source.text


def test_it_reads_ids_documents_domain_and_text_from_comments(read: Read) -> None:
    heading = "# newdoc id = d7\n# domain = news\n# sent_id = s1\n# text = Don't go\n"
    first, second = read(source=f"{heading}Do O\nn't O\ngo O\n\n# id = s2\nAna B-PER\n", source_kind="conll")
    assert (first.external_id, first.document, first.domain) == ("s1", "d7", "news")
    assert (first.source.text, first.source.tokens) == ("Don't go", ["Do", "n't", "go"])
    assert (second.external_id, second.document, second.domain) == ("s2", "d7", "news")


def test_a_hash_can_be_a_token(read: Read) -> None:
    (record,) = read(source="# O\n1 O\n", source_kind="conll")
    assert record.source.tokens == ["#", "1"]


def test_it_takes_the_columns_that_are_asked_for(read: Read) -> None:
    (record,) = read(source="1\tB-PER\tAna\n2\tO\tsings\n", token_column=3, tag_column=2, source_kind="conll")
    assert (record.source.tokens, spans(record.source)) == (["Ana", "sings"], [(0, 1, "PER")])
    (record,) = read(source="Ana x\nsings y\n", tag_column=0, source_kind="conll")
    assert (record.source.tokens, spans(record.source)) == (["Ana", "sings"], None)


def test_tokens_keep_their_code_points(read: Read) -> None:
    odd = ["a\u00a0b", "c\u2028d", "e\u0301", "\u0085", "\ufeff", "10 000"]
    (record,) = read(target="".join(f"{token}\tO\n" for token in odd), target_kind="conll")
    assert record.target.tokens == odd


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        ("Ana B-PER\nsings\n\nx O\n", 2, "1 columns where the file has 2"),
        ("Ana B_PER\nsings O\n\nx O\n", 1, "tag 'B_PER' at token 0 is neither O nor PREFIX-LABEL"),
        ("Ana O\nsings I-PER\n\nx O\n\ny B-PER\n", 2, "tag 'I-PER' at token 1: nothing to continue"),
        ("a S-PER\nb B-PER\n\nx S-PER\n", 2, "the PER entity that starts at token 1 has no end"),
        ("Ana B-CITY\n\nx O\n", 1, "the label 'CITY' is not one of the project's (PER, LOC, ORG, MISC)"),
        ("a O\n-DOCSTART- O\nb O\n\nx O\n", 2, "-DOCSTART- inside a sentence"),
        (b"a O\nc\xe9 O\n\nx O\n", 2, "byte 0xE9 at position 2 of the line is not UTF-8"),
        (b"a O\nb\0 O\n\nx O\n", 2, "a NUL character at position 2 of the line"),
        (b"a O\rb O\n\nx O\n", 1, "a carriage return inside the line"),
        ("w O\n" * 1101 + "\nx O\n", 1, "more than 1,100 lines without a blank line"),
        ("w O\n" * 1001 + "\nx O\n", 1, "the source has 1,001 tokens; at most 1,000 are allowed"),
        ("# text = Bob\nAna O\n\nx O\n", 2, "# text = : token 1 ('Ana') is not in the text"),
    ],
)
def test_it_names_the_bad_line_of_a_conll_file(read: Read, content: object, line: int, reason: str) -> None:
    records = read(source=content, source_kind="conll")
    ((bad_line, bad_reason),) = bad(records)
    assert (bad_line, bad_reason[: len(reason)]) == (line, reason)
    assert [record.source.tokens for record in records if isinstance(record, PairRecord)][0] == ["x"]


def test_a_bad_sentence_keeps_its_place(read: Read) -> None:
    records = read(source="a I-PER\nb O\n\nc B-PER\n\nd O\n", target="1\n2\n\n", one_sided=True)
    assert bad(records) == [(1, "tag 'I-PER' at token 0: nothing to continue")]
    assert [(r.source.text, r.target.text) for r in records[1:]] == [("c", "2"), ("d", "")]


def test_it_refuses_files_of_unequal_length(read: Read) -> None:
    with pytest.raises(UnreadableFile, match=r"target has a sentence 3 \(line 3\) but source ends after 2"):
        read(source=SOURCE, target="uno\ndos\ntres\n")

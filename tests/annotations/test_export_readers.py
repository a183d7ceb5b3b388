"""Other people's readers take what we write: spaCy's converter, seqeval, and whoever splits at spaces."""

import subprocess
import sys
from pathlib import Path

import pytest

from annotations.export.conll import docstart_line, header_line, sentence_lines
from annotations.export.options import ExportOptions
from workers.conll import read_conll
from workers.spans import Entity

SENTENCES = [
    (["Ana", "Ruiz", "vive", "en", "Nueva", "York", "."], [Entity(0, 2, "PER"), Entity(4, 6, "LOC")]),
    (["没有", "名字", "。"], []),
    (["#", "1", "وقال", "e\u0301", "👩\u200d👧"], [Entity(2, 3, "ORG"), Entity(3, 5, "ORG")]),
]
FORMATS = [("conll2003", "IOB2"), ("conll2003", "BILOU"), ("conll2002", "IOB2"), ("conll2002", "IOB1")]


def file_of(options: ExportOptions, *, path: Path) -> Path:
    """What an export with these options writes for the sentences: two documents."""
    text = header_line(options, language="es") if options.header else ""
    for number, (tokens, entities) in enumerate(SENTENCES):
        if options.docstart and number in (0, 2):
            text += docstart_line(options)
        text += sentence_lines(tokens, entities, options)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize(("format", "scheme"), FORMATS)
def test_spacys_converter_reads_it(tmp_path: Path, format: str, scheme: str, header: bool) -> None:
    from spacy.training.converters import conll_ner_to_docs

    options = ExportOptions(format=format, scheme=scheme, header=header, docstart=format == "conll2003")
    text = file_of(options, path=tmp_path / "x.conll").read_text(encoding="utf-8")
    docs = list(conll_ner_to_docs(text, n_sents=0, no_print=True))
    sentences = [sentence for doc in docs for sentence in doc.sents]
    if header:
        assert sentences[0].text.startswith("#projector:")
        assert not sentences[0].ents
        sentences = sentences[1:]
    assert [[token.text for token in sentence] for sentence in sentences] == [
        tokens for tokens, _ in SENTENCES
    ]
    found = [
        [(ent.start - sentence.start, ent.end - sentence.start, ent.label_) for ent in sentence.ents]
        for sentence in sentences
    ]
    assert found == [[(e.start, e.end, e.label) for e in entities] for _, entities in SENTENCES]
    if format == "conll2003":
        assert len(docs) == 2 + header


def test_spacys_command_converts_it(tmp_path: Path) -> None:
    path = file_of(ExportOptions(), path=tmp_path / "names.es.conll")
    command = [sys.executable, "-m", "spacy", "convert", str(path), str(tmp_path), "-c", "ner"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr

    import spacy
    from spacy.tokens import DocBin

    docs = list(DocBin().from_disk(tmp_path / "names.es.spacy").get_docs(spacy.blank("xx").vocab))
    assert [ent.text for doc in docs for ent in doc.ents] == [
        "Ana Ruiz",
        "Nueva York",
        "وقال",
        "e\u0301 👩\u200d👧",
    ]


@pytest.mark.parametrize("scheme", ["IOB2", "IOB1", "IOBES", "BILOU"])
@pytest.mark.parametrize("format", ["conll2003", "conll2002"])
def test_seqeval_reads_it(tmp_path: Path, format: str, scheme: str) -> None:
    from seqeval.scheme import BILOU, IOB1, IOB2, IOBES, Entities

    path = file_of(ExportOptions(format=format, scheme=scheme), path=tmp_path / "x.conll")
    blocks = path.read_text(encoding="utf-8").strip("\n").split("\n\n")
    tags = [[line.split(" ")[-1] for line in block.split("\n")] for block in blocks]
    schemes = {"IOB2": IOB2, "IOB1": IOB1, "IOBES": IOBES, "BILOU": BILOU}
    found = Entities(tags, schemes[scheme]).entities
    by_block = [[(e.start, e.end, e.tag) for e in entities] for entities in found]
    assert by_block[0] == []
    assert [
        spans for spans, block in zip(by_block, blocks, strict=True) if block[0] not in "#-" or "\n" in block
    ] == [[(e.start, e.end, e.label) for e in entities] for _, entities in SENTENCES]


@pytest.mark.parametrize("format", ["conll2003", "conll2002"])
def test_every_line_has_the_same_columns(tmp_path: Path, format: str) -> None:
    path = file_of(ExportOptions(format=format), path=tmp_path / "x.conll")
    lines = [line for line in path.read_text(encoding="utf-8").split("\n") if line]
    assert {len(line.split()) for line in lines} == {4 if format == "conll2003" else 2}


def test_the_readers_of_the_commands_read_it(tmp_path: Path) -> None:
    path = file_of(ExportOptions(scheme="BILOU"), path=tmp_path / "x.conll")
    assert [(s.tokens, s.entities) for s in read_conll(path)] == SENTENCES

"""What is fuzzed: every reader of text that people bring, as a function of bytes.

A target may refuse its input with the errors that it documents. Anything else that it raises, or a record
that the database would not take, is a finding.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from annotations.export.options import parse_split
from annotations.imports.check import Rules, checked
from annotations.imports.detect import open_records, settle
from annotations.imports.jsonl import parse_object
from annotations.imports.records import (
    BadLine,
    BadText,
    ImportFiles,
    ImportOptions,
    InputFile,
    PairRecord,
    UnreadableFile,
)
from annotations.imports.rejected import collecting
from annotations.imports.rows import row_maker
from annotations.label_map import read_label_map
from annotations.languages import canonical_tag, get_language
from workers.conll import ConllError, read_conll, write_conll
from workers.field.readers import read_field_folder
from workers.iob2 import SCHEMES, TagError, entities_to_tags, guess_scheme, tags_to_entities
from workers.language_codes import LanguageNotServed, find_code
from workers.markers import choose_markers, read_markers
from workers.pharaoh import PharaohError, links_to_pharaoh, pharaoh_to_links
from workers.project.files import LinksError, SentencePair, read_links
from workers.sentences import split_sentences
from workers.spans import check_entities
from workers.text_lines import LineError, read_line_pairs
from workers.tokens import tokenize
from workers.training.data import describe, read_training_file

SEPARATOR = b"\n%%%%\n"  # between the files of a target that reads two
MAX_LINE_BYTES = 400


@contextmanager
def files_of(content: bytes, *names: str) -> Iterator[list[Path]]:
    """The content as files, cut at SEPARATOR; what is missing is empty."""
    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        parts = content.split(SEPARATOR, len(names) - 1)
        paths = [Path(folder, name) for name in names]
        for number, path in enumerate(paths):
            path.write_bytes(parts[number] if number < len(parts) else b"")
        yield paths


def _memory() -> str | None:
    """A folder in memory where the system has one: a hundred thousand files are not for a disk."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108


def check_import(files: ImportFiles, folder: Path, *, n_lines: int, **chosen: object) -> None:
    options = ImportOptions("en", "es", max_line_bytes=MAX_LINE_BYTES, max_tokens=50, **chosen)  # type: ignore[arg-type]
    try:
        options = settle(files, options)
        rules = Rules.of("en", ["PER", "LOC"], options)
        with collecting(folder / "rejected.zip") as rejected:
            for record in checked(open_records(files, options), rules):
                assert 1 <= record.line <= n_lines, record.line
                if isinstance(record, BadLine):
                    assert record.reason
                    rejected.add(record)
                else:
                    check_record(record)
    except UnreadableFile as error:
        assert str(error)


def check_record(record: PairRecord) -> None:
    """The record is what the tables promise to hold."""
    for side in (record.source, record.target):
        assert side.offsets == sorted(side.offsets)
        assert all(side.tokens)
        assert not side.offsets or side.offsets[-1] <= len(side.text)
        check_entities(side.entities or [], side.n_tokens)
    row = "".join(map(str, row_maker(1, 1)(record)))
    assert "\0" not in row
    row.encode()  # no half of a surrogate pair
    json.dumps(record.meta, allow_nan=False)


def import_pairs(content: bytes) -> None:
    for chosen in ("jsonl", "tsv", "auto"):
        with files_of(content, "pairs") as [path]:
            files = ImportFiles(pairs=InputFile(path, "pairs"))
            check_import(files, path.parent, n_lines=content.count(b"\n") + 1, format=chosen, add_labels=True)


def import_sides(content: bytes) -> None:
    for kind in ("conll", "lines", "auto"):
        with files_of(content, "source", "target") as [source, target]:
            files = ImportFiles(source=InputFile(source, "source"), target=InputFile(target, "target"))
            kinds = {"source_kind": kind, "target_kind": kind, "one_sided": kind == "lines"}
            check_import(files, source.parent, n_lines=content.count(b"\n") + 1, **kinds)


def import_one_side(content: bytes) -> None:
    for scheme in ("conlleval", "BILOU"):
        with files_of(content, "target") as [path]:
            files = ImportFiles(target=InputFile(path, "target"))
            chosen = {"target_kind": "conll", "target_scheme": scheme, "token_column": 1, "tag_column": 2}
            check_import(files, path.parent, n_lines=content.count(b"\n") + 1, **chosen)


def json_object(content: bytes) -> None:
    with suppress(BadText):
        value = parse_object(content.decode(errors="replace"))
        assert isinstance(value, dict)


def conll_of_commands(content: bytes) -> None:
    with files_of(content, "x.conll") as [path]:
        for lenient in (False, True):
            try:
                sentences = read_conll(path, lenient=lenient)
            except ConllError as error:
                assert str(error).startswith(f"{path}:")
                continue
            if lenient or not sentences or sentences[0].tags is None:
                continue
            again = path.with_name("again.conll")
            with again.open("w", encoding="utf-8", newline="\n") as output:
                write_conll(output, [(s.tokens, s.entities) for s in sentences])
            if not any(
                " " in token or token.startswith(("#", "-DOCSTART-")) for s in sentences for token in s.tokens
            ):
                found = read_conll(again)
                assert [s.tokens for s in found] == [s.tokens for s in sentences]
                assert [s.entities for s in found] == [s.entities for s in sentences]


def iob2(content: bytes) -> None:
    tags = content.decode(errors="replace").split(" ")
    tags_to_entities(tags, lenient=True) if all(_is_tag(tag) for tag in tags) else None
    for scheme in SCHEMES:
        with suppress(TagError):
            entities = tags_to_entities(tags, scheme)
            check_entities(entities, len(tags))
            again = entities_to_tags(entities, len(tags), scheme)
            assert tags_to_entities(again, scheme) == entities
    with suppress(TagError):
        guess_scheme([tags])


def _is_tag(tag: str) -> bool:
    try:
        tags_to_entities([tag], lenient=True)
    except TagError:
        return False
    return True


def pharaoh(content: bytes) -> None:
    line = content.decode(errors="replace")
    with suppress(PharaohError):
        links = pharaoh_to_links(line)
        assert (pharaoh_to_links(links_to_pharaoh(links)) == links).all()
    with suppress(PharaohError):
        links = pharaoh_to_links(line, n_source=5, n_target=7)
        assert not len(links) or (links.max(axis=0) < (5, 7)).all()


def links_file(content: bytes) -> None:
    pairs = [SentencePair(["a", "b"], ["c", "d", "e"], [])] * (content.count(b"\n") or 1)
    with files_of(content, "links") as [path]:
        try:
            read_links(path, pairs)
        except LinksError as error:
            assert str(error).startswith(f"{path}:")


def line_pairs(content: bytes) -> None:
    with files_of(content, "source", "target") as [source, target], suppress(LineError):
        for _, one, other in read_line_pairs(source, target):
            f"{one}{other}".encode()


def training_file(content: bytes) -> None:
    with files_of(content, "x.jsonl", "x.conll") as [rows, conll]:
        for path, candidates in ((rows, None), (conll, None), (conll, rows)):
            try:
                sentences = read_training_file(path, candidates=candidates)
            except ValueError as error:
                assert str(error).startswith((f"{path}:", f"{rows}:"))
                continue
            for sentence in sentences:
                "".join(sentence.tokens).encode()
                assert len(sentence.tags) == len(sentence.tokens)
                assert all(0.0 <= entity.score <= 1.0 for entity in sentence.entities)
            describe(sentences)


def field_corpus(content: bytes) -> None:
    with files_of(content, "es.conll", "en.conll") as [path, _], suppress(ValueError):
        for corpus in read_field_folder(path.parent):
            for tokens, entities in zip(corpus.tokens, corpus.gold, strict=True):
                check_entities(entities, len(tokens))


def label_map(content: bytes) -> None:
    with suppress(ValueError):
        for own, new in read_label_map(content.decode(errors="replace")).items():
            assert own
            assert new


def language_tag(content: bytes) -> None:
    text = content.decode(errors="replace")
    with suppress(ValueError):
        tag = canonical_tag(text)
        assert canonical_tag(tag) == tag
        get_language(tag)
    with suppress(LanguageNotServed, ValueError):
        find_code(text, ["spa_Latn", "eng_Latn", "swh_Latn"], model="x")


def split_of_export(content: bytes) -> None:
    with suppress(ValueError):
        shares = parse_split(content.decode(errors="replace"))
        assert abs(sum(shares.values()) - 1) < 1e-6


def text(content: bytes) -> None:
    """Tokens and sentences of any text, in languages with and without spaces; markers of a translation."""
    words = content.decode(errors="replace").replace("\0", "")
    for language in ("en", "zh", "th", "ar", "xx"):
        offsets = tokenize(words, language)
        assert offsets == sorted(offsets)
        pieces = split_sentences(words, language)
        assert all(piece.start < piece.end for piece in pieces)
    markers = choose_markers(words[: len(words) // 2])
    if markers is not None:
        read_markers(words, markers, source=words[: len(words) // 2], n_expected=2)


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target
    for target in (
        import_pairs,
        import_sides,
        import_one_side,
        json_object,
        conll_of_commands,
        iob2,
        pharaoh,
        links_file,
        line_pairs,
        training_file,
        field_corpus,
        label_map,
        language_tag,
        split_of_export,
        text,
    )
}

"""A file for each side, paired by position; or a file for one side only. Each is CoNLL or plain lines."""

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import PurePath

from annotations.imports.conll import Columns, read_conll
from annotations.imports.records import (
    SOURCE,
    TARGET,
    BadLine,
    ImportFiles,
    ImportOptions,
    InputFile,
    PairRecord,
    Records,
    Side,
    UnreadableFile,
)
from annotations.imports.sentences import Sentence, Sentences, read_plain

CONLL, LINES = "conll", "lines"

# The same place in both files: a sentence, a bad one, or nothing because the file has ended.
_Places = tuple[Sentence | BadLine | None, Sentence | BadLine | None]


def read_parallel(files: ImportFiles, options: ImportOptions) -> Records:
    """One record for every sentence, in order.

    Raises UnreadableFile when one file ends before the other: then no pairing can be trusted.
    """
    if files.source and files.target:
        return _read_both(files.source, files.target, options)
    if files.source:
        return _read_one(files.source, SOURCE, options)
    if files.target:
        return _read_one(files.target, TARGET, options)
    raise ValueError("a file for the source, for the target, or for both is needed")


def _read_both(source_file: InputFile, target_file: InputFile, options: ImportOptions) -> Records:
    sources = _sentences(source_file, SOURCE, options, blank_end=True)
    targets = _sentences(target_file, TARGET, options, blank_end=True)
    for number, (source, target) in enumerate(_until_blank_end(zip_longest(sources, targets)), 1):
        if source is None:
            raise _too_short(source_file, target_file, number, target)
        if target is None:
            raise _too_short(target_file, source_file, number, source)
        raw = source.raw + target.raw
        if isinstance(source, BadLine):
            yield BadLine(source.file, source.line, source.reason, raw)
        elif isinstance(target, BadLine):
            yield BadLine(target.file, target.line, target.reason, raw)
        else:
            yield _pair(source, target, (source_file.name, target_file.name), options)


def _until_blank_end(pairs: Iterable[_Places]) -> Iterator[_Places]:
    """The pairs up to the last one that has anything in it: files may end in blank lines, in any number."""
    blanks: list[_Places] = []
    for pair in pairs:
        if all(place is None or (isinstance(place, Sentence) and not place.side.text) for place in pair):
            blanks.append(pair)
            continue
        yield from blanks
        blanks.clear()
        yield pair


def _read_one(file: InputFile, name: str, options: ImportOptions) -> Records:
    for sentence in _sentences(file, name, options):
        if isinstance(sentence, BadLine):
            yield sentence
        elif not sentence.side.offsets:
            yield BadLine(file.name, sentence.line, "the sentence is empty", sentence.raw)
        else:
            sides = (sentence.side, Side()) if name == SOURCE else (Side(), sentence.side)
            yield _record(sentence, sides, file.name, sentence, options)


def _pair(
    source: Sentence, target: Sentence, names: tuple[str, str], options: ImportOptions
) -> PairRecord | BadLine:
    raw = source.raw + target.raw
    source_file, target_file = names
    if not options.one_sided:
        for sentence, name in zip((source, target), names, strict=True):
            if not sentence.side.offsets:
                return BadLine(name, sentence.line, "the sentence is empty", raw)
    if source.document_number and target.document_number and source.document_number != target.document_number:
        reason = (
            f"document {source.document_number} of {source_file} meets document {target.document_number} "
            f"of {target_file} (line {target.line}); the files are out of step"
        )
        return BadLine(source_file, source.line, reason, raw)
    leading = source if source.document_number else target
    record = _record(source, (source.side, target.side), source_file, leading, options)
    record.raw = raw
    record.external_id = source.external_id or target.external_id
    return record


def _record(
    sentence: Sentence, sides: tuple[Side, Side], file: str, leading: Sentence, options: ImportOptions
) -> PairRecord:
    """leading: the sentence whose file knows the documents. A document without a name gets a number; the
    name of the file shows in it, but makes no difference to whether a pair was imported before."""
    numbered = f"{PurePath(file).stem}-{leading.document_number}" if leading.document_number else ""
    return PairRecord(
        file=file,
        line=sentence.line,
        raw=sentence.raw,
        source=sides[0],
        target=sides[1],
        source_language=options.source_language,
        target_language=options.target_language,
        external_id=sentence.external_id,
        document=leading.document or numbered,
        document_key=leading.document or f"#{leading.document_number}",
        domain=leading.domain or options.domain,
    )


def _sentences(file: InputFile, name: str, options: ImportOptions, *, blank_end: bool = False) -> Sentences:
    is_source = name == SOURCE
    if (options.source_kind if is_source else options.target_kind) == LINES:
        return read_plain(
            file,
            options.source_language if is_source else options.target_language,
            tokenized=options.tokenized,
            max_line_bytes=options.max_line_bytes,
            blank_end=blank_end,
        )
    return read_conll(
        file,
        columns=Columns(options.token_column, options.tag_column),
        scheme=options.source_scheme if is_source else options.target_scheme,
        max_tokens=options.max_tokens,
        max_line_bytes=options.max_line_bytes,
    )


def _too_short(
    short: InputFile, long: InputFile, number: int, surplus: Sentence | BadLine | None
) -> UnreadableFile:
    line = f" (line {surplus.line})" if surplus else ""
    return UnreadableFile(
        f"{long.name} has a sentence {number}{line} but {short.name} ends after {number - 1}; "
        "files that are paired by position must have the same number of sentences"
    )

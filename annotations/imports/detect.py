"""What a file is, asked of the file: format, kind, tagging scheme. The answer can be overruled."""

from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import Any

from django.utils.translation import gettext_lazy as _

from annotations.imports.conll import LENIENT, Columns, guess_file_scheme, looks_like_conll
from annotations.imports.jsonl import read_jsonl
from annotations.imports.lines import open_bytes, read_lines
from annotations.imports.parallel import CONLL, LINES, read_parallel
from annotations.imports.records import ImportFiles, ImportOptions, InputFile, Records, UnreadableFile
from annotations.imports.tsv import read_tsv
from workers.iob2 import SCHEMES

AUTO, JSONL, TSV, PARALLEL = "auto", "jsonl", "tsv", "parallel"
FORMATS: dict[str, Any] = {
    JSONL: _("JSONL: one object a line"),
    TSV: _("TSV: source and target between tabs"),
    PARALLEL: _("A file for each side, or for one side only"),
}
KINDS: dict[str, Any] = {
    CONLL: _("CoNLL: a token and its tag on a line"),
    LINES: _("Plain text: a sentence on a line"),
}
SCHEME_CHOICES: dict[str, Any] = {name: name for name in SCHEMES} | {
    LENIENT: _("IOB2 as conlleval reads it: an I- tag that continues nothing begins an entity")
}
_READERS: dict[str, Callable[[InputFile, ImportOptions], Records]] = {JSONL: read_jsonl, TSV: read_tsv}


def open_records(files: ImportFiles, options: ImportOptions) -> Records:
    """Records and bad lines of the files, in order. Options must be settled. Raises UnreadableFile."""
    if options.format == PARALLEL:
        return read_parallel(files, options)
    if files.pairs is None:
        raise ValueError(f"{options.format} needs one file of pairs")
    return _READERS[options.format](files.pairs, options)


def settle(files: ImportFiles, options: ImportOptions) -> ImportOptions:
    """The options with every "auto" replaced by what the files look like. Raises UnreadableFile."""
    if files.pairs:
        chosen = _pairs_format(files.pairs, options) if options.format == AUTO else options.format
        return replace(options, format=chosen)
    for side, file in (("source", files.source), ("target", files.target)):
        if file is not None:
            options = _settle_side(side, file, options)
    return replace(options, format=PARALLEL)


def describe(options: ImportOptions, files: ImportFiles) -> str:
    """Settled options in words, for people: what was detected."""
    if options.format != PARALLEL:
        return str(FORMATS[options.format])
    said = []
    for side, file in (("source", files.source), ("target", files.target)):
        if file is not None:
            kind, scheme = getattr(options, f"{side}_kind"), getattr(options, f"{side}_scheme")
            said.append(f"{side}: CoNLL, {scheme}" if kind == CONLL else f"{side}: plain text")
    return "; ".join(said)


def _settle_side(side: str, file: InputFile, options: ImportOptions) -> ImportOptions:
    kind = getattr(options, f"{side}_kind")
    if kind == AUTO:
        kind = CONLL if looks_like_conll(file, max_line_bytes=options.max_line_bytes) else LINES
    scheme = getattr(options, f"{side}_scheme")
    if kind == CONLL and scheme == AUTO:
        scheme = guess_file_scheme(
            file,
            columns=Columns(options.token_column, options.tag_column),
            max_tokens=options.max_tokens,
            max_line_bytes=options.max_line_bytes,
        )
    return replace(options, **{f"{side}_kind": kind, f"{side}_scheme": scheme})


def _pairs_format(file: InputFile, options: ImportOptions) -> str:
    """JSONL when the first line opens an object, TSV when it has a tab."""
    with open_bytes(file) as content:
        for line in islice(read_lines(content, max_bytes=options.max_line_bytes), 20):
            if line.text.lstrip().startswith("{"):
                return JSONL
            if "\t" in line.text:
                return TSV
            if line.text.lstrip().startswith("["):
                raise UnreadableFile(f"{file.name} is a JSON list; write one object a line (JSONL)")
    raise UnreadableFile(
        f"{file.name} is neither JSONL (a line begins with {{) nor TSV (a line has a tab); "
        "give plain text or CoNLL as a file for the source or the target"
    )

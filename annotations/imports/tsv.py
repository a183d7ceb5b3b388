"""TSV: source and target between tabs, one pair a line; or a header line that names the columns.

Cells are taken as they are: there is no quoting, so a quotation mark is a quotation mark.
"""

from annotations.imports.lines import open_bytes, read_lines
from annotations.imports.records import (
    SOURCE,
    TARGET,
    BadLine,
    BadText,
    ImportOptions,
    InputFile,
    PairRecord,
    Raw,
    Records,
    Side,
    side_of_text,
)

_PLAIN = [SOURCE, TARGET]
_OWN = {SOURCE, TARGET, "id", "document", "domain"}


def read_tsv(file: InputFile, options: ImportOptions) -> Records:
    """One record for every line after the header, in order."""
    columns: list[str] = []
    with open_bytes(file) as content:
        for line in read_lines(content, max_bytes=options.max_line_bytes):
            raw: Raw = ((file.name, line.raw),)
            try:
                if line.problem or line.is_blank:
                    raise BadText(line.problem or "the line is empty")
                cells = line.text.split("\t")
                if not columns:
                    columns = _columns(cells)
                    if columns is not _PLAIN:
                        continue
                yield _record(columns, cells, file.name, line.number, raw, options)
            except BadText as error:
                yield BadLine(file.name, line.number, str(error), raw)


def _columns(cells: list[str]) -> list[str]:
    """The columns that a first line names, or source and target when it is a pair itself."""
    names = [cell.strip().lower() for cell in cells]
    if {SOURCE, TARGET} & set(names) and len(set(names)) == len(names):
        return names
    return _PLAIN


def _record(
    columns: list[str], cells: list[str], file: str, line: int, raw: Raw, options: ImportOptions
) -> PairRecord:
    if len(cells) != len(columns):
        named = ", ".join(columns)
        raise BadText(f"{len(cells)} columns where {len(columns)} are expected ({named})")
    row = dict(zip(columns, cells, strict=True))
    document = row.get("document", "")
    return PairRecord(
        file=file,
        line=line,
        raw=raw,
        source=_side(row, SOURCE, options.source_language, options),
        target=_side(row, TARGET, options.target_language, options),
        source_language=options.source_language,
        target_language=options.target_language,
        external_id=row.get("id", ""),
        document=document,
        document_key=document,
        domain=row.get("domain", "") or options.domain,
        meta={name: cell for name, cell in row.items() if name not in _OWN and cell},
    )


def _side(row: dict[str, str], name: str, language: str, options: ImportOptions) -> Side:
    text = row.get(name)
    if text is None:
        return Side()
    if not text.strip():
        if options.one_sided:
            return Side()
        raise BadText(f"the {name} is empty")
    return side_of_text(text, language, tokenized=options.tokenized)

"""An export from end to end: records to files, files parsed back and compared, a sidecar that says it all."""

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import msgspec
from django.utils.text import slugify

from annotations.export import conll, jsonl
from annotations.export.files import OutputFile, Place, check_file
from annotations.export.losses import NO_SOURCE, UNSAFE, Losses
from annotations.export.options import JSONL, ExportOptions, part_of
from annotations.export.record import ExportRecord
from annotations.export.records import read_records
from annotations.models import Project
from annotations.tables import safe_cell

SIDECAR = "export.json"
MAX_FILES = 300


class NothingToExport(ValueError):
    """No sentence is gold (or silver) and in what was asked for."""


class Exporter:
    """Writes the records of one export into a folder.

    Each record goes to the file of its language, and of its domain and part where these are asked for.
    """

    def __init__(self, project: Project, options: ExportOptions, folder: Path, stack: ExitStack) -> None:
        self.options, self.folder, self.losses = options, folder, Losses()
        self.signatures: Counter[tuple[int | None, str]] = Counter()
        self.outputs: dict[Place, OutputFile] = {}
        self._indexes: dict[Place, TextIO] = {}
        self._stack = stack
        self._stem = slugify(project.name) or f"project-{project.pk}"

    def add(self, record: ExportRecord) -> None:
        if self.options.source and not record.source.offsets:
            self.losses.add(NO_SOURCE, pair=record.pair.pk)
            return
        self.signatures[record.run_id, record.signature] += 1
        place = self._place(record)
        if self.options.format == JSONL:
            line = jsonl.record_line(record, self.options)
            output = self._output(place)
            output.begins_document(record.pair.document)
            output.add(line, record.target.tokens, record.target.entities, record.kind)
            return
        self._add_sentence(place, record)
        if self.options.source:
            self._add_sentence(Place(place.language, place.domain, place.part, "source"), record)

    def _add_sentence(self, place: Place, record: ExportRecord) -> None:
        sentence = record.source if place.side == "source" else record.target
        pair = record.pair
        tokens, entities = conll.writable(sentence.tokens, sentence.entities, pair.pk, self.losses)
        text = conll.sentence_lines(tokens, entities, self.options)
        output = self._output(place)
        if output.begins_document(pair.document) and self.options.docstart:
            text = conll.docstart_line(self.options) + text
        output.add(text, tokens, entities, record.kind)
        if place.side == "target":
            names = [pair.external_id, pair.document, pair.domain]
            if UNSAFE.search("".join(names)):
                names = [UNSAFE.sub(" ", name) for name in names]
            cells = (str(len(output.digests)), *map(safe_cell, names), record.kind, str(pair.pk))
            self._indexes[place].write("\t".join(cells) + "\n")

    def _place(self, record: ExportRecord) -> Place:
        options = self.options
        return Place(
            record.pair.target_language,
            (record.pair.domain or "none") if options.per_domain else "",
            part_of(record.split_key, options.split, options.seed) if options.split else "",
        )

    def _output(self, place: Place) -> OutputFile:
        if place in self.outputs:
            return self.outputs[place]
        if len(self.outputs) == MAX_FILES:
            raise ValueError(
                f"this would make more than {MAX_FILES} files; export fewer domains or languages"
            )
        is_jsonl = self.options.format == JSONL
        path = self.folder / place.file_name(self._stem, "jsonl" if is_jsonl else "conll")
        output = OutputFile(path, place, self._open(path))
        self.outputs[place] = output
        if not is_jsonl and self.options.header:
            facts = {
                "language": place.language,
                "side": place.side,
                "domain": place.domain,
                "part": place.part,
            }
            output.file.write(conll.header_line(self.options, **facts))
        if not is_jsonl and place.side == "target":
            self._indexes[place] = self._open(path.with_suffix(".ids.tsv"))
            self._indexes[place].write("sentence\tid\tdocument\tdomain\tkind\tpair\n")
        return output

    def _open(self, path: Path) -> TextIO:
        return self._stack.enter_context(path.open("x", encoding="utf-8", newline="\n"))


def build_export(
    project: Project,
    options: ExportOptions,
    folder: Path,
    *,
    made_by: str,
    on_progress: Callable[[int], None] | None = None,
) -> dict[str, Any]:
    """Write the files and `export.json` into an empty folder, and return what `export.json` says.

    To be called in one transaction. Raises NothingToExport; ExportDamaged when a file does not read back.
    """
    with ExitStack() as stack:
        exporter = Exporter(project, options, folder, stack)
        for number, record in enumerate(read_records(project, options, exporter.losses), 1):
            exporter.add(record)
            if on_progress and number % 10_000 == 0:
                on_progress(number)
    if not exporter.outputs:
        raise NothingToExport("There is nothing to export: " + _nothing(options))
    for output in exporter.outputs.values():
        check_file(output, options)
    report = msgspec.json.encode(_report(project, exporter, made_by))
    (folder / SIDECAR).write_bytes(msgspec.json.format(report, indent=2) + b"\n")
    return msgspec.json.decode(report)


def _report(project: Project, exporter: Exporter, made_by: str) -> dict[str, Any]:
    options = exporter.options
    files = [output.as_report() for output in exporter.outputs.values()]
    counted = [file for file in files if file["side"] == "target"]
    return {
        "project": project.name,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "made_by": made_by,
        "options": options,
        "kind": options.kind,
        "sentences": sum(file["sentences"] for file in counted),
        "gold": sum(file["gold"] for file in counted),
        "silver": sum(file["silver"] for file in counted),
        "shares": _shares(counted) if options.split else {},
        "files": sorted(files, key=lambda file: file["name"]),
        "signatures": [
            {"run": run, "signature": signature, "sentences": n}
            for (run, signature), n in exporter.signatures.most_common()
        ],
        "losses": exporter.losses.as_report(),
        "read_back_and_compared": True,
    }


def _shares(files: list[dict[str, Any]]) -> dict[str, float]:
    """The share of the sentences that each part really got."""
    totals: Counter[str] = Counter()
    for file in files:
        totals[file["part"]] += file["sentences"]
    return {part: round(n / totals.total(), 4) for part, n in totals.items()}


def _nothing(options: ExportOptions) -> str:
    what = "no sentence is reviewed or suggested" if options.silver else "no sentence is reviewed"
    where = [*options.languages, *options.domains]
    return f"{what} in {', '.join(where)}." if where else f"{what} yet."

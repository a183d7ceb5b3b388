"""Gap reports that are kept with a project, and the sentences behind them."""

import json
import shutil
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings

from annotations.models import GapReport, Project

REPORT, SENTENCES = "report.json", "sentences.jsonl"
FILTERS = ("system", "domain", "noise", "severity")


def save_gap_report(*, project: Project, name: str, folder: Path) -> GapReport:
    """Keep the report in `folder`, as `manage.py gap_report` wrote it, with a project.

    Raises OSError or ValueError when it is none.
    """
    report = json.loads((folder / REPORT).read_text(encoding="utf-8"))
    if "signature" not in report or "cells" not in report:
        raise ValueError(f"{folder / REPORT} is no gap report")
    kept = f"gap-reports/{uuid4().hex}"
    shutil.copytree(folder, Path(settings.MEDIA_ROOT, kept))
    return GapReport.objects.create(
        project=project,
        name=name,
        signature=report["signature"],
        report=report,
        folder=kept,
        status=GapReport.Status.DONE,
    )


def report_files(report: GapReport) -> list[Path]:
    """The report's files, sorted by name; none when they were removed. Hidden ones are the workers' own."""
    folder = Path(settings.MEDIA_ROOT, report.folder)
    shown = (path for path in folder.glob("[!.]*") if path.is_file())
    return sorted(shown) if folder.is_dir() else []


def faulty_sentences(
    report: GapReport, wanted: Mapping[str, str], *, stage: str, start: int, n: int
) -> list[dict[str, Any]]:
    """n sentences that a system got wrong, from the start-th one on.

    wanted: values of FILTERS, as text; those left out allow all. stage: of a fault, "" for any.
    """
    path = Path(settings.MEDIA_ROOT, report.folder, SENTENCES)
    if not path.is_file():
        return []
    with path.open(encoding="utf-8") as file:
        rows = (json.loads(line) for line in file)
        return list(islice(_matching(rows, wanted, stage), start, start + n))


def _matching(
    rows: Iterator[dict[str, Any]], wanted: Mapping[str, str], stage: str
) -> Iterator[dict[str, Any]]:
    for row in rows:
        if any(value and str(row[name]) != value for name, value in wanted.items()):
            continue
        if stage and all(fault["stage"] != stage for fault in row["faults"]):
            continue
        yield row

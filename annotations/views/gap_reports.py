"""Pages of saved gap reports: tables and pictures, the files, and the sentences behind a number."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import render
from django.utils.datastructures import MultiValueDict
from django.views.decorators.http import require_GET

from annotations.access import get_gap_report_for
from annotations.actions.gap_reports import FILTERS, faulty_sentences, report_files
from annotations.models import GapReport
from annotations.requests import SignedInRequest

PAGE_SIZE = 30
PICTURES = {".png": "image/png"}


@require_GET
@login_required
def gap_report(request: SignedInRequest, report_id: int) -> HttpResponse:
    found = get_gap_report_for(request.user, report_id)
    files = report_files(found)
    context = {
        "project": found.project,
        "gap_report": found,
        "domains": [_domain_tables(found.report, name) for name in found.report["domains"]],
        "files": [path.name for path in files],
        "pictures": [path.name for path in files if path.suffix in PICTURES],
    }
    return render(request, "annotations/gap_report.html", context)


@require_GET
@login_required
def gap_report_file(request: SignedInRequest, report_id: int, name: str) -> FileResponse:
    """A picture to show, or another file to keep."""
    found = get_gap_report_for(request.user, report_id)
    for path in report_files(found):
        if path.name == name:
            shown = PICTURES.get(path.suffix)
            return FileResponse(
                path.open("rb"),
                as_attachment=shown is None,
                filename=name,
                content_type=shown or "text/plain",
            )
    raise Http404("no such file in the report")


@require_GET
@login_required
def gap_report_sentences(request: SignedInRequest, report_id: int) -> HttpResponse:
    """Sentences that systems got wrong, by system, domain, noise, severity and stage at fault."""
    found = get_gap_report_for(request.user, report_id)
    asked: MultiValueDict[str, str] = request.GET
    wanted = {name: asked.get(name, "") for name in FILTERS}
    page = asked.get("page", "1")
    number = max(1, int(page)) if page.isdecimal() and len(page) < 7 else 1
    stage = asked.get("stage", "")
    rows = faulty_sentences(found, wanted, stage=stage, start=(number - 1) * PAGE_SIZE, n=PAGE_SIZE + 1)
    context = {
        "project": found.project,
        "gap_report": found,
        "choices": [
            {"name": name, "values": values, "chosen": wanted.get(name, stage)}
            for name, values in _choices(found).items()
        ],
        "rows": [_shown(row) for row in rows[:PAGE_SIZE]],
        "next_page": number + 1 if len(rows) > PAGE_SIZE else None,
        "query": "&".join(f"{name}={value}" for name, value in {**wanted, "stage": stage}.items()),
    }
    return render(request, "annotations/gap_report_sentences.html", context)


def _domain_tables(report: dict[str, Any], domain: str) -> dict[str, Any]:
    """The rows of one domain: a noise at a severity, with every system's exact match and every gap."""
    systems, pairs = list(report["systems"]), report["pairs"]
    cells = {(c["noise"], c["severity"], c["system"]): c for c in report["cells"] if c["domain"] == domain}
    gaps = {
        (g["noise"], g["severity"], g["specific"], g["general"]): g
        for g in report["gaps"]
        if g["domain"] == domain
    }
    conditions = list(dict.fromkeys((noise, severity) for noise, severity, _ in cells))
    return {
        "name": domain,
        "facts": report["domains"][domain],
        "systems": systems,
        "pairs": pairs,
        "rows": [
            {
                "noise": noise,
                "severity": severity,
                "cells": [
                    _percent(cells[noise, severity, system]["jaccard"]) | {"system": system}
                    for system in systems
                ],
                "gaps": [_gap(gaps[noise, severity, specific, general]) for specific, general in pairs],
            }
            for noise, severity in conditions
        ],
    }


def _gap(row: dict[str, Any]) -> dict[str, Any]:
    """The gap with how it is to be coloured, and the difference in differences where there is noise."""
    beyond = row.get("difference_in_differences")
    shown = _percent(row["gap"])
    return shown | {
        "tone": "good" if shown["low"] > 0 else "bad" if shown["high"] < 0 else "",
        "beyond": _percent(beyond) if beyond else None,
    }


def _percent(interval: dict[str, float]) -> dict[str, float]:
    return {key: 100 * interval[key] for key in ("value", "low", "high")}


def _choices(found: GapReport) -> dict[str, list[str]]:
    report = found.report
    stages = {stage for cell in report["cells"] for stage in cell["faults"]}
    conditions = [(cell["noise"], cell["severity"]) for cell in report["cells"]]
    return {
        "system": list(report["systems"]),
        "domain": list(report["domains"]),
        "noise": list(dict.fromkeys(noise for noise, _ in conditions)),
        "severity": [str(severity) for severity in sorted({severity for _, severity in conditions})],
        "stage": sorted(stages),
    }


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """The row with the words of its entities, instead of their places."""

    def words(entities: list[list[Any]]) -> list[dict[str, str]]:
        return [{"text": " ".join(row["tokens"][a:b]), "label": label} for a, b, label in entities]

    faults = [
        {
            "stage": fault["stage"],
            "text": " ".join(row["tokens"][slice(*fault["span"])]),
            "label": fault["label"],
            "in_gold": fault["gold"],
        }
        for fault in row["faults"]
    ]
    return row | {
        "text": " ".join(row["tokens"]),
        "gold": words(row["gold"]),
        "predicted": words(row["predicted"]),
        "faults": faults,
    }

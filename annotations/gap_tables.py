"""A saved gap report as the tables of its page: exact match and gaps, what noise leaves, stages at fault."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

Report = dict[str, Any]
CLEAN = "clean"


def domain_tables(report: Report, domain: str) -> dict[str, Any]:
    """The tables of one domain. `query` of a figure leads to the sentences behind it."""
    systems = _in_order(report, "system")
    return {
        "name": domain,
        "facts": report["domains"][domain],
        "systems": systems,
        "pairs": report["pairs"],
        "rows": _match_rows(report, domain, systems),
        "kept_rows": _kept_rows(report, domain, systems),
        "fault_table": _fault_table(report, domain),
    }


def domains(report: Report) -> list[dict[str, Any]]:
    """The tables of every domain."""
    return [domain_tables(report, name) for name in _in_order(report, "domain")]


def choices(report: Report) -> dict[str, list[str]]:
    """What sentences can be filtered by."""
    stages = {stage for cell in report["cells"] for stage in cell["faults"]}
    severities = sorted({cell["severity"] for cell in report["cells"]})
    return {
        "system": _in_order(report, "system"),
        "domain": _in_order(report, "domain"),
        "noise": _in_order(report, "noise"),
        "severity": [str(severity) for severity in severities],
        "stage": sorted(stages),
    }


def _in_order(report: Report, key: str) -> list[str]:
    """Names as the report was asked for; PostgreSQL sorts the keys of a JSON object, not its lists."""
    return list(dict.fromkeys(cell[key] for cell in report["cells"]))


def _match_rows(report: Report, domain: str, systems: list[str]) -> list[dict[str, Any]]:
    """A noise at a severity: every system's exact match, and every gap."""
    cells = {(c["noise"], c["severity"], c["system"]): c for c in report["cells"] if c["domain"] == domain}
    gaps = {
        (g["noise"], g["severity"], g["specific"], g["general"]): g
        for g in report["gaps"]
        if g["domain"] == domain
    }
    return [
        {
            "noise": noise,
            "severity": str(severity),
            "cells": [
                _percent(cells[noise, severity, system]["jaccard"])
                | {"query": _query(domain, system, noise, severity)}
                for system in systems
            ],
            "gaps": [_gap(gaps[noise, severity, *pair]) for pair in report["pairs"]],
        }
        for noise, severity in dict.fromkeys((noise, severity) for noise, severity, _ in cells)
    ]


def _kept_rows(report: Report, domain: str, systems: list[str]) -> list[dict[str, Any]]:
    """A noise: the area under each system's curve, and what is left of its exact match at the worst."""
    areas = {(a["noise"], a["system"]): a["area"] for a in report["areas"] if a["domain"] == domain}
    worst = max((cell["severity"] for cell in report["cells"]), default=0.0)
    kept = {
        (c["noise"], c["system"]): c["robustness"]
        for c in report["cells"]
        if c["domain"] == domain and c["severity"] == worst
    }
    return [
        {
            "noise": noise,
            "cells": [
                {"area": _percent(areas[noise, system]), "kept": _percent(kept[noise, system])}
                for system in systems
            ],
        }
        for noise in dict.fromkeys(noise for noise, _ in areas)
    ]


def _fault_table(report: Report, domain: str) -> dict[str, Any]:
    """Faults by stage on clean text, a row for each system."""
    cells = [cell for cell in report["cells"] if (cell["domain"], cell["noise"]) == (domain, CLEAN)]
    stages = sorted({stage for cell in cells for stage in cell["faults"]})
    rows = [
        {
            "system": cell["system"],
            "cells": [
                {
                    "count": cell["faults"].get(stage, 0),
                    "query": _query(domain, cell["system"], CLEAN, cell["severity"], stage),
                }
                for stage in stages
            ],
        }
        for cell in cells
    ]
    return {"stages": stages, "rows": rows}


def _query(domain: str, system: str, noise: str, severity: float, stage: str = "") -> str:
    asked = {"domain": domain, "system": system, "noise": noise, "severity": severity}
    return urlencode(asked | ({"stage": stage} if stage else {}))


def _gap(row: dict[str, Any]) -> dict[str, Any]:
    """The gap with how it is to be shown, and the difference in differences where there is noise."""
    beyond = row.get("difference_in_differences")
    shown = _percent(row["gap"])
    return shown | {
        "is_certain": shown["low"] > 0 or shown["high"] < 0,
        "beyond": _percent(beyond) if beyond else None,
    }


def _percent(interval: dict[str, float]) -> dict[str, float]:
    return {key: 100 * interval[key] for key in ("value", "low", "high")}

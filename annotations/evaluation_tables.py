"""An evaluation's report as the tables and charts of its page; numbers are in percent."""

from __future__ import annotations

import shlex
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from annotations.charts import bars
from annotations.evaluation_words import (
    BUCKETS,
    COLUMNS,
    KINDS,
    MEASURES,
    NOTHING,
    PARTS,
    READINGS,
    SEMEVAL,
)
from annotations.languages import get_language
from annotations.models import Evaluation
from annotations.systems import system_name

MOST_BARS, MOST_ROWS = 12, 60
Report = dict[str, Any]


def measure_rows(report: Report) -> list[dict[str, Any]]:
    """Each measure with its interval, the baseline's, and the difference."""
    baseline, differences = report.get("baseline"), report.get("differences", {})
    rows = [
        {
            "name": words,
            "value": _percent(report["measures"][name]),
            "baseline": _percent(baseline["measures"][name]) if baseline else None,
            "difference": _difference(differences[name]) if name in differences else None,
        }
        for name, words in MEASURES.items()
        if name in report["measures"]
    ]
    conlleval = {
        "name": _("F1 as conlleval reads tags"),
        "value": {"value": 100 * report["default"]["f1"]},
        "baseline": {"value": 100 * baseline["default"]["f1"]} if baseline else None,
        "difference": None,
    }
    return [rows[0], conlleval, *rows[1:]]


def part_figures(evaluation: Evaluation) -> list[dict[str, Any]]:
    """F1 by label, language and so on: a chart and its table, those with one row only as a table."""
    return [
        _part_figure(evaluation, name, rows)
        for name in PARTS
        if (rows := evaluation.report["breakdown"].get(name))
    ]


def error_table(report: Report) -> dict[str, Any]:
    """Entities by label and kind of error, each count with the query that leads to its sentences."""
    rows = [
        {
            "label": label,
            "correct": counts["correct"],
            "cells": [
                {"count": counts[kind], "query": urlencode({"kind": kind, "label": label})} for kind in KINDS
            ],
        }
        for label, counts in sorted(report["errors"].items())
    ]
    return {"kinds": list(KINDS.values()), "rows": rows}


def confusion_table(report: Report) -> dict[str, Any]:
    """Gold's labels down, found ones across, nothing the last of both. On the diagonal labels are right."""
    labels = report["confusion"]["labels"]
    around = [*labels, ""]
    rows = [
        {
            "label": gold or NOTHING,
            "cells": [
                {
                    "count": count,
                    "is_right": gold == found,
                    "query": _confusion_query(gold, found) if gold != found else "",
                }
                for found, count in zip(around, counts, strict=True)
            ],
        }
        for gold, counts in zip(around, report["confusion"]["rows"], strict=True)
    ]
    return {"labels": [*labels, NOTHING], "rows": rows}


def semeval_table(report: Report) -> dict[str, Any]:
    """How many entities are correct, incorrect and so on, in each reading."""
    readings = report["error_types"]
    rows = [
        {"name": words, "counts": [readings[name][kind] for kind in SEMEVAL]}
        for name, words in READINGS.items()
        if name in readings
    ]
    return {"kinds": list(SEMEVAL.values()), "rows": rows}


def command(evaluation: Evaluation, names: list[str]) -> str:
    """What makes the same report from the files of the page. names: of the files that are there."""
    words = ["manage.py", "evaluate_tagger", "gold.jsonl", "--predicted", "predicted.jsonl"]
    for option in ("baseline", "train"):
        words += [f"--{option}", f"{option}.jsonl"] if f"{option}.jsonl" in names else []
    words += ["--ignore", *evaluation.ignore] if evaluation.ignore else []
    return shlex.join([*words, "--seed", str(evaluation.seed), "--json"])


def _part_figure(evaluation: Evaluation, name: str, rows: dict[str, dict[str, float]]) -> dict[str, Any]:
    baseline = evaluation.report.get("baseline", {}).get("breakdown", {}).get(name, {})
    order = {bucket: place for place, bucket in enumerate(BUCKETS)}  # the database sorts a JSON object's keys
    rows = dict(sorted(rows.items(), key=lambda item: (order.get(item[0], 0), -item[1]["support"], item[0])))
    named = {key: _bucket(name, key) for key in list(rows)[:MOST_ROWS]}
    drawn = list(named)[:MOST_BARS]
    series: list[tuple[str, list[float | None]]] = [
        (system_name(evaluation.system), [round(100 * rows[key]["f1"], 1) for key in drawn])
    ]
    if baseline:
        theirs = [round(100 * baseline[key]["f1"], 1) if key in baseline else None for key in drawn]
        series.append((system_name(evaluation.baseline), theirs))
    title = str(PARTS[name])
    return {
        "name": name.replace(" ", "-"),
        "title": title,
        "column": COLUMNS[name],
        "chart": bars(title, [named[key] for key in drawn], series, span=(0, 100)) if len(drawn) > 1 else "",
        "rows": [
            {
                "name": words,
                **{
                    column: 100 * rows[key][column] for column in ("precision", "recall", "f1", "low", "high")
                },
                "support": rows[key]["support"],
                "baseline": 100 * baseline[key]["f1"] if key in baseline else None,
            }
            for key, words in named.items()
        ],
        "n_more": max(0, len(rows) - MOST_ROWS),
    }


def _bucket(part: str, key: str) -> str:
    if part == "language":
        return get_language(key).name
    if part == "domain" and key == "none":
        return pgettext("domain", "none")
    return str(BUCKETS.get(key, key)) if part not in ("label", "domain") else key


def _confusion_query(gold: str, found: str) -> str:
    if not found:
        return urlencode({"kind": "missed", "label": gold})
    if not gold:
        return urlencode({"kind": "spurious", "label": found})
    return urlencode({"label": gold, "found": found})


def _percent(interval: dict[str, float]) -> dict[str, float]:
    return {key: 100 * interval[key] for key in ("value", "low", "high")}


def _difference(row: dict[str, float]) -> dict[str, Any]:
    shown = _percent(row)
    return shown | {"p_value": row["p_value"], "is_certain": shown["low"] > 0 or shown["high"] < 0}

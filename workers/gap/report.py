"""The gap report as JSON and Markdown."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from workers.gap.matrix import CLEAN, GapMatrix, GapSettings
from workers.gap.measures import (
    Counts,
    Resampler,
    area_under_severity,
    difference_in_differences,
    interval,
    make_resampler,
    robustness,
)
from workers.gap.systems import Domain, System
from workers.signature import VERSION, digest
from workers.spans import Entity

Report = dict[str, Any]


def make_report(
    matrix: GapMatrix,
    systems: Sequence[System],
    domains: Sequence[Domain],
    settings: GapSettings,
    *,
    pairs: Sequence[tuple[str, str]] = (),
    seed: int = 0,
) -> Report:
    """pairs: (domain-specific, general) systems whose gap is asked for; by default the first two.

    Raises ValueError for a pair that names no system.
    """
    names = [system.name for system in systems]
    if not pairs and len(names) > 1:
        pairs = [(names[0], names[1])]
    if unknown := [name for pair in pairs for name in pair if name not in names]:
        raise ValueError(f"unknown system {unknown[0]!r}; known: {', '.join(names)}")
    report: Report = {
        "version": VERSION,
        "systems": {system.name: system.signature for system in systems},
        "domains": {domain.name: _describe(domain) for domain in domains},
        "settings": asdict(settings),
        "pairs": [list(pair) for pair in pairs],
    }
    report["signature"] = digest(report)
    report |= {"cells": [], "areas": [], "gaps": []}
    for domain in domains:
        resampler = make_resampler(len(domain.tokens), n_bootstrap=settings.n_bootstrap, seed=seed)
        for name in names:
            _add_system(report, matrix, resampler, settings, domain.name, name)
        for pair in pairs:
            _add_gaps(report, matrix, resampler, settings, domain.name, pair)
    return report


def _add_system(
    report: Report, matrix: GapMatrix, resampler: Resampler, settings: GapSettings, domain: str, system: str
) -> None:
    clean = resampler.jaccard(matrix.counts[system, domain, CLEAN, 0.0])
    for noise, severity in [(CLEAN, 0.0), *settings.noisy()]:
        counts = matrix.counts[system, domain, noise, severity]
        values = resampler.jaccard(counts)
        report["cells"].append(
            {"system": system, "domain": domain, "noise": noise, "severity": severity}
            | {"jaccard": asdict(interval(values)), **_other_matches(counts)}
            | {"robustness": asdict(interval(robustness(values, clean)))}
            | {"changed": matrix.changed.get((domain, noise, severity), 0.0)}
            | {"faults": dict(matrix.stages[system, domain, noise, severity].most_common())}
        )
    for noise in settings.noises:
        severities = [0.0, *sorted(settings.severities)]
        curve = [clean] + [
            resampler.jaccard(matrix.counts[system, domain, noise, severity]) for severity in severities[1:]
        ]
        area = asdict(interval(area_under_severity(severities, curve)))
        report["areas"].append({"system": system, "domain": domain, "noise": noise, "area": area})


def _add_gaps(
    report: Report,
    matrix: GapMatrix,
    resampler: Resampler,
    settings: GapSettings,
    domain: str,
    pair: tuple[str, str],
) -> None:
    clean = [resampler.jaccard(matrix.counts[name, domain, CLEAN, 0.0]) for name in pair]
    for noise, severity in [(CLEAN, 0.0), *settings.noisy()]:
        noisy = [resampler.jaccard(matrix.counts[name, domain, noise, severity]) for name in pair]
        row = {
            "specific": pair[0],
            "general": pair[1],
            "domain": domain,
            "noise": noise,
            "severity": severity,
        }
        row["gap"] = asdict(interval(noisy[0] - noisy[1]))
        if noise != CLEAN:
            beyond = difference_in_differences(noisy[0], clean[0], noisy[1], clean[1])
            row["difference_in_differences"] = asdict(interval(beyond))
        report["gaps"].append(row)


def _other_matches(counts: Counts) -> dict[str, float]:
    """Entity exact match (strict recall), sentence exact match, and F1; counts of several seeds are added."""
    right, spurious, missed = (int(total) for total in counts.sum(axis=0))
    exact = (counts[:, 1] == 0) & (counts[:, 2] == 0)
    return {
        "entity_exact": right / max(1, right + missed),
        "sentence_exact": float(np.mean(exact)),
        "f1": 2 * right / max(1, 2 * right + spurious + missed),
    }


def _describe(domain: Domain) -> dict[str, Any]:
    gold = [_spans(entities) for entities in domain.gold]
    return {
        "language": domain.language,
        "sentences": len(domain.tokens),
        "entities": sum(map(len, gold)),
        "source": "gold"
        if domain.source_gold
        else "tagged"
        if domain.source_entities is not None
        else "none",
        "digest": digest([[list(tokens) for tokens in domain.tokens], gold]),
        "source_digest": digest(
            [list(map(list, domain.source_tokens)), list(map(_spans, domain.source_entities))]
        )
        if domain.source_tokens is not None and domain.source_entities is not None
        else "",
    }


def _spans(entities: Sequence[Entity]) -> list[tuple[int, int, str]]:
    return [(e.start, e.end, e.label) for e in entities]


def report_markdown(report: Report) -> str:
    """Tables of exact-match Jaccard, of gaps, and of the stages at fault, in percent."""
    lines = ["# Gap report", "", f"Signature `{report['signature']}`."]
    if report.get("command"):
        lines += ["", "Made by", "", "```", report["command"], "```"]
    lines += [
        "",
        "Exact-match Jaccard TP / (TP + FP + FN) in percent, 95 % bootstrap intervals over sentences.",
    ]
    for domain, facts in report["domains"].items():
        lines += ["", f"## {domain}: {facts['sentences']} sentences, {facts['entities']} entities", ""]
        lines += _cell_table(report, domain)
        for specific, general in report["pairs"]:
            lines += ["", f"### {specific} less {general}", ""]
            lines += _gap_table(report, domain, specific, general)
        lines += [
            "",
            "### What is left at the highest severity, % of clean",
            "",
            *_kept_table(report, domain),
        ]
        lines += ["", "### Stages at fault, clean text", "", *_fault_table(report, domain)]
    return "\n".join(lines) + "\n"


def _cell_table(report: Report, domain: str) -> list[str]:
    systems = list(report["systems"])
    cells = {(c["system"], c["noise"], c["severity"]): c for c in report["cells"] if c["domain"] == domain}
    conditions = list(dict.fromkeys((noise, severity) for _, noise, severity in cells))
    rows = [
        f"| noise | severity | tokens changed | {' | '.join(systems)} |",
        "|---" * (3 + len(systems)) + "|",
    ]
    for noise, severity in conditions:
        changed = cells[systems[0], noise, severity]["changed"]
        shown = " | ".join(percent(cells[system, noise, severity]["jaccard"]) for system in systems)
        rows.append(f"| {noise} | {severity:g} | {100 * changed:.1f} % | {shown} |")
    for noise in report["settings"]["noises"]:
        areas = {
            a["system"]: a["area"] for a in report["areas"] if a["domain"] == domain and a["noise"] == noise
        }
        shown = " | ".join(percent(areas[system]) for system in systems)
        rows.append(f"| {noise} | area under the curve | | {shown} |")
    return rows


def _gap_table(report: Report, domain: str, specific: str, general: str) -> list[str]:
    rows = ["| noise | severity | gap | difference in differences |", "|---|---|---|---|"]
    for row in report["gaps"]:
        if (row["domain"], row["specific"], row["general"]) == (domain, specific, general):
            beyond = row.get("difference_in_differences")
            rows.append(
                f"| {row['noise']} | {row['severity']:g} | {percent(row['gap'], sign=True)} "
                f"| {percent(beyond, sign=True) if beyond else ''} |"
            )
    return rows


def _kept_table(report: Report, domain: str) -> list[str]:
    """Robustness: EM(noisy) / EM(clean)."""
    systems, worst = list(report["systems"]), max(report["settings"]["severities"])
    kept = {
        (c["noise"], c["system"]): c["robustness"]
        for c in report["cells"]
        if c["domain"] == domain and c["severity"] == worst
    }
    rows = [f"| noise | {' | '.join(systems)} |", "|---" * (1 + len(systems)) + "|"]
    for noise in report["settings"]["noises"]:
        rows.append(f"| {noise} | {' | '.join(percent(kept[noise, system]) for system in systems)} |")
    return rows


def _fault_table(report: Report, domain: str) -> list[str]:
    clean = [c for c in report["cells"] if c["domain"] == domain and c["noise"] == CLEAN]
    stages = sorted({stage for cell in clean for stage in cell["faults"]})
    rows = [f"| system | {' | '.join(stages)} |", "|---" * (1 + len(stages)) + "|"]
    for cell in clean:
        rows.append(f"| {cell['system']} | {' | '.join(str(cell['faults'].get(s, 0)) for s in stages)} |")
    return rows


def percent(interval: dict[str, float], *, sign: bool = False) -> str:
    plus = "+" if sign else ""
    value, low, high = (100 * interval[key] for key in ("value", "low", "high"))
    return f"{value:{plus}.1f} [{low:{plus}.1f}, {high:{plus}.1f}]"

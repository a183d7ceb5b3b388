"""Tables and pictures of run_experiment.py, from the results of its steps."""

import json
import os
import platform
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

from experiment_plots import plot_curve, plot_transfer

NAMES = {"lug": "Luganda", "pcm": "Nigerian Pidgin", "yor": "Yoruba", "wol": "Wolof", "all": "all together"}
SYSTEMS = {
    "english-gold": "zero-shot, English gold",
    "tagged-source": "zero-shot, tagged source",
    "silver": "silver",
    "silver-and-source": "silver and its source",
}
Steps = dict[str, Any]


def write_tables(work: Path) -> list[Path]:
    """Write WORK/experiment.md and the pictures of what is there so far; returns their paths."""
    steps = {path.stem: json.loads(path.read_text()) for path in sorted((work / "steps").glob("*.json"))}
    written = [work / "experiment.md"]
    gap = work / "gap" / "report.json"
    tables = [transfer_table(steps), gain_table(steps)]
    tables += [balance_table(steps)] if "score-all" in steps else []
    tables += [curve_table(steps)]
    tables += gap_tables(json.loads(gap.read_text())) if gap.is_file() else []
    tables += [training_table(steps), [machine(steps)]]
    written[0].write_text("\n\n".join("\n".join(lines) for lines in tables) + "\n", encoding="utf-8")
    if groups(steps):
        written.append(work / "transfer.svg")
        plot_transfer({NAMES[one]: steps[f"score-{one}"] for one in groups(steps)}, SYSTEMS, written[-1])
    if any(name.startswith("curve-") for name in steps):
        written.append(work / "curve.svg")
        plot_curve({NAMES[one]: curve_points(steps, one) for one in groups(steps)}, written[-1])
    return written


def groups(steps: Steps) -> list[str]:
    """Languages that were scored, and "all"."""
    return [name for name in NAMES if f"score-{name}" in steps]


def transfer_table(steps: Steps) -> list[str]:
    """F1 of every arm, mean over seeds, and what the last one gains over those that saw no projection."""
    lines = [
        f"| language | {' | '.join(SYSTEMS.values())} | projecting the test rows themselves |",
        "|---" * (2 + len(SYSTEMS)) + "|",
    ]
    for group in groups(steps):
        result = steps[f"score-{group}"]
        cells = [f1(result[system]) for system in (*SYSTEMS, "projection")]
        lines.append(f"| {NAMES[group]} | {' | '.join(cells)} |")
    return lines


def gain_table(steps: Steps) -> list[str]:
    lines = [
        "| language | arm | less English gold | p | less tagged source | p |",
        "|---" * 6 + "|",
    ]
    for group in groups(steps):
        for arm in ("silver", "silver-and-source"):
            gains = steps[f"score-{group}"][arm]["gains"]
            cells = [*gain(gains["english-gold"]), *gain(gains["tagged-source"])]
            lines.append(f"| {NAMES[group]} | {SYSTEMS[arm]} | {' | '.join(cells)} |")
    return lines


def balance_table(steps: Steps) -> list[str]:
    """Precision, recall and seeds over all languages; silver as it counted before among them."""
    lines = ["| arm | F1 | precision | recall | F1 of each seed |", "|---" * 5 + "|"]
    result = steps["score-all"]
    names = SYSTEMS | {
        "silver-as-before": "silver as it counted before",
        "few-reviews": "few reviews alone",
        "few-reviews-and-source": "few reviews and their source",
    }
    for arm, name in names.items():
        scores = result[arm]
        seeds = ", ".join(f"{100 * value:.1f}" for value in scores["seeds"])
        cells = [f1(scores), *(f"{100 * scores[one]:.1f}" for one in ("precision", "recall")), seeds]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    before = bounds(result["silver-as-before"]["gains"]["silver"], sign=True)
    source = bounds(result["few-reviews-and-source"]["gains"]["few-reviews"], sign=True)
    return [
        *lines,
        "",
        f"With the same seed: silver as it counted before less silver {before}; few reviews with their "
        f"source less without {source}.",
    ]


def curve_points(steps: Steps, group: str) -> list[tuple[int, dict[str, Any]]]:
    """(reviewed sentences of each language, the step's scores and gains)"""
    found = [(re.fullmatch(rf"curve-{group}-(\d+)", name), result) for name, result in steps.items()]
    return sorted((int(match[1]), result) for match, result in found if match)


def curve_table(steps: Steps) -> list[str]:
    lines = [
        "| language | silver | reviewed of each language | F1 | gain over silver | p "
        "| gain over as many epochs without reviews | p |",
        "|---" * 8 + "|",
    ]
    for group in groups(steps):
        silver = f1(steps[f"score-{group}"]["silver"])
        for n, result in curve_points(steps, group):
            control = gain(result["gains"]["reviewed-0"]) if n else ["", ""]
            cells = [silver, str(n), f1(result), *gain(result["gains"]["silver"]), *control]
            lines.append(f"| {NAMES[group]} | {' | '.join(cells)} |")
    return lines


def gap_tables(report: dict[str, Any]) -> list[list[str]]:
    """Per domain: exact match of every system, gaps with intervals, areas, and the stages at fault."""
    tables = []
    for domain, facts in report["domains"].items():
        title = f"**{domain}: {facts['sentences']} sentences, {facts['entities']} names.**"
        tables += [
            [title],
            exact_table(report, domain),
            gap_table(report, domain),
            area_table(report, domain),
        ]
    return [*tables, fault_table(report)]


def exact_table(report: dict[str, Any], domain: str) -> list[str]:
    systems = list(report["systems"])
    cells = {(c["noise"], c["severity"], c["system"]): c for c in report["cells"] if c["domain"] == domain}
    lines = [
        f"| noise | severity | tokens changed | {' | '.join(systems)} |",
        "|---" * (3 + len(systems)) + "|",
    ]
    for noise, severity in dict.fromkeys((noise, severity) for noise, severity, _ in cells):
        shown = [f"{100 * cells[noise, severity, system]['jaccard']['value']:.1f}" for system in systems]
        if noise == "clean":
            shown = [bounds(cells[noise, severity, system]["jaccard"]) for system in systems]
        changed = cells[noise, severity, systems[0]]["changed"]
        lines.append(f"| {noise} | {severity:g} | {100 * changed:.1f} % | {' | '.join(shown)} |")
    return lines


def gap_table(report: dict[str, Any], domain: str) -> list[str]:
    titles = [title for pair in report["pairs"] for title in (f"{pair[0]} less {pair[1]}", "beyond clean")]
    lines = [f"| noise | severity | {' | '.join(titles)} |", "|---" * (2 + len(titles)) + "|"]
    rows: dict[tuple[str, float], list[str]] = {}
    for row in report["gaps"]:
        if row["domain"] == domain:
            beyond = row.get("difference_in_differences")
            shown = [bounds(row["gap"], sign=True), bounds(beyond, sign=True) if beyond else ""]
            rows.setdefault((row["noise"], row["severity"]), []).extend(shown)
    for (noise, severity), shown in rows.items():
        lines.append(f"| {noise} | {severity:g} | {' | '.join(shown)} |")
    return lines


def area_table(report: dict[str, Any], domain: str) -> list[str]:
    systems = list(report["systems"])
    areas = {(a["noise"], a["system"]): a["area"] for a in report["areas"] if a["domain"] == domain}
    kept = {
        (c["noise"], c["system"]): c["robustness"]
        for c in report["cells"]
        if c["domain"] == domain and c["severity"] == max(report["settings"]["severities"])
    }
    lines = [f"| noise | measure | {' | '.join(systems)} |", "|---" * (2 + len(systems)) + "|"]
    for noise in report["settings"]["noises"]:
        area = " | ".join(bounds(areas[noise, system]) for system in systems)
        robust = " | ".join(bounds(kept[noise, system]) for system in systems)
        lines += [f"| {noise} | area | {area} |", f"| {noise} | kept at most noise, % | {robust} |"]
    return lines


def fault_table(report: dict[str, Any]) -> list[str]:
    clean = [cell for cell in report["cells"] if cell["noise"] == "clean"]
    stages = sorted({stage for cell in clean for stage in cell["faults"]})
    lines = [f"| domain | system | {' | '.join(stages)} |", "|---" * (2 + len(stages)) + "|"]
    for cell in clean:
        counts = " | ".join(str(cell["faults"].get(stage, "")) for stage in stages)
        lines.append(f"| {cell['domain']} | {cell['system']} | {counts} |")
    return lines


def training_table(steps: Steps) -> list[str]:
    lines = [
        "| model | train | names | dev | best epoch of | dev F1 | seconds | of processor |",
        "|---" * 8 + "|",
    ]
    for name, result in sorted(steps.items(), key=lambda item: item[1]["started"]):
        if name.startswith("train-"):
            epochs = [point for point in result["curve"] if "dev_f1" in point]
            best = max(epochs, key=lambda point: point["dev_f1"])
            cells = [
                name.removeprefix("train-"), result["train"], result["names"], result["dev"],
                f"{best['epoch']:.0f} of {len(epochs)}", f"{100 * result['dev_f1']:.1f}",
                f"{result['seconds']:.0f}", f"{result['processor_seconds']:.0f}",
            ]  # fmt: skip
            lines.append(f"| {' | '.join(map(str, cells))} |")
    return lines


def machine(steps: Steps) -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "transformers", "accelerate"))
    minutes = sum(result["seconds"] for result in steps.values()) / 60
    used = sum(result["processor_seconds"] for result in steps.values()) / 60
    sittings = len({result["sitting"] for result in steps.values()})
    return (
        f"All steps together took {minutes:.0f} minutes by the clock in {sittings} sitting(s), and "
        f"{used:.0f} minutes of processor, on a machine of {os.cpu_count()} cores; "
        f"Python {platform.python_version()}, {packages}."
    )


def f1(scores: dict[str, Any]) -> str:
    return bounds(scores["strict_f1_interval"])


def gain(found: dict[str, float]) -> list[str]:
    """The difference with its interval, and its one-sided p of ten thousand resamples."""
    p_value = f"{found['p_value']:.3f}" if found["p_value"] >= 0.001 else "< 0.001"
    return [bounds(found, sign=True), p_value]


def bounds(interval: dict[str, float], *, sign: bool = False) -> str:
    plus = "+" if sign else ""
    value, low, high = (100 * interval[key] for key in ("value", "low", "high"))
    return f"{value:{plus}.1f} [{low:{plus}.1f}, {high:{plus}.1f}]"

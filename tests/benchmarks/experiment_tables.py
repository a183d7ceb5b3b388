"""Tables and pictures of run_experiment.py, from the results of its steps."""

import json
import platform
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

NAMES = {"lug": "Luganda", "pcm": "Nigerian Pidgin", "yor": "Yoruba", "wol": "Wolof"}
SYSTEMS = {
    "english-gold": "zero-shot, English gold",
    "english-tagged": "zero-shot, English tagged",
    "silver": "silver",
}


def write_tables(work: Path) -> list[Path]:
    """Write WORK/experiment.md and the pictures of what is there so far; returns their paths."""
    steps = {path.stem: json.loads(path.read_text()) for path in sorted((work / "steps").glob("*.json"))}
    written = [work / "experiment.md"]
    lines = [
        *transfer_table(steps),
        "",
        *all_gold_table(steps),
        "",
        *curve_table(steps),
        "",
        *training_table(steps),
        "",
        machine(steps),
    ]
    written[0].write_text("\n".join(lines) + "\n", encoding="utf-8")
    if any(name.startswith("score-") for name in steps):
        plot_transfer(steps, work / "transfer.svg")
        plot_curve(steps, work / "curve.svg")
        written += [work / "transfer.svg", work / "curve.svg"]
    return written


def languages(steps: dict[str, Any]) -> list[str]:
    return [language for language in NAMES if f"score-{language}" in steps]


def transfer_table(steps: dict[str, Any]) -> list[str]:
    lines = [
        f"| language | {' | '.join(SYSTEMS.values())} | silver less English gold | p "
        "| silver less English tagged | p | projecting the test rows themselves |",
        "|---" * 9 + "|",
    ]
    for language in languages(steps):
        result = steps[f"score-{language}"]
        gains = [result["silver"]["gains"][name] for name in ("english-gold", "english-tagged")]
        cells = [f1(result[system]["scores"]) for system in SYSTEMS]
        for gain in gains:
            cells += [bounds(gain, sign=True), chance(gain["p_value"])]
        lines.append(f"| {NAMES[language]} | {' | '.join([*cells, f1(result['projection']['scores'])])} |")
    return lines


def all_gold_table(steps: dict[str, Any]) -> list[str]:
    lines = ["| language | zero-shot, all English gold | silver less that | p |", "|---" * 4 + "|"]
    for language in languages(steps):
        if result := steps.get(f"all-gold-{language}"):
            gain = result["silver"]["gains"]["english-gold-all"]
            cells = [
                f1(result["english-gold-all"]["scores"]),
                bounds(gain, sign=True),
                chance(gain["p_value"]),
            ]
            lines.append(f"| {NAMES[language]} | {' | '.join(cells)} |")
    return lines


def curve_points(
    steps: dict[str, Any], language: str
) -> list[tuple[int, dict[str, Any], dict[str, Any] | None]]:
    """(gold sentences, scores, gain over silver alone)"""
    points: list[tuple[int, dict[str, Any], dict[str, Any] | None]] = []
    if f"score-{language}" in steps:
        points.append((0, steps[f"score-{language}"]["silver"]["scores"], None))
    for name, result in steps.items():
        if found := re.fullmatch(rf"score-silver-{language}-gold-(\d+)", name):
            gain = next(iter(result["gains"].values()))
            points.append((int(found[1]), result["scores"], gain))
    return sorted(points, key=lambda point: point[0])


def curve_table(steps: dict[str, Any]) -> list[str]:
    lines = ["| language | gold sentences after silver | F1 | gain over silver | p |", "|---" * 5 + "|"]
    for language in languages(steps):
        points = curve_points(steps, language)
        for n, scores, gain in points if len(points) > 1 else []:
            more = [bounds(gain, sign=True), chance(gain["p_value"])] if gain else ["", ""]
            lines.append(f"| {NAMES[language]} | {n} | {f1(scores)} | {' | '.join(more)} |")
    return lines


def training_table(steps: dict[str, Any]) -> list[str]:
    lines = ["| model | train | dev | best epoch of | dev F1 | seconds |", "|---" * 6 + "|"]
    for name, result in steps.items():
        if name.startswith("train-"):
            name = name.removeprefix("train-")
            epochs = [point for point in result["curve"] if "dev_f1" in point]
            best = max(epochs, key=lambda point: point["dev_f1"])
            lines.append(
                f"| {name} | {result['train']} | {result['dev']} | {best['epoch']:.0f} of {len(epochs)} "
                f"| {100 * result['dev_f1']:.1f} | {result['seconds']:.0f} |"
            )
    return lines


def machine(steps: dict[str, Any]) -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "transformers", "accelerate"))
    minutes = sum(result["seconds"] for result in steps.values()) / 60
    return f"All steps together took {minutes:.0f} minutes; Python {platform.python_version()}, {packages}."


def f1(scores: dict[str, Any]) -> str:
    return bounds(scores["strict_f1_interval"])


def chance(p_value: float) -> str:
    """A one-sided p of ten thousand resamples."""
    return f"{p_value:.3f}" if p_value >= 0.001 else "< 0.001"


def bounds(interval: dict[str, float], *, sign: bool = False) -> str:
    plus = "+" if sign else ""
    value, low, high = (100 * interval[key] for key in ("value", "low", "high"))
    return f"{value:{plus}.1f} [{low:{plus}.1f}, {high:{plus}.1f}]"


def plot_transfer(steps: dict[str, Any], path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.5, 2.8), layout="constrained")
    axes = figure.subplots()
    width = 0.8 / (len(SYSTEMS) + 1)
    shown = languages(steps)
    for number, (system, label) in enumerate(
        {**SYSTEMS, "projection": "projection of the test rows"}.items()
    ):
        intervals = [steps[f"score-{one}"][system]["scores"]["strict_f1_interval"] for one in shown]
        values = [100 * interval["value"] for interval in intervals]
        spread = [
            [100 * (interval["value"] - interval["low"]) for interval in intervals],
            [100 * (interval["high"] - interval["value"]) for interval in intervals],
        ]
        places = [k + (number - 1.5) * width for k in range(len(shown))]
        axes.bar(places, values, width, yerr=spread, label=label, error_kw={"linewidth": 0.8})
    axes.set_xticks(range(len(shown)), [NAMES[one] for one in shown])
    axes.set_ylabel("strict F1, %")
    figure.legend(loc="outside upper center", ncols=2, fontsize=8)
    figure.savefig(path)


def plot_curve(steps: dict[str, Any], path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.5, 2.8), layout="constrained")
    axes = figure.subplots()
    for language in languages(steps):
        points = curve_points(steps, language)
        if len(points) > 1:
            intervals = [scores["strict_f1_interval"] for _, scores, _ in points]
            x = [n for n, _, _ in points]
            axes.plot(x, [100 * one["value"] for one in intervals], marker="o", label=NAMES[language])
            low, high = ([100 * one[key] for one in intervals] for key in ("low", "high"))
            axes.fill_between(x, low, high, alpha=0.15)
    axes.set_xlabel("gold sentences after silver")
    axes.set_ylabel("strict F1, %")
    if axes.lines:
        axes.legend(fontsize=8)
    figure.savefig(path)

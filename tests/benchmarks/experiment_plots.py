"""Pictures of run_experiment.py."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Curve = Sequence[tuple[int, dict[str, Any]]]


def plot_transfer(results: Mapping[str, dict[str, Any]], systems: Mapping[str, str], path: Path) -> None:
    """Strict F1 with intervals. results: by language, the step that scored it; systems: key -> name."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 3.0), layout="constrained")
    axes = figure.subplots()
    shown = {**systems, "projection": "projection of the test rows"}
    width = 0.8 / len(shown)
    for number, (system, label) in enumerate(shown.items()):
        intervals = [result[system]["strict_f1_interval"] for result in results.values()]
        places = [k + (number - (len(shown) - 1) / 2) * width for k in range(len(results))]
        values = [100 * interval["value"] for interval in intervals]
        axes.bar(places, values, width, yerr=_bars(intervals), label=label, error_kw={"linewidth": 0.8})
    axes.set_xticks(range(len(results)), list(results))
    axes.set_ylabel("strict F1, %")
    figure.legend(loc="outside upper center", ncols=2, fontsize=8)
    figure.savefig(path)


def plot_curve(curves: Mapping[str, Curve], path: Path) -> None:
    """Strict F1 by reviewed sentences, one line per language; the interval is that of all together."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.5, 3.2), layout="constrained")
    axes = figure.subplots()
    for name, points in curves.items():
        intervals = [result["strict_f1_interval"] for _, result in points]
        x = [n for n, _ in points]
        last = name == list(curves)[-1]
        values = [100 * one["value"] for one in intervals]
        (line,) = axes.plot(x, values, marker="o", label=name, linewidth=2 if last else 1)
        if last:
            low, high = ([100 * one[key] for one in intervals] for key in ("low", "high"))
            axes.fill_between(x, low, high, alpha=0.15, color=line.get_color())
    axes.set_xlabel("reviewed sentences of each language, beside silver")
    axes.set_ylabel("strict F1, %")
    axes.legend(fontsize=8)
    figure.savefig(path)


def _bars(intervals: Sequence[dict[str, float]]) -> list[list[float]]:
    return [
        [100 * (one["value"] - one["low"]) for one in intervals],
        [100 * (one["high"] - one["value"]) for one in intervals],
    ]

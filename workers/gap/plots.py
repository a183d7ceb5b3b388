"""Pictures of a gap report: a heat map of gaps and curves over severity."""

from pathlib import Path
from typing import Any

from workers.gap.matrix import CLEAN


def plot_gaps(report: dict[str, Any], path: Path, pair: tuple[str, str]) -> None:
    """One cell per domain, severity and noise: exact match of the first system less that of the second.

    A star marks gaps whose 95 % interval leaves zero out.
    """
    import numpy as np
    from matplotlib.figure import Figure

    rows = [row for row in report["gaps"] if (row["specific"], row["general"]) == pair]
    noises = [CLEAN, *report["settings"]["noises"]]
    places = list(dict.fromkeys((row["domain"], row["severity"]) for row in rows if row["noise"] != CLEAN))
    table = np.full((len(places), len(noises)), np.nan)
    marks = np.full(table.shape, "", dtype=object)
    for row in rows:
        for number, (domain, severity) in enumerate(places):
            if row["domain"] == domain and row["severity"] in (severity, 0.0):
                column = noises.index(row["noise"])
                gap = row["gap"]
                table[number, column] = 100 * gap["value"]
                certain = gap["low"] > 0 or gap["high"] < 0
                marks[number, column] = f"{100 * gap['value']:+.1f}{'*' if certain else ''}"
    figure = Figure(figsize=(1.5 + 1.0 * len(noises), 1.2 + 0.45 * len(places)), layout="constrained")
    axes = figure.subplots()
    limit = max(1.0, float(np.nanmax(np.abs(table))))
    image = axes.imshow(table, cmap="PuOr", vmin=-limit, vmax=limit, aspect="auto")
    axes.set_xticks(range(len(noises)), noises, rotation=30, ha="right")
    axes.set_yticks(range(len(places)), [f"{domain}, {severity:g}" for domain, severity in places])
    for number in range(len(places)):
        for column in range(len(noises)):
            dark = abs(table[number, column]) > 0.6 * limit
            axes.text(
                column, number, marks[number, column],
                ha="center", va="center", fontsize=8, color="white" if dark else "black",
            )  # fmt: skip
    axes.set_title(f"Exact-match Jaccard, {pair[0]} less {pair[1]}, points", fontsize=10)
    figure.colorbar(image, ax=axes)
    figure.savefig(path)


def plot_curves(report: dict[str, Any], path: Path) -> None:
    """Exact match over severity, one panel per domain and noise, one line with its interval per system."""
    from matplotlib.figure import Figure

    domains, noises = list(report["domains"]), report["settings"]["noises"]
    figure = Figure(figsize=(2.3 * len(noises) + 1, 2.2 * len(domains) + 0.6), layout="constrained")
    panels = figure.subplots(len(domains), len(noises), sharex=True, sharey="row", squeeze=False)
    markers = "osD^vPX*"
    for row, domain in enumerate(domains):
        for column, noise in enumerate(noises):
            axes = panels[row][column]
            for number, system in enumerate(report["systems"]):
                cells = [
                    cell
                    for cell in report["cells"]
                    if (cell["system"], cell["domain"]) == (system, domain)
                    and cell["noise"] in (CLEAN, noise)
                ]
                cells.sort(key=lambda cell: cell["severity"])
                x = [cell["severity"] for cell in cells]
                y = [100 * cell["jaccard"]["value"] for cell in cells]
                axes.plot(
                    x, y, marker=markers[number % len(markers)], markersize=3, linewidth=1, label=system
                )
                axes.fill_between(
                    x,
                    [100 * cell["jaccard"]["low"] for cell in cells],
                    [100 * cell["jaccard"]["high"] for cell in cells],
                    alpha=0.12,
                )
            axes.set_title(f"{domain}: {noise}", fontsize=8)
            axes.tick_params(labelsize=7)
    panels[0][0].set_ylabel("Jaccard, %", fontsize=8)
    figure.supxlabel("severity", fontsize=8)
    figure.legend(*panels[0][0].get_legend_handles_labels(), loc="outside upper center", ncols=4, fontsize=8)
    figure.savefig(path)

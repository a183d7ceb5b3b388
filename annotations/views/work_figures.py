"""How far the work is, what people decided, and what the machine was sure of."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from annotations.charts import reliability, stacked_bars
from annotations.figures.decisions import OUTCOMES
from annotations.languages import get_language
from annotations.models import Project, Verdict
from annotations.views.figure import MOST_BARS, Figure, first_review, percent


def progress_figure(project: Project) -> Figure:
    counts = project.pair_counts.all().totals_by("target_language")
    names = [get_language(row["target_language"]).name for row in counts]
    parts = [
        (pgettext("sentences", "Reviewed"), "n_reviewed"),
        (_("Waiting"), "n_awaiting"),
        (pgettext("sentences", "Skipped"), "n_skipped"),
    ]
    title = _("Progress by language")
    bars = counts[:MOST_BARS]
    chart = stacked_bars(
        title, names[:MOST_BARS], [(words, [row[key] for row in bars]) for words, key in parts], is_lying=True
    )
    rows = [
        [name, *(str(row[key]) for _words, key in parts), str(row["n_pairs"])]
        for name, row in zip(names, counts, strict=True)
    ]
    columns = [_("Language"), *(p for p, _key in parts), _("All")]
    empty = _("Comes with the first sentences: import some.")
    return Figure("progress", title, chart if counts else "", columns, rows, empty=empty)


def throughput_figure(days: list[dict[str, Any]]) -> Figure:
    totals: Counter[str] = Counter()
    for day in days:
        totals.update(day["by_person"])
    people = sorted(totals)
    title = _("Finished sentences by day")
    drawn = people
    if len(people) > MOST_BARS:
        drawn = sorted(name for name, _n in totals.most_common(MOST_BARS - 1))
    series = [(name, [day["by_person"].get(name, 0) for day in days]) for name in drawn]
    if drawn != people:
        rest = set(people) - set(drawn)
        n_by_rest = [sum(day["by_person"].get(name, 0) for name in rest) for day in days]
        series.append((pgettext("people", "Others"), n_by_rest))
    rows = [[day["day"], *(str(day["by_person"].get(name, 0)) for name in people)] for day in reversed(days)]
    chart = stacked_bars(title, [day["day"] for day in days], series) if days else ""
    return Figure("throughput", title, chart, [_("Day"), *people], rows, empty=first_review())


def decisions_figure(name: str, counts: list[dict[str, Any]]) -> Figure:
    titles = {
        "label": (_("Decisions by label"), _("Label")),
        "method": (_("Decisions by method"), _("Method")),
        "language": (_("Decisions by language"), _("Language")),
        "run": (_("Decisions by run"), _("Run")),
    }
    words = {
        "accepted": _("Accepted"),
        "fixed": _("Fixed"),
        "rejected": _("Rejected"),
        "added": _("Added"),
    }
    title, column = titles[name]
    keys = [get_language(row["key"]).name if name == "language" else row["key"] for row in counts]
    keys = [key or _("no run") for key in keys]
    bars = counts[:MOST_BARS]
    series = [(words[kind], [row[kind] for row in bars]) for kind in OUTCOMES]
    rows = [
        [key, *(f"{row[kind]} ({percent(row[kind], row['n'])})" for kind in OUTCOMES), str(row["n"])]
        for key, row in zip(keys, counts, strict=True)
    ]
    chart = stacked_bars(title, keys[:MOST_BARS], series, is_lying=True) if counts else ""
    return Figure(
        name,
        title,
        chart,
        [column, *(words[kind] for kind in OUTCOMES), _("All")],
        rows,
        empty=first_review(),
    )


def faults_figure(verdicts: dict[str, Any]) -> Figure:
    methods = sorted(verdicts["by_method"])
    kinds = [kind for kind in Verdict.Kind.values if verdicts["by_kind"].get(kind)]
    names = [str(Verdict.Kind(kind).label) for kind in kinds]
    series = [(m or _("no run"), [verdicts["by_method"][m].get(kind, 0) for kind in kinds]) for m in methods]
    title = _("Faults that people named")
    rows = [[name, *(str(values[index]) for _method, values in series)] for index, name in enumerate(names)]
    chart = stacked_bars(title, names, series, is_lying=True) if kinds else ""
    columns = [_("Fault"), *(method for method, _values in series)]
    empty = _(
        "Nobody has named a fault yet: the chips are under “Fault” beside each entity on the review page."
    )
    return Figure("faults", title, chart, columns, rows, empty=empty)


def calibration_figure(methods: list[dict[str, Any]]) -> Figure:
    title = _("Confidence and how often it was right")
    points = [(m["method"], [(b["confidence"], b["accepted"]) for b in m["bins"]]) for m in methods]
    rows = [
        [method["method"], f"{b['confidence']:.2f}", f"{b['accepted']:.2f}", str(b["n"])]
        for method in methods
        for b in method["bins"]
    ]
    errors = ", ".join(f"{method['method']} {method['error']:.3f}" for method in methods)
    columns = [_("Method"), _("Mean confidence"), _("Accepted unchanged"), _("Suggestions")]
    chart = reliability(title, _("ideal"), points) if methods else ""
    remark = _("Expected calibration error: %s") % errors if methods else ""
    return Figure("calibration", title, chart, columns, rows, remark, empty=first_review())

"""The dashboard of a project: figures that a worker computed, as charts and as tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from annotations.access import get_project_for
from annotations.charts import bars, lines, reliability, stacked_bars
from annotations.figures.decisions import OUTCOMES
from annotations.languages import get_language
from annotations.models import Project, Verdict
from annotations.models.agreement import ProjectReport
from annotations.requests import SignedInRequest
from annotations.views.reports import report_context

MOST_BARS = 12


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart and the table with its numbers. rows: cells as they are shown, the first one names the row.

    empty: where there is no row, what has to happen for one to be there.
    """

    name: str
    title: str
    chart: SafeString | str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    remark: str = ""
    empty: str = ""


@require_GET
@login_required
def dashboard(request: SignedInRequest, project_id: int) -> HttpResponse:
    project = get_project_for(request.user, project_id)
    context = report_context(project, ProjectReport.Kind.FIGURES)
    data = context["report"].data if context["report"] else None
    figures = [_progress(project)]
    if data:
        figures += [
            _throughput(data["throughput"]),
            *(_decisions(name, data["decisions"][name]) for name in ("label", "method", "language", "run")),
            _faults(data["verdicts"]),
            _calibration(data["calibration"]),
            *_agreement(data["agreement"]),
            *_people(data["people"]),
        ]
    context |= {"project": project, "figures": figures}
    return render(request, "annotations/dashboard.html", context)


def _progress(project: Project) -> Figure:
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


def _throughput(days: list[dict[str, Any]]) -> Figure:
    people = sorted({name for day in days for name in day["by_person"]})
    title = _("Finished sentences by day")
    series = [(name, [day["by_person"].get(name, 0) for day in days]) for name in people]
    rows = [[day["day"], *(str(day["by_person"].get(name, 0)) for name in people)] for day in reversed(days)]
    chart = stacked_bars(title, [day["day"] for day in days], series) if days else ""
    return Figure("throughput", title, chart, [_("Day"), *people], rows, empty=_first_review())


def _decisions(name: str, counts: list[dict[str, Any]]) -> Figure:
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
        [key, *(f"{row[kind]} ({_percent(row[kind], row['n'])})" for kind in OUTCOMES), str(row["n"])]
        for key, row in zip(keys, counts, strict=True)
    ]
    chart = stacked_bars(title, keys[:MOST_BARS], series, is_lying=True) if counts else ""
    return Figure(
        name,
        title,
        chart,
        [column, *(words[kind] for kind in OUTCOMES), _("All")],
        rows,
        empty=_first_review(),
    )


def _faults(verdicts: dict[str, Any]) -> Figure:
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


def _calibration(methods: list[dict[str, Any]]) -> Figure:
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
    return Figure("calibration", title, chart, columns, rows, remark, empty=_first_review())


def _agreement(data: dict[str, Any]) -> list[Figure]:
    overall, weeks = data["overall"], data["by_week"]
    title = _("Agreement over time")
    series = [
        (_("Span F1"), [week["span_f1"] for week in weeks]),
        (_("Krippendorff's alpha"), [week["alpha"] for week in weeks]),
    ]
    names = [week["week"] for week in weeks]
    remark = _(
        "All in all: span F1 %(f1)s, Krippendorff's alpha %(alpha)s, Fleiss' kappa %(fleiss)s"
        " (over %(pairs)s sentences with %(raters)s reviews), link F1 %(links)s (over %(linked)s sentences"
        " where links were changed)."
    ) % {
        "links": _shown(overall["link_f1"]),
        "linked": overall["link_pairs"],
        "f1": _shown(overall["span_f1"]),
        "alpha": _shown(overall["alpha"]),
        "fleiss": _shown(overall["fleiss"]),
        "pairs": overall["fleiss_pairs"],
        "raters": overall["fleiss_raters"],
    }
    if not weeks:
        remark = ""
    columns = [_("Week"), _("Span F1"), _("Krippendorff's alpha"), _("Sentences")]
    rows = [[w["week"], _shown(w["span_f1"]), _shown(w["alpha"]), str(w["n_pairs"])] for w in weeks]
    chart = lines(title, names, series) if weeks else ""
    over_time = Figure("agreement", title, chart, columns, rows, remark, _second_review())
    return [over_time, _agreement_by_label(data["by_label"]), _agreement_of_people(data["by_people"])]


def _agreement_by_label(labels: list[dict[str, Any]]) -> Figure:
    title = _("Agreement by label")
    series = [
        (_("Span F1"), [row["span_f1"] for row in labels]),
        (_("Krippendorff's alpha"), [row["alpha"] for row in labels]),
    ]
    chart = bars(title, [row["label"] for row in labels], series, span=(0, 1)) if labels else ""
    columns = [_("Label"), _("Span F1"), _("Krippendorff's alpha"), _("Spans")]
    rows = [[r["label"], _shown(r["span_f1"]), _shown(r["alpha"]), str(r["n_spans"])] for r in labels]
    return Figure("agreement-labels", title, chart, columns, rows, empty=_second_review())


def _agreement_of_people(pairs: list[dict[str, Any]]) -> Figure:
    title = _("Agreement of two people")
    names = [" – ".join(row["people"]) for row in pairs]
    shown = pairs[:MOST_BARS]
    series = [
        (_("Span F1"), [row["span_f1"] for row in shown]),
        (_("Cohen's kappa"), [row["kappa"] for row in shown]),
    ]
    chart = bars(title, names[:MOST_BARS], series, span=(0, 1)) if pairs else ""
    columns = [_("People"), _("Span F1"), _("Cohen's kappa"), _("Sentences")]
    rows = [
        [name, _shown(row["span_f1"]), _shown(row["kappa"]), str(row["n_pairs"])]
        for name, row in zip(names, pairs, strict=True)
    ]
    return Figure("agreement-people", title, chart, columns, rows, empty=_second_review())


def _people(people: list[dict[str, Any]]) -> list[Figure]:
    """What each person decided, how fast, and how often the final decision was theirs."""
    return [_decisions_of_people(people), _speed_of_people(people), _people_and_decisions(people)]


def _decisions_of_people(people: list[dict[str, Any]]) -> Figure:
    title = _("Decisions of each person")
    shown = people[:MOST_BARS]
    series = [
        (_("Kept as suggested"), [row["n_items"] - row["n_changed"] for row in shown]),
        (_("Changed"), [row["n_changed"] for row in shown]),
    ]
    names = [row["name"] for row in shown]
    chart = stacked_bars(title, names, series, is_lying=True) if people else ""
    columns = [_("Person"), _("Sentences"), _("Adjudicated"), _("Unseen"), _("Entities"), _("Changed")]
    rows = [
        [
            row["name"],
            *(str(row[key]) for key in ("n", "n_adjudicated", "n_bulk", "n_items")),
            f"{row['n_changed']} ({_percent(row['n_changed'], row['n_items'])})",
        ]
        for row in people
    ]
    remark = _("Unseen: accepted over the fast lane, or made alike, without a look at the sentence alone.")
    return Figure("people", title, chart, columns, rows, remark if people else "", _first_review())


def _speed_of_people(people: list[dict[str, Any]]) -> Figure:
    title = _("Seconds a sentence")
    timed = [row for row in people if row["median_s"] is not None]
    shown = timed[:MOST_BARS]
    series = [(title, [row["median_s"] for row in shown])]
    chart = bars(title, [row["name"] for row in shown], series) if timed else ""
    columns = [_("Person"), _("Seconds a sentence"), _("Sentences timed")]
    rows = [[row["name"], _shown(row["median_s"], 1), str(row["n_timed"])] for row in timed]
    remark = _("The median from one finished sentence to the next, without breaks over five minutes.")
    return Figure("speed", title, chart, columns, rows, remark if timed else "", _first_review())


def _people_and_decisions(people: list[dict[str, Any]]) -> Figure:
    title = _("Agreement with the adjudicator's decision")
    judged = [row for row in people if row["n_final"]]
    shown = judged[:MOST_BARS]
    series = [(_("Span F1"), [row["final_f1"] for row in shown])]
    chart = bars(title, [row["name"] for row in shown], series, span=(0, 1)) if judged else ""
    columns = [_("Person"), _("Span F1"), _("Sentences")]
    rows = [[row["name"], _shown(row["final_f1"]), str(row["n_final"])] for row in judged]
    empty = _("Comes when an adjudicator has decided between reviews: see Disagreements.")
    return Figure("final", title, chart, columns, rows, empty=empty)


def _first_review() -> str:
    return _("Comes with the first reviewed sentences.")


def _second_review() -> str:
    return _(
        "Comes when two people have finished the same sentences: an owner sets under Settings how many"
        " sentences several people review."
    )


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "–"


def _shown(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{value:.{digits}f}"

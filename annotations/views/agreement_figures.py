"""How far people agree: over time, by label, two by two."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from annotations.charts import bars, lines
from annotations.views.figure import MOST_BARS, Figure, second_review, shown_number


def agreement_figures_of(data: dict[str, Any]) -> list[Figure]:
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
        "links": shown_number(overall["link_f1"]),
        "linked": overall["link_pairs"],
        "f1": shown_number(overall["span_f1"]),
        "alpha": shown_number(overall["alpha"]),
        "fleiss": shown_number(overall["fleiss"]),
        "pairs": overall["fleiss_pairs"],
        "raters": overall["fleiss_raters"],
    }
    if not weeks:
        remark = ""
    columns = [_("Week"), _("Span F1"), _("Krippendorff's alpha"), _("Sentences")]
    rows = [
        [w["week"], shown_number(w["span_f1"]), shown_number(w["alpha"]), str(w["n_pairs"])] for w in weeks
    ]
    chart = lines(title, names, series) if weeks else ""
    over_time = Figure("agreement", title, chart, columns, rows, remark, second_review())
    return [over_time, _agreement_by_label(data["by_label"]), _agreement_of_people(data["by_people"])]


def _agreement_by_label(labels: list[dict[str, Any]]) -> Figure:
    title = _("Agreement by label")
    series = [
        (_("Span F1"), [row["span_f1"] for row in labels]),
        (_("Krippendorff's alpha"), [row["alpha"] for row in labels]),
    ]
    chart = bars(title, [row["label"] for row in labels], series, span=(0, 1)) if labels else ""
    columns = [_("Label"), _("Span F1"), _("Krippendorff's alpha"), _("Spans")]
    rows = [
        [r["label"], shown_number(r["span_f1"]), shown_number(r["alpha"]), str(r["n_spans"])] for r in labels
    ]
    return Figure("agreement-labels", title, chart, columns, rows, empty=second_review())


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
        [name, shown_number(row["span_f1"]), shown_number(row["kappa"]), str(row["n_pairs"])]
        for name, row in zip(names, pairs, strict=True)
    ]
    return Figure("agreement-people", title, chart, columns, rows, empty=second_review())

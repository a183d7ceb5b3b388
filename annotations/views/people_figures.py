"""What each person decided, how fast, and how often the final decision was theirs."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from annotations.charts import bars, stacked_bars
from annotations.views.figure import MOST_BARS, Figure, first_review, percent, shown_number


def people_figures_of(people: list[dict[str, Any]]) -> list[Figure]:
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
            f"{row['n_changed']} ({percent(row['n_changed'], row['n_items'])})",
        ]
        for row in people
    ]
    remark = _("Unseen: accepted over the fast lane, or made alike, without a look at the sentence alone.")
    return Figure("people", title, chart, columns, rows, remark if people else "", first_review())


def _speed_of_people(people: list[dict[str, Any]]) -> Figure:
    title = _("Seconds a sentence")
    timed = [row for row in people if row["median_s"] is not None]
    shown = timed[:MOST_BARS]
    series = [(title, [row["median_s"] for row in shown])]
    chart = bars(title, [row["name"] for row in shown], series) if timed else ""
    columns = [_("Person"), _("Seconds a sentence"), _("Sentences timed")]
    rows = [[row["name"], shown_number(row["median_s"], 1), str(row["n_timed"])] for row in timed]
    remark = _("The median from one finished sentence to the next, without breaks over five minutes.")
    return Figure("speed", title, chart, columns, rows, remark if timed else "", first_review())


def _people_and_decisions(people: list[dict[str, Any]]) -> Figure:
    title = _("Agreement with the adjudicator's decision")
    judged = [row for row in people if row["n_final"]]
    shown = judged[:MOST_BARS]
    series = [(_("Span F1"), [row["final_f1"] for row in shown])]
    chart = bars(title, [row["name"] for row in shown], series, span=(0, 1)) if judged else ""
    columns = [_("Person"), _("Span F1"), _("Sentences")]
    rows = [[row["name"], shown_number(row["final_f1"]), str(row["n_final"])] for row in judged]
    empty = _("Comes when an adjudicator has decided between reviews: see Disagreements.")
    return Figure("final", title, chart, columns, rows, empty=empty)

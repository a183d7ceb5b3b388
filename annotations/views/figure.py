"""A figure of the dashboard: a chart and the table of its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

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


def first_review() -> str:
    return _("Comes with the first reviewed sentences.")


def second_review() -> str:
    return _(
        "Comes when two people have finished the same sentences: an owner sets under Settings how many"
        " sentences several people review."
    )


def percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "–"


def shown_number(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{value:.{digits}f}"

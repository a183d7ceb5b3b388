"""Charts as SVG without styles or scripts of their own: classes only, coloured by css/people.css.

So they follow the theme, obey the Content-Security-Policy and need nothing from elsewhere. Every chart is
beside a table with the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from xml.etree.ElementTree import Element

from django.utils.safestring import SafeString, mark_safe

WIDTH, HEIGHT = 560, 280  # about as wide as it is shown, so that its words have their size
UNSTYLED: dict[str, Any] = {
    "css": [],
    "js": [],
    "disable_xml_declaration": True,
    "show_legend": True,
    "legend_at_bottom": True,
    "width": WIDTH,
    "height": HEIGHT,
    "truncate_legend": 36,
    "truncate_label": 16,
}


def stacked_bars(
    title: str, keys: Sequence[str], series: Sequence[tuple[str, Sequence[float]]], *, is_lying: bool = False
) -> SafeString:
    """One bar per key, a part per series. is_lying: from the side, for long names."""
    import pygal

    kind = pygal.HorizontalStackedBar if is_lying else pygal.StackedBar
    height = max(160, 90 + 34 * len(keys)) if is_lying else HEIGHT
    chart = kind(**UNSTYLED | {"height": height} | ({} if is_lying else _below(keys)))
    chart.x_labels = list(keys)
    for name, values in series:
        chart.add(name, list(values))
    return _render(chart, title)


def bars(
    title: str,
    keys: Sequence[str],
    series: Sequence[tuple[str, Sequence[float | None]]],
    *,
    span: tuple[float, float] | None = None,
) -> SafeString:
    """Bars side by side, one per series and key, from the side. span: the ends of the scale."""
    import pygal

    height = max(160, 90 + 20 * len(keys) * (len(series) + 1))
    options: dict[str, Any] = {"height": height} | ({"range": span} if span else {})
    chart = pygal.HorizontalBar(**UNSTYLED | options)
    chart.x_labels = list(keys)
    for name, values in series:
        chart.add(name, list(values))
    return _render(chart, title)


def lines(
    title: str,
    keys: Sequence[str],
    series: Sequence[tuple[str, Sequence[float | None]]],
    *,
    span: tuple[float, float] = (0, 1),
) -> SafeString:
    import pygal

    chart = pygal.Line(**UNSTYLED | {"range": span} | _below(keys))
    chart.x_labels = list(keys)
    for name, values in series:
        chart.add(name, list(values))
    return _render(chart, title)


def reliability(
    title: str, ideal: str, series: Sequence[tuple[str, Sequence[tuple[float, float]]]]
) -> SafeString:
    """How often people accepted suggestions, over how sure the method was; on the diagonal it is honest."""
    import pygal

    chart = pygal.XY(**UNSTYLED | {"range": (0, 1), "xrange": (0, 1), "dots_size": 4, "height": 400})
    chart.add(ideal, [(0, 0), (1, 1)], show_dots=False)
    for name, points in series:
        chart.add(name, list(points))
    return _render(chart, title)


def _below(keys: Sequence[str]) -> dict[str, Any]:
    """How keys stand below a chart: level where they fit side by side, else aslant and a dozen at most."""
    if sum(len(key) + 2 for key in keys) <= WIDTH // 9:
        return {"x_label_rotation": 0}
    every = max(1, -(-len(keys) // 12))
    return {"x_label_rotation": 30, "x_labels_major_every": every, "show_minor_x_labels": every == 1}


def _render(chart: Any, title: str) -> SafeString:
    chart.add_xml_filter(_bare(title))
    return mark_safe(chart.render(is_unicode=True))  # noqa: S308 (pygal's XML writer escapes every text)


def _bare(title: str) -> Callable[[Element], Element]:
    """A filter that leaves shapes, classes and texts; looks are ours, and nothing moves."""

    def strip(root: Element) -> Element:
        for parent in list(root.iter()):
            for child in list(parent):
                is_overlay = "tooltip-overlay" in child.get("class", "")
                if child.tag in {"defs", "desc", "title"} or callable(child.tag) or is_overlay:
                    parent.remove(child)
            parent.attrib.pop("id", None)
        root.set("role", "img")
        root.set("aria-label", title)
        return root

    return strip

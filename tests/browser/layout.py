"""Faults of a page's layout that a program can see: what sticks out, is cut off, lies on something else."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

FIND_FAULTS = Path(__file__).with_name("layout.js").read_text(encoding="utf-8")


def layout_faults(page: Page) -> list[str]:
    """A sentence per fault of the page as it stands in its window."""
    return page.evaluate(FIND_FAULTS)

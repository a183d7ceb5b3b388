"""Figures of the founding paper, to set beside ours."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from workers.field.pipelines import PIPELINES, TRAINED


@cache
def published() -> dict[str, Any]:
    path = Path(__file__).with_name("published.json")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def published_f1(layout: str, language: str, method: str) -> float | None:
    """The paper's best F1 in percent of the method's family on the language; None where it has none."""
    figures, family = published().get(layout, {}).get("figures", {}), PIPELINES[method].family
    known = [
        values[language]
        for pipeline, values in figures.items()
        if family and pipeline.startswith(family) and language in values
    ]
    return max(known) if known else None


def published_means(layout: str) -> list[str]:
    """The paper's means over all its languages of the corpus, a line each."""
    known = published().get(layout, {})
    return [
        f"The paper, mean of {known['n_languages']} languages: {name} {value:.1f}."
        for name, value in known.get("means", {}).items()
    ]


def setup_note(layout: str, *, gold_source: bool, method: str, translator: str = "") -> str:
    """What differs between our set-up and the paper's, "" where the data, labels and source are the same.

    translator: the one that made the source here, "" where the folder has one.
    """
    if layout not in published():
        return "the paper has no figures for this corpus"
    if PIPELINES[method].way == TRAINED:
        return "the paper's base model, training data and translator are others"
    if method == "model-transfer":
        return "another tagger than the paper's"
    if layout == "europarl":
        return "" if gold_source else "the source is tagged here, gold in the paper"
    here = f"here translated by {translator}" if translator else "here the source that lies in the folder"
    return f"the paper: {published()[layout]['setup']}; {here}"

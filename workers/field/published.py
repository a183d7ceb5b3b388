"""Figures of the founding paper, to set beside ours."""

import json
from functools import cache
from pathlib import Path
from typing import Any

# Our method -> the paper's pipelines of the same family.
FAMILIES = {
    "word-to-word": ("align_src",),
    "word-to-word original": ("align_src",),
    "ngram-candidates": ("candidates n-gram",),
    "ner-candidates": ("candidates NER",),
    "model-transfer": ("model transfer",),
}
PIPELINES_NOT_RUN = {
    "align_tgt": "needs a translator into the language and one back; translate-test runs do it in a project",
    "back-translated candidates": "needs a translator into the language and one back",
    "markers (EasyProject)": "makes new text, does not label a given one; translate-train runs do it",
}


@cache
def published() -> dict[str, Any]:
    path = Path(__file__).with_name("published.json")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def published_f1(layout: str, language: str, method: str) -> float | None:
    """The paper's best F1 in percent of the method's family on the language; None where it has none."""
    figures = published().get(layout, {}).get("figures", {})
    known = [
        values[language]
        for pipeline, values in figures.items()
        if pipeline.startswith(FAMILIES.get(method, ())) and language in values
    ]
    return max(known) if known and method in FAMILIES else None


def setup_note(layout: str, *, gold_source: bool, method: str) -> str:
    """What differs between our set-up and the paper's, "" where the data, labels and source are the same."""
    if layout not in published():
        return "the paper has no figures for this corpus"
    if layout == "europarl":
        if method == "model-transfer":
            return "another tagger than the paper's"
        return "" if gold_source else "the source is tagged here, gold in the paper"
    return f"the paper: {published()[layout]['setup']}; here the source that lies in the folder"

"""The pipelines of the founding paper (Politov et al. 2025), and ours: what each does and what it needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DIRECT, BACK, EVIDENCE, TRAINED, TRANSFER = "direct", "back", "evidence", "trained", "transfer"

# what a pipeline needs -> how it is given where it is missing
NEEDS = {
    "source": "needs source sentences: source.conll or source.txt beside the language's file, or "
    "--translator MODEL, which makes them",
    "target_tagger": "needs --target-tagger MODEL, a token classifier that reads the language",
    "back_translator": "needs --translator MODEL (say nllb-600M), which writes the language",
    "train_source": "needs --train-source FILE.conll, labelled source sentences to mark and translate",
}


@dataclass(frozen=True, slots=True)
class Pipeline:
    """One row of the paper's table, or one of ours.

    way: "direct" projects from the source; "back" from a labelled translation back into the language, and
    from nothing else; "evidence" takes that translation beside the alignment; "trained" trains a tagger on
    marked and translated sentences; "transfer" tags the language directly.
    method, options: of the projection. needs: keys of NEEDS. family: how the paper's rows begin, "" for ours.
    """

    summary: str
    way: str = DIRECT
    method: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ("source",)
    family: str = ""


WORD_TO_WORD: Mapping[str, Any] = {"preset": "original"}
GREEDY: Mapping[str, Any] = {"solver": "greedy"}
TRANSLATED = ("source", "back_translator")

PIPELINES: dict[str, Pipeline] = {
    "soft": Pipeline("ours, the default method", method="soft"),
    "ensemble": Pipeline("ours, the methods' agreement", method="ensemble"),
    "word-to-word": Pipeline("the heuristic, mended", method="word-to-word", family="align_src"),
    "word-to-word original": Pipeline(
        "the heuristic as published", method="word-to-word", options=WORD_TO_WORD, family="align_src"
    ),
    "ngram-candidates": Pipeline(
        "candidates: n-grams", method="ngram-candidates", options=GREEDY, family="candidates n-gram"
    ),
    "ner-candidates": Pipeline(
        "candidates: a tagger's spans",
        method="ner-candidates",
        needs=("source", "target_tagger"),
        family="candidates NER",
    ),
    "align_tgt": Pipeline(
        "the heuristic from a labelled translation back",
        way=BACK, method="word-to-word", options=WORD_TO_WORD, needs=TRANSLATED, family="align_tgt",
    ),
    "back-translated n-grams": Pipeline(
        "n-gram candidates, from a labelled translation back",
        way=BACK, method="ngram-candidates", options=GREEDY, needs=TRANSLATED,
        family="back-translated candidates",
    ),
    "back-translated ner-candidates": Pipeline(
        "a tagger's spans, from a labelled translation back",
        way=BACK, method="ner-candidates", needs=(*TRANSLATED, "target_tagger"),
        family="back-translated candidates",
    ),
    "back-translation as evidence": Pipeline(
        "ours: alignment, confirmed by a translation back", way=EVIDENCE, method="soft", needs=TRANSLATED
    ),
    "markers": Pipeline(
        "EasyProject: a tagger trained on marked and translated sentences",
        way=TRAINED, method="soft", needs=("train_source", "back_translator"), family="markers",
    ),
    "model-transfer": Pipeline(
        "a tagger that reads the language", way=TRANSFER, needs=("target_tagger",), family="model transfer"
    ),
}  # fmt: skip


def check_names(names: list[str]) -> list[str]:
    """The pipelines to run, all when none is named. Raises ValueError naming one that is unknown."""
    if unknown := [name for name in names if name not in PIPELINES]:
        raise ValueError(f"unknown method {unknown[0]!r}; known: {', '.join(PIPELINES)}")
    return names or list(PIPELINES)

"""What the projection engine is worth: scores, calibration and time on the evaluation data.

    python tests/benchmarks/bench_project.py DATA --cache CACHE [-o TABLE.md] [--ablate]

Europarl (gold source), ABSA with the published aligners' links, and African news (predicted source, test rows
only, DATE and MISC left out), each with the published rules and our methods on the same links. `--ablate`
adds what the soft method loses when one group of its features is held at its mean.
"""

import argparse
import platform
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parent))

from evaluation_data import AFRICAN, Corpus, absa, african, europarl
from tune_confidence import right_decisions

from workers.align import DEFAULT_ALIGNER, get_aligner
from workers.evaluate import (
    errors_among_least_confident,
    expected_calibration_error,
    find_ceilings,
    score_tags,
)
from workers.iob2 import entities_to_tags
from workers.project import Projection, get_projector, soft
from workers.spans import Entity
from workers.tag import get_tagger

METHODS: dict[str, tuple[str, dict[str, object]]] = {
    "word-to-word": ("word-to-word", {}),
    "word-to-word original": ("word-to-word", {"preset": "original"}),
    "n-gram greedy": ("ngram-candidates", {"solver": "greedy"}),
    "n-gram exact": ("ngram-candidates", {"solver": "exact"}),
    "soft, nothing learnt": ("soft", {"statistics": None}),
    "soft": ("soft", {}),
    "ensemble": ("ensemble", {}),
}
GROUPS: dict[str, Callable[[str], bool]] = {
    "learnt edges": lambda name: name.endswith("-edge"),
    "learnt lengths": lambda name: name == "length",
    "learnt names": lambda name: name == "name-share",
    "forms": lambda name: "form" in name,
    "shapes and punctuation": lambda name: name.endswith(("-falls", "-rises")) or "punctuation" in name,
    "context words": lambda name: name.startswith(("previous", "following")),
    "hard links": lambda name: "link" in name or name == "dice",
    "anchors": lambda name: "anchor" in name or name in ("lost-words", "idle-words"),
    "edge membership": lambda name: name.endswith(("-odds", "-forward", "-outside")),
}
AFRICAN_ROWS = 400


def project(corpus: Corpus, method: str, options: dict[str, object]) -> tuple[list[list[Projection]], float]:
    """The projections and the seconds per 1,000 sentences of the second of two runs, learning apart."""
    projector = get_projector(method, **options)
    if hasattr(projector, "learn") and "statistics" not in options:
        projector = get_projector(method, statistics=projector.learn(corpus.inputs), **options)
    projector.project(corpus.inputs)
    start = time.perf_counter()
    results = projector.project(corpus.inputs)
    return results, 1000 * (time.perf_counter() - start) / len(corpus.inputs)


def measure(corpus: Corpus, results: list[list[Projection]]) -> dict[str, float]:
    gold = [
        entities_to_tags(entities, len(item.target_tokens))
        for entities, item in zip(corpus.gold, corpus.inputs, strict=True)
    ]
    predicted = [
        entities_to_tags(
            [Entity(p.span.start, p.span.end, p.entity.label) for p in sentence if p.span],
            len(item.target_tokens),
        )
        for sentence, item in zip(results, corpus.inputs, strict=True)
    ]
    scores = score_tags(gold, predicted, n_bootstrap=2000)
    confidence = [p.confidence for sentence in results for p in sentence]
    right = right_decisions(corpus, results)
    return {
        "f1": 100 * scores.strict.f1,
        "low": 100 * scores.strict_f1_interval.low,
        "high": 100 * scores.strict_f1_interval.high,
        "precision": 100 * scores.strict.precision,
        "recall": 100 * scores.strict.recall,
        "jaccard": 100 * scores.exact_match_jaccard,
        "ece": expected_calibration_error(confidence, right),
        "errors_in_20": 100 * errors_among_least_confident(confidence, right),
    }


def table(corpus: Corpus) -> Iterator[str]:
    ceilings = find_ceilings(
        [entities_to_tags(item.entities, len(item.source_tokens)) for item in corpus.inputs],
        [
            entities_to_tags(entities, len(item.target_tokens))
            for entities, item in zip(corpus.gold, corpus.inputs, strict=True)
        ],
    )
    yield f"### {corpus.name}: {len(corpus.inputs)} sentences"
    yield ""
    yield (
        f"Ceilings: {100 * ceilings.project_everything.f1:.1f} when every source entity is projected, "
        f"{100 * ceilings.perfect_suppression.f1:.1f} with perfect suppression."
    )
    yield ""
    yield "| method | F1 (95 % interval) | P | R | Jaccard | ECE | errors in last 20 % | s / 1,000 |"
    yield "|---|---|---|---|---|---|---|---|"
    for name, (method, options) in METHODS.items():
        results, seconds = project(corpus, method, options)
        m = measure(corpus, results)
        yield (
            f"| {name} | {m['f1']:.2f} ({m['low']:.1f}-{m['high']:.1f}) | {m['precision']:.1f} "
            f"| {m['recall']:.1f} | {m['jaccard']:.1f} | {m['ece']:.3f} | {m['errors_in_20']:.0f} % "
            f"| {seconds:.3f} |"
        )
    yield ""


@contextmanager
def held_at_mean(held: Callable[[str], bool]) -> Iterator[None]:
    """The soft method's rankers with some features fixed at their training mean."""
    kept = {kind: soft.soft_weights(kind) for kind in ("similarity", "links")}
    for kind, weights in kept.items():
        mask = np.array([0.0 if held(name) else 1.0 for name in weights.ranker.features], dtype=np.float32)
        ranker = weights.ranker
        without = replace(ranker, linear=ranker.linear * mask, hidden=ranker.hidden * mask[:, None])
        soft._LOADED[kind] = replace(weights, ranker=without)
    try:
        yield
    finally:
        soft._LOADED.update(kept)


def ablation(corpora: list[Corpus]) -> Iterator[str]:
    yield "### What each group of features is worth (F1 lost when it is held at its mean)"
    yield ""
    yield "| group | " + " | ".join(corpus.name for corpus in corpora) + " |"
    yield "|---" * (len(corpora) + 1) + "|"
    whole = [measure(corpus, project(corpus, "soft", {})[0])["f1"] for corpus in corpora]
    yield "| nothing (F1) | " + " | ".join(f"{f1:.2f}" for f1 in whole) + " |"
    for name, held in GROUPS.items():
        with held_at_mean(held):
            lost = [measure(corpus, project(corpus, "soft", {})[0])["f1"] for corpus in corpora]
        changes = (f"{f1 - before:+.2f}" for f1, before in zip(lost, whole, strict=True))
        yield f"| {name} | " + " | ".join(changes) + " |"
    yield ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--aligner", default=DEFAULT_ALIGNER)
    parser.add_argument("--ablate", action="store_true")
    options = parser.parse_args()
    aligner, tagger = get_aligner(options.aligner), get_tagger("spacy-en")
    corpora = [europarl(options.data, "es", aligner, options.cache)]
    corpora += [
        absa(options.data, "es", split, None, options.cache, links)
        for links in ("awesome", "simalign")
        for split in ("train", "test")
    ]
    corpora += [
        african(options.data, language, "test", tagger, aligner, options.cache, AFRICAN_ROWS)
        for language in AFRICAN
    ]
    packages = ("numpy", "scipy", "torch", "rapidfuzz")
    lines = [
        f"Aligner: `{aligner.signature}`. Tagger: `{tagger.signature}`.",
        f"Method: `{get_projector('soft').signature}`.",
        f"Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in packages)
        + f"; {platform.machine()}, {platform.system()}.",
        "",
    ]
    for corpus in corpora:
        lines += table(corpus)
    if options.ablate:
        lines += ablation([corpora[0], corpora[2], corpora[4], corpora[5]])
    text = "\n".join(lines)
    print(text)
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

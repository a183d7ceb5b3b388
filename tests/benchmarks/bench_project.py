"""What the projection engine is worth: scores, calibration and time on the evaluation data.

    python tests/benchmarks/bench_project.py DATA --cache CACHE [-o TABLE.md] [--ablate]

Europarl (gold source), ABSA with the published aligners' links, and African news (predicted source, test rows
only, DATE and MISC left out), each with the published rules and our methods on the same links, and what was
asked for beside what was measured. `--ablate` adds what the soft method loses when one group of its features
is held at its mean.
"""

import argparse
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parent))

from evaluation_data import AFRICAN, Corpus, absa, african, europarl
from soft_ablation import ablation
from tune_confidence import right_decisions
from tune_soft import TAGGERS

from workers.align import DEFAULT_ALIGNER, get_aligner
from workers.calibration import (
    best_share_of_errors,
    errors_among_least_confident,
    expected_calibration_error,
)
from workers.evaluate import (
    find_ceilings,
    score_tags,
)
from workers.iob2 import entities_to_tags
from workers.project import Projection, get_projector
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
AFRICAN_ROWS = 2000
PUBLISHED = ("word-to-word", "word-to-word original", "n-gram greedy", "n-gram exact")
WANTED = {
    "europarl-es": 95.5,
    "absa-es-train-awesome": 96.3,
    "absa-es-test-awesome": 95.8,
    "absa-es-train-simalign": 92.5,
    "absa-es-test-simalign": 92.0,
}


def project(corpus: Corpus, method: str, options: dict[str, object]) -> tuple[list[list[Projection]], float]:
    """The projections, and the processor seconds per 1,000 sentences of the second of two runs.

    What the method learns from the pairs first is not counted.
    """
    projector = get_projector(method, **options)
    if hasattr(projector, "learn") and "statistics" not in options:
        projector = get_projector(method, statistics=projector.learn(corpus.inputs), **options)
    projector.project(corpus.inputs)
    start = time.process_time()
    results = projector.project(corpus.inputs)
    return results, 1000 * (time.process_time() - start) / len(corpus.inputs)


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
        "most_in_20": 100 * best_share_of_errors(right),
    }


@dataclass
class Result:
    """What every method scores on a corpus; ceiling: F1 of projecting every source entity perfectly."""

    corpus: Corpus
    ceiling: float
    suppressed: float
    rows: dict[str, dict[str, float]]

    @property
    def best_published(self) -> float:
        return max(self.rows[name]["f1"] for name in PUBLISHED)


def compare(corpus: Corpus) -> Result:
    ceilings = find_ceilings(
        [entities_to_tags(item.entities, len(item.source_tokens)) for item in corpus.inputs],
        [
            entities_to_tags(entities, len(item.target_tokens))
            for entities, item in zip(corpus.gold, corpus.inputs, strict=True)
        ],
    )
    rows = {}
    for name, (method, options) in METHODS.items():
        results, seconds = project(corpus, method, options)
        rows[name] = measure(corpus, results) | {"seconds": seconds}
    return Result(corpus, 100 * ceilings.project_everything.f1, 100 * ceilings.perfect_suppression.f1, rows)


def summary(results: Sequence[Result]) -> Iterator[str]:
    """What was asked for beside what was measured, for the soft method."""
    yield "| data | asked | soft | best published rule | ceiling | ECE (asked 0.03) | errors in last 20 % |"
    yield "|---|---|---|---|---|---|---|"
    for result in results:
        row, name = result.rows["soft"], result.corpus.name
        asked = f"{WANTED[name]:.1f}" if name in WANTED else "-"
        yield (
            f"| {name} | {asked} | **{row['f1']:.2f}** | {result.best_published:.2f} | {result.ceiling:.1f} "
            f"| {row['ece']:.3f} | {row['errors_in_20']:.0f} % of at most {row['most_in_20']:.0f} % |"
        )
    news = [result for result in results if result.corpus.name.startswith("mafand")]
    gain = np.mean([result.rows["soft"]["f1"] - result.best_published for result in news])
    nearest = max(result.rows["soft"]["f1"] - result.ceiling for result in news)
    seconds = results[0].rows["soft"]["seconds"]
    yield ""
    yield (
        f"African mean gain over the best published rule: {gain:+.2f} (asked +4). Nearest to a "
        f"project-everything ceiling: {nearest:+.2f} (asked above 0 on one). "
        f"Projection of {results[0].corpus.name}: {seconds:.3f} s per 1,000 sentences (asked 0.1)."
    )
    yield ""


def table(result: Result) -> Iterator[str]:
    yield f"### {result.corpus.name}: {len(result.corpus.inputs)} sentences"
    yield ""
    yield (
        f"Ceilings: {result.ceiling:.1f} when every source entity is projected, "
        f"{result.suppressed:.1f} with perfect suppression."
    )
    yield ""
    yield "| method | F1 (95 % interval) | P | R | Jaccard | ECE | errors in last 20 % (most) | s / 1,000 |"
    yield "|---|---|---|---|---|---|---|---|"
    for name, m in result.rows.items():
        yield (
            f"| {name} | {m['f1']:.2f} ({m['low']:.1f}-{m['high']:.1f}) | {m['precision']:.1f} "
            f"| {m['recall']:.1f} | {m['jaccard']:.1f} | {m['ece']:.3f} "
            f"| {m['errors_in_20']:.0f} % ({m['most_in_20']:.0f} %) | {m['seconds']:.3f} |"
        )
    yield ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--aligner", default=DEFAULT_ALIGNER)
    parser.add_argument("--ablate", action="store_true")
    options = parser.parse_args()
    aligner = get_aligner(options.aligner)
    taggers = {language: get_tagger("spacy-en", **given) for language, given in TAGGERS.items()}
    corpora = [europarl(options.data, "es", aligner, options.cache)]
    corpora += [
        absa(options.data, "es", split, None, options.cache, links)
        for links in ("awesome", "simalign")
        for split in ("train", "test")
    ]
    corpora += [
        african(options.data, target, "test", taggers[source], aligner, options.cache, AFRICAN_ROWS)
        for target, source in AFRICAN.items()
    ]
    packages = ("numpy", "scipy", "torch", "rapidfuzz")
    lines = [
        f"Aligner: `{aligner.signature}`.",
        *(f"Tagger: `{tagger.signature}`." for tagger in taggers.values()),
        f"Method: `{get_projector('soft').signature}`.",
        f"Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in packages)
        + f"; {platform.machine()}, {platform.system()}.",
        "",
    ]
    results = [compare(corpus) for corpus in corpora]
    lines += summary(results)
    for result in results:
        lines += table(result)
    if options.ablate:
        lines += ablation(
            [corpora[0], corpora[2], corpora[5], corpora[7]],
            lambda corpus: measure(corpus, project(corpus, "soft", {})[0])["f1"],
        )
    text = "\n".join(lines)
    print(text)
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

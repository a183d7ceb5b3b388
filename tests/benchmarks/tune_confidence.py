"""Fit the shipped confidence weights of the methods that know links alone.

    python tests/benchmarks/tune_confidence.py DATA --cache CACHE -o workers/project/weights/confidence.json

Reads what tune_soft.py reads (the demo corpus and training rows), projects it with the published methods, and
fits one logistic regression for spans and one for absences.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parent))

from evaluation_data import ABSA_LINKS, AFRICAN, Corpus, absa, african, demo, demo_languages
from soft_fitting import fit_classifier
from tune_soft import AFRICAN_ROWS, TAGGERS

from workers.align import DEFAULT_ALIGNER, get_aligner
from workers.project import get_projector
from workers.project.batch import Floats, flatten_batch
from workers.project.confidence import EVIDENCE_NAMES, evidence_features
from workers.project.evidence import gather_evidence
from workers.tag import get_tagger

METHODS = (
    ("word-to-word", {}),
    ("word-to-word", {"preset": "original"}),
    ("ngram-candidates", {}),
    ("ngram-candidates", {"solver": "exact"}),
)


def decisions(corpus: Corpus, method: str, options: dict[str, str]) -> tuple[Floats, Floats, Floats]:
    """Features, whether there is a span, and whether the decision is right, one row per entity."""
    flat = flatten_batch(corpus.inputs)
    results = get_projector(method, **options).project(corpus.inputs)
    projections = [projection for sentence in results for projection in sentence]
    start = np.array([p.span.start if p.span else 0 for p in projections])
    end = np.array([p.span.end if p.span else 0 for p in projections])
    margin = np.array([p.margin for p in projections])
    collided = np.array([p.reason == "collision" for p in projections])
    features = evidence_features(flat, gather_evidence(flat, start, end), margin, collided)
    return features, (end > start).astype(float), np.array(right_decisions(corpus, results), dtype=float)


def right_decisions(corpus: Corpus, results: list[list[object]]) -> list[bool]:
    """A span is right when gold has it; an absence, when gold has no entity of the label left over."""
    right = []
    for sentence, gold in zip(results, corpus.gold, strict=True):
        wanted = {(e.start, e.end, e.label) for e in gold}
        found = {(p.span.start, p.span.end, p.entity.label) for p in sentence if p.span}
        left_over = {label for *_, label in wanted - found}
        for p in sentence:
            if p.span:
                right.append((p.span.start, p.span.end, p.entity.label) in wanted)
            else:
                right.append(p.entity.label not in left_over)
    return right


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--aligner", default=DEFAULT_ALIGNER)
    options = parser.parse_args()
    aligner = get_aligner(options.aligner)
    taggers = {language: get_tagger("spacy-en", **given) for language, given in TAGGERS.items()}
    corpora = [demo(language, aligner, options.cache) for language in demo_languages()]
    corpora += [
        african(options.data, target, "tune", taggers[source], aligner, options.cache, AFRICAN_ROWS)
        for target, source in AFRICAN.items()
    ]
    corpora += [absa(options.data, "es", "train", None, options.cache, links) for links in ABSA_LINKS]
    rows = [decisions(corpus, method, chosen) for corpus in corpora for method, chosen in METHODS]
    features, has_span, right = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    made: dict[str, object] = {
        "version": 1,
        "made_by": f"python tests/benchmarks/tune_confidence.py DATA --cache CACHE -o {options.output.name}",
    }
    for name, mask in (("projected", has_span > 0), ("missing", has_span == 0)):
        weight = np.ones(int(mask.sum()))
        made[name] = fit_classifier(features[mask], EVIDENCE_NAMES, right[mask] > 0, weight)
    options.output.write_text(json.dumps(made, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

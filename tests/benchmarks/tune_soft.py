"""Fit the weights of the soft method and write them beside its code.

    python tests/benchmarks/tune_soft.py DATA --cache CACHE -o workers/project/weights/soft.json

Reads the product's own demo corpus and, from the evaluation data folder, training rows only: ABSA train, and
MasakhaNER train and dev rows. Europarl has no split and is never fitted on.
Two sets of weights are made: for aligners that give a similarity matrix, and for links alone. Both are fitted
on a mixture of aligners, so that neither leans on the habits of one.
"""

import argparse
import json
import sys
from dataclasses import replace
from itertools import chain
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parent))

from evaluation_data import ABSA_LINKS, AFRICAN, Corpus, absa, african, demo, demo_languages
from soft_fitting import Described, describe, fit_set

from workers.align import DEFAULT_ALIGNER, Aligner, get_aligner
from workers.tag import get_tagger

AFRICAN_ROWS = 1500
OTHER_ALIGNER = "simalign"
OTHER_ROWS = 600
OTHER_NEWS = ("lug", "pcm", "yor")
TAGGERS = {"en": {}, "fr": {"model": "fr_core_news_md"}}


def without_scores(corpus: Corpus) -> Corpus:
    """The same with the tagger's scores lost, as in a CoNLL file: entities look like a person's."""
    inputs = [
        replace(item, entities=[replace(entity, score=1.0) for entity in item.entities])
        for item in corpus.inputs
    ]
    return replace(corpus, name=f"{corpus.name}/no-scores", inputs=inputs)


def weigh(corpus: Corpus, weight: float, decision_weight: float) -> list[Described]:
    """A corpus of predicted source entities, with the tagger's scores and, for the decisions, without."""
    return [
        describe(corpus, weight, decision_weight),
        describe(without_scores(corpus), 0.0, decision_weight / 4),
    ]


def training_sets(data: Path, cache: Path, aligner: Aligner) -> dict[str, list[Described]]:
    """What the two sets of weights are fitted on.

    Annotation of the news corpora differs by language, so they say little about boundaries; nearly all that
    is known about entities without a counterpart comes from them. The demo corpus was written to be hard, so
    it says much about boundaries and little about how often they are right.
    """
    other = get_aligner(OTHER_ALIGNER)
    taggers = {language: get_tagger("spacy-en", **given) for language, given in TAGGERS.items()}
    own = [demo(language, aligner, cache) for language in demo_languages()]
    own_other = [demo(language, other, cache) for language in demo_languages()]
    news = [
        african(data, target, "tune", taggers[source], aligner, cache, AFRICAN_ROWS)
        for target, source in AFRICAN.items()
    ]
    news_other = [
        african(data, target, "tune", taggers["en"], other, cache, OTHER_ROWS) for target in OTHER_NEWS
    ]
    reviews = absa(data, "es", "train", aligner, cache)
    given = [absa(data, "es", "train", None, cache, links) for links in ABSA_LINKS]
    alone = Corpus.without_similarity
    return {
        "similarity": [
            *(describe(corpus, 3.0, 1.5) for corpus in own),
            *(describe(corpus, 1.0, 0.5, learn=False) for corpus in own),
            *(describe(corpus, 1.5, 0.5) for corpus in own_other),
            *chain.from_iterable(weigh(corpus, 0.2, 0.6) for corpus in news),
            *(describe(corpus, 0.1, 0.2) for corpus in news_other),
            describe(reviews, 0.5, 1.5),
        ],
        "links": [
            *(describe(alone(corpus), 3.0, 1.5) for corpus in own),
            *(describe(alone(corpus), 1.0, 0.5, learn=False) for corpus in own),
            *(describe(alone(corpus), 1.5, 0.5) for corpus in own_other),
            *chain.from_iterable(weigh(alone(corpus), 0.2, 0.6) for corpus in news),
            *(describe(alone(corpus), 0.1, 0.2) for corpus in news_other),
            *(describe(corpus, 0.8, 0.6) for corpus in given),
        ],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--aligner", default=DEFAULT_ALIGNER)
    options = parser.parse_args()
    aligner = get_aligner(options.aligner)
    sets = training_sets(options.data, options.cache, aligner)
    made = {
        "version": 2,
        "made_by": f"python tests/benchmarks/tune_soft.py DATA --cache CACHE -o {options.output.name}",
        "aligners": [aligner.signature, get_aligner(OTHER_ALIGNER).signature],
        "taggers": [get_tagger("spacy-en", **given).signature for given in TAGGERS.values()],
        **{name: fit_set(parts) for name, parts in sets.items()},
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(made, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

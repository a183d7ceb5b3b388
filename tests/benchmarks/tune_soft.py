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
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parent))

from evaluation_data import ABSA_LINKS, AFRICAN, Corpus, absa, african, demo, demo_languages

from workers.align import DEFAULT_ALIGNER, Aligner, get_aligner
from workers.project.answers import EntityColumns, describe_answers, describe_entities
from workers.project.batch import FlatBatch, flatten_batch
from workers.project.ranker import log_softmax, ranker_from
from workers.project.spanfeatures import Spans, describe_spans
from workers.project.statistics import PairStatistics, learn_statistics
from workers.project.words import number_words
from workers.tag import get_tagger

UNITS, STEPS, RATE, RANKER_L2, FOLDS = 8, 150, 0.02, 2e-3, 2
CLASSIFIER_C = 0.05
MIN_SCALE = 0.02  # of a feature that hardly ever differs in the training rows
AFRICAN_ROWS = 1500
OTHER_ALIGNER = "simalign"
OTHER_ROWS = 600
OTHER_NEWS = ("lug", "pcm", "yor")
TAGGERS = {"en": {}, "fr": {"model": "fr_core_news_md"}}


@dataclass
class Described:
    """A corpus as the ranker sees it. right: (rows,) True for the span that the gold data wants.

    weight: of its entities when the ranker is fitted, 0 to leave it out; decision_weight: when the
    classifiers are.
    """

    name: str
    weight: float
    decision_weight: float
    flat: FlatBatch
    spans: Spans
    right: NDArray[np.bool_]
    of_entities: EntityColumns
    scores: NDArray[np.float64] | None = None


def describe(corpus: Corpus, weight: float, decision_weight: float) -> Described:
    statistics = PairStatistics(learn_statistics(corpus.inputs))
    flat = flatten_batch(corpus.inputs)
    words = number_words(flat, statistics.words)
    spans = describe_spans(flat, statistics, words)
    first = np.searchsorted(flat.sentence, np.arange(len(corpus.inputs)))
    labels = [entity.label for item in corpus.inputs for entity in item.entities]
    gold = [{(e.start, e.end, e.label) for e in sentence} for sentence in corpus.gold]
    right = np.zeros(len(spans.entity), dtype=bool)
    for row, (entity, start, end) in enumerate(zip(spans.entity, spans.start, spans.end, strict=True)):
        number = int(flat.sentence[entity])
        if corpus.wanted is not None:
            right[row] = corpus.wanted.get((number, int(entity - first[number]))) == (start, end)
        else:
            right[row] = (int(start), int(end), labels[entity]) in gold[number]
    of_entities = describe_entities(flat, statistics, words)
    return Described(corpus.name, weight, decision_weight, flat, spans, right, of_entities)


def without_scores(corpus: Corpus) -> Corpus:
    """The same with the tagger's scores lost, as in a CoNLL file: entities look like a person's."""
    inputs = [
        replace(item, entities=[replace(entity, score=1.0) for entity in item.entities])
        for item in corpus.inputs
    ]
    return replace(corpus, name=f"{corpus.name}/no-scores", inputs=inputs)


def fit_ranker(parts: Sequence[Described], keep: Sequence[NDArray[np.bool_]]) -> dict[str, object]:
    """Maximise the log share of the right span among each entity's candidates (entities with a right one)."""
    torch.manual_seed(0)
    used_parts = [part.weight > 0 for part in parts]
    parts = [part for part, used in zip(parts, used_parts, strict=True) if used]
    keep = [mask for mask, used in zip(keep, used_parts, strict=True) if used]
    rows = [np.flatnonzero(mask[part.spans.entity]) for part, mask in zip(parts, keep, strict=True)]
    features = np.concatenate([part.spans.features[row] for part, row in zip(parts, rows, strict=True)])
    offsets = np.cumsum([0, *(part.flat.n_entities for part in parts)])
    entity = np.concatenate(
        [part.spans.entity[row] + offset for part, row, offset in zip(parts, rows, offsets, strict=False)]
    )
    right = np.concatenate([part.right[row] for part, row in zip(parts, rows, strict=True)])
    weight = np.concatenate([np.full(part.flat.n_entities, part.weight) for part in parts])
    n = int(offsets[-1])
    has_right = np.bincount(entity[right], minlength=n) > 0
    used = has_right[entity]
    features, entity, right = features[used], torch.tensor(entity[used]), torch.tensor(right[used])
    mean, scale = features.mean(axis=0), np.maximum(features.std(axis=0), MIN_SCALE)
    inputs = torch.tensor((features - mean) / scale)
    importance = torch.tensor(weight * has_right, dtype=torch.float32)
    linear = torch.zeros(inputs.shape[1], requires_grad=True)
    hidden = (0.1 * torch.randn(inputs.shape[1], UNITS)).requires_grad_()
    bias = torch.zeros(UNITS, requires_grad=True)
    out = (0.1 * torch.randn(UNITS)).requires_grad_()
    parameters = [linear, hidden, bias, out]
    optimiser = torch.optim.Adam(parameters, lr=RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    for _ in range(STEPS):
        scores = inputs @ linear + torch.tanh(inputs @ hidden + bias) @ out
        highest = torch.full((n,), -1e9).scatter_reduce(0, entity, scores.detach(), "amax")
        exponent = torch.exp(scores - highest[entity])
        total = torch.zeros(n).index_add(0, entity, exponent)
        good = torch.zeros(n).index_add(0, entity, exponent * right)
        loss = -(torch.log((good + 1e-9) / (total + 1e-9)) * importance).sum() / importance.sum()
        loss = loss + RANKER_L2 * sum((parameter**2).sum() for parameter in parameters)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    values = {"mean": mean, "scale": scale}
    values |= {
        name: parameter.detach().numpy()
        for name, parameter in zip(("linear", "hidden", "bias", "out"), parameters, strict=True)
    }
    rounded = {name: np.round(value.astype(np.float64), 5).tolist() for name, value in values.items()}
    return {"features": list(parts[0].spans.names), **rounded}


def fit_classifier(
    features: NDArray[np.float64], names: Sequence[str], yes: NDArray[np.bool_], weight: NDArray[np.float64]
) -> dict[str, object]:
    mean, scale = features.mean(axis=0), np.maximum(features.std(axis=0), MIN_SCALE)
    model = LogisticRegression(C=CLASSIFIER_C, max_iter=5000)
    model.fit((features - mean) / scale, yes, sample_weight=weight)
    values = {"mean": mean, "scale": scale, "weights": model.coef_[0], "bias": model.intercept_[0]}
    rounded = {name: np.round(value, 5).tolist() for name, value in values.items()}
    return {"features": list(names), **rounded}


def fit_set(parts: Sequence[Described]) -> dict[str, object]:
    """The ranker on everything; the classifiers on scores of rankers that did not see the sentence."""
    for part in parts:
        part.scores = np.zeros(len(part.spans.entity))
    for fold in range(FOLDS):
        seen = [part.flat.sentence % FOLDS != fold for part in parts]
        ranker = ranker_from(fit_ranker(parts, seen))
        for part, mask in zip(parts, seen, strict=True):
            unseen = ~mask[part.spans.entity]
            part.scores[unseen] = ranker.score(part.spans.features, part.spans.names)[unseen]
    tables, exists, is_right, weights = [], [], [], []
    names: Sequence[str] = ()
    for part in parts:
        n = part.flat.n_entities
        log_share = log_softmax(part.scores, part.spans.entity, n)
        order = np.lexsort((-part.scores, part.spans.entity))
        entities, first = np.unique(part.spans.entity[order], return_index=True)
        top = np.full(n, -1)
        top[entities] = order[first]
        table, names = describe_answers(part.flat, part.spans, part.scores, log_share, top, part.of_entities)
        tables.append(table)
        exists.append(np.bincount(part.spans.entity[part.right], minlength=n) > 0)
        is_right.append((top >= 0) & part.right[top])
        weights.append(np.full(n, part.decision_weight))
    stacked, weight = np.concatenate(tables), np.concatenate(weights)
    everyone = [np.ones(part.flat.n_entities, dtype=bool) for part in parts]
    return {
        "ranker": fit_ranker(parts, everyone),
        "existence": fit_classifier(stacked, names, np.concatenate(exists), weight),
        "rightness": fit_classifier(stacked, names, np.concatenate(is_right), weight),
    }


def weigh(corpus: Corpus, weight: float, decision_weight: float) -> list[Described]:
    """A corpus of predicted source entities, with the tagger's scores and, for the decisions, without."""
    return [
        describe(corpus, weight, decision_weight),
        describe(without_scores(corpus), 0.0, decision_weight / 8),
    ]


def training_sets(data: Path, cache: Path, aligner: Aligner) -> dict[str, list[Described]]:
    """What the two sets of weights are fitted on.

    Annotation of the news corpora differs by language, so they say little about boundaries; nearly all that
    is known about entities without a counterpart comes from them.
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
            *(describe(corpus, 3.0, 3.0) for corpus in own),
            *(describe(corpus, 1.5, 1.0) for corpus in own_other),
            *chain.from_iterable(weigh(corpus, 0.2, 0.6) for corpus in news),
            *(describe(corpus, 0.1, 0.2) for corpus in news_other),
            describe(reviews, 0.5, 0.5),
        ],
        "links": [
            *(describe(alone(corpus), 3.0, 3.0) for corpus in own),
            *(describe(alone(corpus), 1.5, 1.0) for corpus in own_other),
            *chain.from_iterable(weigh(alone(corpus), 0.2, 0.6) for corpus in news),
            *(describe(alone(corpus), 0.1, 0.2) for corpus in news_other),
            *(describe(corpus, 0.8, 0.4) for corpus in given),
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

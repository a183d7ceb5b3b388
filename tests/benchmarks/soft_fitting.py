"""Fitting of the soft method's ranker and classifiers to described corpora, see tune_soft.py."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from evaluation_data import Corpus
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from workers.project.answers import EntityColumns, describe_answers, describe_entities
from workers.project.batch import FlatBatch, flatten_batch
from workers.project.ranker import classifier_from, log_softmax, ranker_from, sigmoid
from workers.project.spanfeatures import Spans, describe_spans
from workers.project.statistics import PairStatistics, learn_statistics
from workers.project.words import number_words
from workers.spans import Entity

UNITS, STEPS, RATE, RANKER_L2, FOLDS = 8, 150, 0.02, 2e-3, 2
CLASSIFIER_C = 0.05
MIN_SCALE = 0.02  # of a feature that hardly ever differs in the training rows
NOT_LIKELY = 0.55  # chance of existence up to which absence is asked


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
    gold: Sequence[Sequence[Entity]]
    of_entities: EntityColumns
    scores: NDArray[np.float64] | None = None


def describe(corpus: Corpus, weight: float, decision_weight: float, *, learn: bool = True) -> Described:
    """learn: False leaves the corpus without what its own pairs tell, as a run of a few sentences is."""
    statistics = PairStatistics(learn_statistics(corpus.inputs) if learn else None)
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
    return Described(corpus.name, weight, decision_weight, flat, spans, right, corpus.gold, of_entities)


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
    everyone = [np.ones(part.flat.n_entities, dtype=bool) for part in parts]
    return {"ranker": fit_ranker(parts, everyone), **fit_deciders(parts)}


def fit_deciders(parts: Sequence[Described]) -> dict[str, object]:
    """existence: is any candidate right; rightness: is the best one; absence: is nothing left of the label.

    Each for entities with a tagger's score and for those without. Absence is asked where a counterpart is not
    likely, and is fitted there.
    """
    tables, exists, is_right, weights, scored, nothing_left = [], [], [], [], [], []
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
        nothing_left.append(labels_used_up(part, exists[-1]))
        weights.append(np.full(n, part.decision_weight))
        scored.append(part.flat.tagger_score < 1.0)
    stacked, weight, with_score = (np.concatenate(values) for values in (tables, weights, scored))
    made = {}
    existence = np.concatenate(exists)
    chance = np.zeros(len(existence))
    for name, wanted, likely in (
        ("existence", existence, 1.0),
        ("rightness", np.concatenate(is_right), 1.0),
        ("absence", np.concatenate(nothing_left), NOT_LIKELY),
    ):
        made[name] = {}
        for kind, of_kind in (("scored", with_score), ("unscored", ~with_score)):
            mask = of_kind & (chance <= likely)
            made[name][kind] = fit_classifier(stacked[mask], names, wanted[mask], weight[mask])
            if name == "existence":
                log_odds = classifier_from(made[name][kind]).log_odds(stacked[of_kind], names)
                chance[of_kind] = sigmoid(log_odds)
    return made


def labels_used_up(part: Described, exists: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(entities,) True where every gold entity of the entity's label is another entity's counterpart."""
    labels = [entity.label for item in part.flat.inputs for entity in item.entities]
    left = [Counter(entity.label for entity in sentence) for sentence in part.gold]
    for number, label, found in zip(part.flat.sentence.tolist(), labels, exists.tolist(), strict=True):
        left[number][label] -= found
    return np.array(
        [
            not found and left[number][label] <= 0
            for number, label, found in zip(part.flat.sentence.tolist(), labels, exists.tolist(), strict=True)
        ]
    )

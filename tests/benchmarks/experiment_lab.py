"""What run_experiment.py works with: steps that are done once, corpora, silver, taggers, their scores."""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from evaluation_data import AFRICAN, Corpus, african, align_cached

from workers.align import get_aligner
from workers.conll import read_conll, replace_file, write_conll
from workers.evaluate import bootstrap_difference, bootstrap_f1, score_tags, sentence_counts
from workers.gap.files import spread
from workers.iob2 import entities_to_tags
from workers.project import DEFAULT_METHOD, ProjectionInput, get_projector
from workers.spans import Entity, Span
from workers.tag import get_tagger, get_tagger_for
from workers.training.data import SILVER, TrainingSentence, read_training_file
from workers.training.fit import train
from workers.training.options import TrainingOptions

EVERY_EMPTY = 5  # of the sentences without a name, one in so many is learnt from
LABELS = frozenset({"PER", "ORG", "LOC"})  # MISC and DATE are left out, as in the published projections
N_BOOTSTRAP = 10_000
DEBATES_TO_TRAIN_ON = 400  # of Europarl's 799; the others are tested


@dataclass(frozen=True, slots=True)
class Sizes:
    """Rows of each language to train on and to test, debates to train on, rows of each domain to test."""

    train: int
    test: int
    debates: int
    gap_test: int


class Experiment:
    """Steps that are done once: a step's result is a JSON file in WORK, with the seconds it took."""

    def __init__(self, data: Path, work: Path, languages: Sequence[str], sizes: Sizes) -> None:
        self.data, self.work, self.languages, self.sizes = data, work, languages, sizes
        self.cache = work / "cache"
        for name in ("steps", "models", "predictions", "cache"):
            (work / name).mkdir(parents=True, exist_ok=True)

    def step(self, name: str, run: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """The step's result, made now or in an earlier sitting: seconds by the clock, and of processor."""
        path = self.work / "steps" / f"{name}.json"
        if not path.exists():
            started, used = time.time(), time.process_time()
            result = run() | {
                "started": round(started, 1),
                "seconds": round(time.time() - started, 1),
                "processor_seconds": round(time.process_time() - used, 1),
                "sitting": os.getpid(),
            }
            with replace_file(path) as output:
                output.write(json.dumps(result, indent=1) + "\n")
            shown = f"{result['seconds']} s, {result['processor_seconds']} s of processor"
            print(f"{time.strftime('%H:%M:%S')} {name}: {shown}", file=sys.stderr, flush=True)
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def rows(self, language: str, part: str) -> Corpus:
        """Pairs with the source tagged by the packaged tagger of its language, and gold target."""
        tagger = get_tagger_for(AFRICAN[language])
        limit = self.sizes.train if part == "tune" else self.sizes.test
        corpus = african(self.data, language, part, tagger, get_aligner(), self.cache, limit)
        return replace(corpus, gold=[kept(entities) for entities in corpus.gold])

    def debates(self, part: str) -> Corpus:
        """Sentences of Spanish Europarl, aligned with their English, whose entities are gold."""
        source = read_training_file(self.data / "europarl" / "en.conll")
        target = read_training_file(self.data / "europarl" / "es.conll")
        first = part == "train"
        places = range(len(source))[slice(DEBATES_TO_TRAIN_ON) if first else slice(DEBATES_TO_TRAIN_ON, None)]
        limit = self.sizes.debates if first else self.sizes.gap_test
        rows = [places[k] for k in spread(len(places), limit)]
        pairs = [(source[k].tokens, target[k].tokens) for k in rows]
        alignments = align_cached(f"europarl-es-{part}", pairs, get_aligner(), self.cache)
        inputs = [
            ProjectionInput(*pair, source[k].entities, found.links, found.scores, found.similarity)
            for k, pair, found in zip(rows, pairs, alignments, strict=True)
        ]
        return Corpus(f"europarl-es-{part}", inputs, [kept(target[k].entities) for k in rows])

    def fit(
        self, name: str, sentences: Sequence[TrainingSentence], options: TrainingOptions
    ) -> dict[str, Any]:
        """Train and choose the epoch by every tenth sentence, so by sentences of the same kind."""
        sentences = sorted(sentences, key=lambda sentence: " ".join(sentence.tokens))
        dev = list(sentences[::10])
        rest = [sentence for k, sentence in enumerate(sentences) if k % 10]
        result = train(options, rest, dev, self.work / "models" / name)
        return {
            "train": len(rest), "dev": len(dev), "dev_f1": result.scores.strict.f1,
            "names": sum(len(sentence.entities) for sentence in rest),
            "tokens": sum(len(sentence.tokens) for sentence in rest),
            "signature": result.signature, "curve": result.curve,
        }  # fmt: skip

    def tagger(self, name: str) -> Any:
        return get_tagger("huggingface", model=str(self.work / "models" / name))

    def predict(self, model: str, language: str) -> list[list[str]]:
        """The model's tags of a language's test rows, from the CoNLL file of the first time."""
        path = self.work / "predictions" / f"{model}.{language}.conll"
        if path.exists():
            return [sentence.tags or [] for sentence in read_conll(path)]
        tokens = [list(item.target_tokens) for item in self.rows(language, "test").inputs]
        found = [kept(entities) for entities in self.tagger(model).tag(tokens)]
        with replace_file(path) as output:
            write_conll(output, zip(tokens, found, strict=True))
        return [entities_to_tags(one, len(words)) for one, words in zip(found, tokens, strict=True)]

    def counts(self, models: Sequence[str], languages: Sequence[str]) -> Any:
        """(sentences, 3) right, spurious and missed entities, added up over the models: seeds of one arm."""
        gold = [tags for language in languages for tags in gold_tags(self.rows(language, "test"))]

        def found_by(name: str) -> list[list[str]]:
            return [tags for language in languages for tags in self.predict(name, language)]

        return sum(sentence_counts(gold, found_by(name)) for name in models)

    def score(
        self, models: Sequence[str], languages: Sequence[str], baselines: Mapping[str, Sequence[str]]
    ) -> dict[str, Any]:
        """Strict scores of an arm on the test rows, and paired differences to other arms.

        What is resampled are sentences: all seeds of a sentence stay together.
        """
        counts = self.counts(models, languages)
        right, spurious, missed = (int(n) for n in counts.sum(axis=0))
        gains = {}
        for name, others in baselines.items():
            other = self.counts(others, languages)
            gain, p_value = bootstrap_difference(counts, other, n_bootstrap=N_BOOTSTRAP)
            gains[name] = {"value": gain.value, "low": gain.low, "high": gain.high, "p_value": p_value}
        return {
            "strict_f1_interval": asdict(bootstrap_f1(counts, n_bootstrap=N_BOOTSTRAP)),
            "precision": right / max(1, right + spurious),
            "recall": right / max(1, right + missed),
            "seeds": [bootstrap_f1(self.counts([one], languages), n_bootstrap=1).value for one in models],
            "gains": gains,
        }

    def projection_score(self, languages: Sequence[str]) -> dict[str, Any]:
        """What projecting the test rows themselves would give, which needs their source."""
        corpora = [self.rows(language, "test") for language in languages]
        gold = [tags for corpus in corpora for tags in gold_tags(corpus)]
        tags = [sentence.tags for corpus in corpora for sentence in silver_of(corpus)]
        scores = score_tags(gold, tags, n_bootstrap=N_BOOTSTRAP)
        strict = scores.strict
        return {
            "strict_f1_interval": asdict(scores.strict_f1_interval),
            "precision": strict.precision,
            "recall": strict.recall,
        }

    def groups(self) -> dict[str, list[str]]:
        """What is scored: each language, and all of them together."""
        return {language: [language] for language in self.languages} | {"all": list(self.languages)}


def kept(entities: Sequence[Entity]) -> list[Entity]:
    return [entity for entity in entities if entity.label in LABELS]


def gold_tags(corpus: Corpus) -> list[list[str]]:
    return [
        entities_to_tags(entities, len(item.target_tokens))
        for item, entities in zip(corpus.inputs, corpus.gold, strict=True)
    ]


def silver_of(corpus: Corpus) -> list[TrainingSentence]:
    """The corpus projected with the default method, which first learns from it as a run does.

    What it left out is known by its best alternative, as in an export.
    """
    statistics = get_projector(DEFAULT_METHOD).learn(corpus.inputs)  # type: ignore[attr-defined]
    projected = get_projector(DEFAULT_METHOD, statistics=statistics).project(corpus.inputs)
    return [
        TrainingSentence(
            item.target_tokens,
            kept([Entity(p.span.start, p.span.end, p.entity.label, p.confidence) for p in found if p.span]),
            SILVER,
            left_out=[
                Span(p.alternatives[0].start, p.alternatives[0].end)
                for p in found
                if p.span is None and p.alternatives and p.entity.label in LABELS
            ],
        )
        for item, found in zip(corpus.inputs, projected, strict=True)
    ]


def thinned(sentences: Sequence[TrainingSentence]) -> list[TrainingSentence]:
    """Every sentence with a name, and one in EVERY_EMPTY of the others."""
    empty = [sentence for sentence in sentences if not sentence.entities]
    return [*(sentence for sentence in sentences if sentence.entities), *empty[::EVERY_EMPTY]]


def as_many_names(sentences: Sequence[TrainingSentence], n_names: int) -> list[TrainingSentence]:
    """Evenly spread sentences that hold about n_names names: a budget that two arms can share."""
    total = sum(len(sentence.entities) for sentence in sentences)
    n = min(len(sentences), round(len(sentences) * n_names / max(1, total)))
    return [sentences[k] for k in spread(len(sentences), n)]

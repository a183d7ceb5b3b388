"""The founding question on the evaluation data, from silver to the gap report, in one command.

    python tests/benchmarks/run_experiment.py DATA WORK [--languages lug pcm yor wol] [--scale N]

1. The same base model is trained on English gold (Europarl) and on English news that the packaged tagger
   labelled; each reads the African languages without having seen them: zero-shot transfer.
2. Names of the source (English, for Wolof French) are tagged and projected with the default method onto
   training rows: silver. One tagger learns from the silver of all languages.
3. It goes on with n gold sentences of the first language: the learning curve.
4. Parliament against news: the silver tagger of step 2 (news), the same gone on with projected Spanish
   debates (parliament), and the transfer model, clean and under five kinds of noise: the gap report.
5. All of Europarl's English gold, instead of as many sentences as there is silver of a language.

Test rows are scored once, at the end of each step. WORK keeps every step's result, model and prediction: a
run that was stopped goes on, and WORK/experiment.md holds the tables. Remove WORK to measure again.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parent))

from evaluation_data import AFRICAN, Corpus, african, align_cached  # noqa: E402
from experiment_tables import write_tables  # noqa: E402

from workers import model_cache  # noqa: E402
from workers.align import get_aligner  # noqa: E402
from workers.conll import read_conll, replace_file, write_conll  # noqa: E402
from workers.evaluate import bootstrap_difference, score_tags, sentence_counts  # noqa: E402
from workers.gap.files import spread, write_report  # noqa: E402
from workers.gap.matrix import GapSettings, fill_matrix  # noqa: E402
from workers.gap.report import make_report  # noqa: E402
from workers.gap.systems import Domain, TaggerSystem  # noqa: E402
from workers.iob2 import entities_to_tags  # noqa: E402
from workers.project import DEFAULT_METHOD, ProjectionInput, get_projector  # noqa: E402
from workers.spans import Entity  # noqa: E402
from workers.tag import get_tagger, get_tagger_for  # noqa: E402
from workers.training.data import GOLD, SILVER, TrainingSentence, read_training_file  # noqa: E402
from workers.training.fit import train  # noqa: E402
from workers.training.options import TrainingOptions  # noqa: E402

TRAIN_ROWS, TEST_ROWS = 300, 200  # of each language, times --scale
GAP_TRAIN_ROWS, GAP_TEST_ROWS = 200, 60  # of each domain, times --scale, as far as Europarl goes
EVERY_EMPTY = 5  # of the silver sentences without a name, one in so many is learnt from
BASE = TrainingOptions(layers=6, frozen_layers=4, epochs=3, batch_size=8, learning_rate=3e-4, max_length=128)
LONGER = replace(BASE, epochs=4)
MORE = {"layers": None, "learning_rate": 2e-4}  # when the silver tagger goes on with gold
CURVE = (50, 200)
NOISES, SEVERITIES = ("typos", "ocr", "asr", "diacritics", "entities"), (0.1, 0.3)
LABELS = frozenset({"PER", "ORG", "LOC"})  # MISC and DATE are left out, as in the published projections
N_BOOTSTRAP = 10_000


class Experiment:
    """Steps that are done once: a step's result is a JSON file in WORK, with the seconds it took."""

    def __init__(self, data: Path, work: Path, languages: Sequence[str], scale: int = 1) -> None:
        self.data, self.work, self.languages = data, work, languages
        self.train_rows, self.test_rows = scale * TRAIN_ROWS, scale * TEST_ROWS
        self.gap_train_rows, self.gap_test_rows = scale * GAP_TRAIN_ROWS, scale * GAP_TEST_ROWS
        self.cache = work / "cache"
        for name in ("steps", "models", "predictions", "cache"):
            (work / name).mkdir(parents=True, exist_ok=True)

    def step(self, name: str, run: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        path = self.work / "steps" / f"{name}.json"
        if not path.exists():
            started = time.monotonic()
            result = run() | {"seconds": round(time.monotonic() - started, 1)}
            with replace_file(path) as output:
                output.write(json.dumps(result, indent=1) + "\n")
            print(f"{time.strftime('%H:%M:%S')} {name}: {result['seconds']} s", flush=True)
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def rows(self, language: str, part: str) -> Corpus:
        """Pairs with the source tagged by the packaged tagger of its language, and gold target."""
        tagger = get_tagger_for(AFRICAN[language])
        limit = self.train_rows if part == "tune" else self.test_rows
        corpus = african(self.data, language, part, tagger, get_aligner(), self.cache, limit)
        return replace(corpus, gold=[kept(entities) for entities in corpus.gold])

    def silver(self, corpus: Corpus) -> list[TrainingSentence]:
        """The corpus projected with the default method, which first learns from it as a run does."""
        statistics = get_projector(DEFAULT_METHOD).learn(corpus.inputs)  # type: ignore[attr-defined]
        projected = get_projector(DEFAULT_METHOD, statistics=statistics).project(corpus.inputs)
        return [
            TrainingSentence(
                item.target_tokens,
                kept(
                    [Entity(p.span.start, p.span.end, p.entity.label, p.confidence) for p in found if p.span]
                ),
                SILVER,
            )
            for item, found in zip(corpus.inputs, projected, strict=True)
        ]

    def fit(
        self, name: str, sentences: Sequence[TrainingSentence], options: TrainingOptions, every: int = 10
    ) -> dict[str, Any]:
        """Train and choose the epoch by every tenth sentence, so by sentences of the same kind."""
        dev = list(sentences[::every])
        rest = [sentence for k, sentence in enumerate(sentences) if k % every]
        folder = self.work / "models" / name
        result = train(options, rest, dev, folder)
        return {
            "train": len(rest), "dev": len(dev), "dev_f1": result.scores.strict.f1,
            "signature": result.signature, "curve": result.curve,
        }  # fmt: skip

    def predict(self, model: str, language: str) -> list[list[str]]:
        """The model's tags of a language's test rows, from the CoNLL file of the first time."""
        path = self.work / "predictions" / f"{model}.{language}.conll"
        if path.exists():
            return [sentence.tags or [] for sentence in read_conll(path)]
        tokens = [list(item.target_tokens) for item in self.rows(language, "test").inputs]
        found = get_tagger("huggingface", model=str(self.work / "models" / model)).tag(tokens)
        entities = [[e for e in one if e.label in LABELS] for one in found]
        with replace_file(path) as output:
            write_conll(output, zip(tokens, entities, strict=True))
        return [entities_to_tags(one, len(words)) for one, words in zip(entities, tokens, strict=True)]

    def score(self, model: str, language: str, baselines: Sequence[str] = ()) -> dict[str, Any]:
        gold = [
            entities_to_tags(entities, len(item.target_tokens))
            for item, entities in zip(*self._test(language), strict=True)
        ]
        tags = self.predict(model, language)
        scores = score_tags(gold, tags, n_bootstrap=N_BOOTSTRAP).to_dict()
        counts = sentence_counts(gold, tags)
        gains = {}
        for name in baselines:
            other = sentence_counts(gold, self.predict(name, language))
            gain, p_value = bootstrap_difference(counts, other, n_bootstrap=N_BOOTSTRAP)
            gains[name] = {"value": gain.value, "low": gain.low, "high": gain.high, "p_value": p_value}
        return {"scores": scores, "gains": gains}

    def _test(self, language: str) -> tuple[list[Any], list[list[Entity]]]:
        corpus = self.rows(language, "test")
        return corpus.inputs, corpus.gold

    def projection_score(self, language: str) -> dict[str, Any]:
        """What projecting the test rows themselves would give, which needs their English."""
        corpus = self.rows(language, "test")
        gold = [
            entities_to_tags(g, len(i.target_tokens)) for i, g in zip(corpus.inputs, corpus.gold, strict=True)
        ]
        tags = [sentence.tags for sentence in self.silver(corpus)]
        return {"scores": score_tags(gold, tags, n_bootstrap=N_BOOTSTRAP).to_dict()}


def kept(entities: Sequence[Entity]) -> list[Entity]:
    return [entity for entity in entities if entity.label in LABELS]


def zero_shot(lab: Experiment) -> None:
    """As many English sentences of each kind as there are silver ones of one language."""

    def english_tagged() -> list[TrainingSentence]:
        english = [language for language in lab.languages if AFRICAN[language] == "en"]
        inputs = [item for language in english for item in lab.rows(language, "tune").inputs]
        picked = [inputs[k] for k in spread(len(inputs), lab.train_rows)]
        return [TrainingSentence(item.source_tokens, kept(item.entities), SILVER) for item in picked]

    lab.step("train-english-tagged", lambda: lab.fit("english-tagged", english_tagged(), BASE))
    lab.step("train-english-gold", lambda: lab.fit("english-gold", english_gold(lab, lab.train_rows), BASE))


def english_gold(lab: Experiment, limit: int | None) -> list[TrainingSentence]:
    sentences = read_training_file(lab.data / "europarl" / "en.conll")
    picked = [sentences[k] for k in spread(len(sentences), limit)]
    return [replace(sentence, entities=kept(sentence.entities)) for sentence in picked]


def all_english_gold(lab: Experiment) -> None:
    name = "english-gold-all"
    lab.step(f"train-{name}", lambda: lab.fit(name, english_gold(lab, None), BASE))
    for language in lab.languages:
        lab.step(
            f"all-gold-{language}",
            lambda language=language: {
                name: lab.score(name, language),
                "silver": lab.score("silver", language, (name,)),
            },
        )


def silver_tagger(lab: Experiment) -> None:
    def silver() -> list[TrainingSentence]:
        rows = [one for language in lab.languages for one in lab.silver(lab.rows(language, "tune"))]
        empty = [sentence for sentence in rows if not sentence.entities]
        full = [sentence for sentence in rows if sentence.entities]
        return sorted([*full, *empty[::EVERY_EMPTY]], key=lambda sentence: " ".join(sentence.tokens))

    lab.step("train-silver", lambda: lab.fit("silver", silver(), LONGER))
    for language in lab.languages:
        lab.step(
            f"score-{language}",
            lambda language=language: {
                "english-gold": lab.score("english-gold", language),
                "english-tagged": lab.score("english-tagged", language),
                "silver": lab.score("silver", language, ("english-gold", "english-tagged")),
                "projection": lab.projection_score(language),
            },
        )


def learning_curve(lab: Experiment) -> None:
    language = lab.languages[0]
    corpus = lab.rows(language, "tune")
    for n in CURVE:
        name = f"silver-{language}-gold-{n}"
        reviewed = [
            TrainingSentence(corpus.inputs[k].target_tokens, corpus.gold[k], GOLD)
            for k in spread(len(corpus.gold), n)
        ]
        options = replace(BASE, model=str(lab.work / "models" / "silver"), **MORE)
        lab.step(
            f"train-{name}",
            lambda name=name, data=reviewed, options=options: lab.fit(name, data, options, every=5),
        )
        lab.step(f"score-{name}", lambda name=name: lab.score(name, language, ("silver",)))


def gap(lab: Experiment) -> None:
    """Spanish parliament: sentences 1-400 to train on, the others to test on. News: two languages."""
    first, last = spread(400, lab.gap_train_rows), [400 + k for k in spread(399, lab.gap_test_rows)]

    def parliament() -> list[TrainingSentence]:
        return lab.silver(debates(lab, "train", first))

    options = replace(LONGER, model=str(lab.work / "models" / "silver"), **MORE)
    lab.step("train-parliament", lambda: lab.fit("parliament", parliament(), options))

    def report() -> dict[str, Any]:
        test = debates(lab, "test", last)
        papers = [lab.rows(language, "test") for language in lab.languages[:2]]
        half = [(paper, k) for paper in papers for k in spread(len(paper.gold), lab.gap_test_rows // 2)]
        domains = [
            make_domain("parliament", [(test, k) for k in range(len(last))], source_gold=True),
            make_domain("news", half, source_gold=False),
        ]
        taggers = {"parliament": "parliament", "news": "silver", "transfer": "english-tagged"}
        systems: list[Any] = [
            TaggerSystem(name, get_tagger("huggingface", model=str(lab.work / "models" / model)), LABELS)
            for name, model in taggers.items()
        ]
        settings = GapSettings(NOISES, SEVERITIES, n_bootstrap=2_000)
        matrix = fill_matrix(systems, domains, settings)
        made = make_report(matrix, systems, domains, settings, pairs=[("parliament", "news")])
        names = " ".join(lab.languages)
        made["command"] = f"python tests/benchmarks/run_experiment.py DATA WORK --languages {names}"
        write_report(lab.work / "gap", made, matrix)
        return {"signature": made["signature"]}

    lab.step("gap", report)


def debates(lab: Experiment, part: str, rows: Sequence[int]) -> Corpus:
    """Some sentences of Spanish Europarl, aligned with their English, whose entities are gold."""
    source = read_training_file(lab.data / "europarl" / "en.conll")
    target = read_training_file(lab.data / "europarl" / "es.conll")
    pairs = [(source[k].tokens, target[k].tokens) for k in rows]
    alignments = align_cached(f"europarl-es-{part}", pairs, get_aligner(), lab.cache)
    inputs = [
        ProjectionInput(*pair, source[k].entities, found.links, found.scores, found.similarity)
        for k, pair, found in zip(rows, pairs, alignments, strict=True)
    ]
    return Corpus(f"europarl-es-{part}", inputs, [list(target[k].entities) for k in rows])


def make_domain(name: str, rows: Sequence[tuple[Corpus, int]], *, source_gold: bool) -> Domain:
    inputs = [corpus.inputs[k] for corpus, k in rows]
    return Domain(
        name,
        [item.target_tokens for item in inputs],
        [kept(corpus.gold[k]) for corpus, k in rows],
        "es" if name == "parliament" else "und",
        [item.source_tokens for item in inputs],
        [kept(item.entities) for item in inputs],
        source_gold=source_gold,
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--languages", nargs="+", choices=AFRICAN, default=list(AFRICAN))
    parser.add_argument(
        "--scale", type=int, default=1, help="times as many sentences everywhere (default: 1)"
    )
    parser.add_argument("--threads", type=int)
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    model_cache.configure(threads=options.threads, device=options.device)
    lab = Experiment(options.data, options.work, options.languages, options.scale)
    for part in (zero_shot, silver_tagger, learning_curve, gap, all_english_gold):
        part(lab)
        for path in write_tables(options.work):
            print(path, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

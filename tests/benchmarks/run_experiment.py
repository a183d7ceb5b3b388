"""The founding question on the evaluation data, from silver to the gap report, in one command.

    python tests/benchmarks/run_experiment.py DATA WORK [--languages lug pcm yor wol] [--scale 1.0]

1. Silver: names of the source (English, for Wolof French) are tagged, projected with the default method onto
   training rows, and one tagger learns from the silver of all languages; another one from the silver and its
   source sides, which is how a project's training learns. Silver as it counted before is the ablation: words
   by their confidence, and what was left out as no name. So are a few reviewed sentences of each language
   without any silver, alone and with their source sides.
2. Zero-shot transfer of the same base model: trained on all of Europarl's English gold; and trained on the
   source sides of the silver rows with the packaged taggers' labels, so with everything but projection.
   These and the two silver arms are trained with every seed of SEEDS.
3. Domains. All three arms go on from the transfer tagger with the same number of names: projected Spanish
   debates (parliament), projected news (news), half of each (mixed). With transfer and three projection
   methods they are scored on debates and news, clean and under five kinds of noise: the gap report.
4. The learning curve: the silver tagger goes on with its silver, of which n sentences of each language were
   reviewed.

Training reads train and dev rows, test rows are only scored. WORK keeps every step's result, model and
prediction: a run that was stopped goes on, and WORK/experiment.md holds the tables. Remove WORK to measure
again.
"""

import argparse
import itertools
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # on a busy machine threads that spin wait for each other
sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parent))

from evaluation_data import AFRICAN, Corpus  # noqa: E402
from experiment_lab import (  # noqa: E402
    LABELS,
    Experiment,
    Sizes,
    as_many_names,
    kept,
    silver_of,
    thinned,
)
from experiment_tables import write_tables  # noqa: E402

from workers import model_cache  # noqa: E402
from workers.align import get_aligner  # noqa: E402
from workers.gap.files import spread, write_report  # noqa: E402
from workers.gap.matrix import GapSettings, fill_matrix  # noqa: E402
from workers.gap.memory import RememberingAligner, RememberingTagger  # noqa: E402
from workers.gap.report import make_report  # noqa: E402
from workers.gap.systems import Domain, ProjectionSystem, TaggerSystem  # noqa: E402
from workers.training.data import GOLD, SOURCE, TrainingSentence, read_training_file  # noqa: E402
from workers.training.options import TrainingOptions  # noqa: E402

SIZES = Sizes(train=240, test=150, debates=400, gap_test=100)  # times --scale, as far as the data goes
BASE = TrainingOptions(layers=6, frozen_layers=4, epochs=4, batch_size=8, learning_rate=3e-4, max_length=128)
FURTHER = {"layers": None, "learning_rate": 2e-4}  # when a tagger goes on
SEEDS = (0, 1)
FEW = 60  # reviewed sentences of each language, where there is nothing else
REVIEWED = (0, 50, 150)  # sentences of each language; 0 is the control, the same epochs without reviews
NOISES, SEVERITIES = ("typos", "ocr", "asr", "diacritics", "entities"), (0.1, 0.3)
PROJECTIONS = {"projection": "soft", "word-to-word": "word-to-word", "n-grams": "ngram-candidates"}
PAIRS = (("parliament", "news"), ("mixed", "news"), ("news", "transfer"), ("projection", "news"))


def transfer(lab: Experiment) -> None:
    """Silver, silver with its source sides, and the same base model that saw no projection."""
    arms: dict[str, Callable[[], list[TrainingSentence]]] = {
        "silver": lambda: all_silver(lab),
        "english-gold": lambda: english_gold(lab),
        "tagged-source": lambda: tagged_source(lab),
        "silver-and-source": lambda: [*all_silver(lab), *tagged_source(lab)],
    }
    for seed in SEEDS:
        for arm, rows in arms.items():
            train_arm(lab, of_seed(arm, seed), rows, replace(BASE, seed=seed))
    train_arm(lab, "silver-as-before", arms["silver"], replace(BASE, weights="confidence", left_out="count"))
    train_arm(lab, "few-reviews", lambda: few_reviews(lab)[0], BASE)
    train_arm(lab, "few-reviews-and-source", lambda: [*itertools.chain(*few_reviews(lab))], BASE)
    seeds = {arm: [of_seed(arm, seed) for seed in SEEDS] for arm in arms}
    zero_shot = {arm: seeds[arm] for arm in ("english-gold", "tagged-source")}
    for group, languages in lab.groups().items():
        lab.step(
            f"score-{group}",
            lambda languages=languages: {
                "english-gold": lab.score(seeds["english-gold"], languages, {}),
                "tagged-source": lab.score(seeds["tagged-source"], languages, {}),
                "silver": lab.score(seeds["silver"], languages, zero_shot),
                "silver-and-source": lab.score(seeds["silver-and-source"], languages, zero_shot),
                "silver-as-before": lab.score(["silver-as-before"], languages, {"silver": ["silver"]}),
                "few-reviews": lab.score(["few-reviews"], languages, {}),
                "few-reviews-and-source": lab.score(
                    ["few-reviews-and-source"], languages, {"few-reviews": ["few-reviews"]}
                ),
                "projection": lab.projection_score(languages),
            },
        )


def of_seed(arm: str, seed: int) -> str:
    return f"{arm}-seed-{seed}" if seed else arm


def train_arm(
    lab: Experiment, name: str, rows: Callable[[], list[TrainingSentence]], options: TrainingOptions
) -> None:
    lab.step(f"train-{name}", lambda: lab.fit(name, rows(), options))


def all_silver(lab: Experiment) -> list[TrainingSentence]:
    return thinned([one for language in lab.languages for one in silver_of(lab.rows(language, "tune"))])


def english_gold(lab: Experiment) -> list[TrainingSentence]:
    sentences = read_training_file(lab.data / "europarl" / "en.conll")
    return [replace(sentence, entities=kept(sentence.entities)) for sentence in sentences]


def tagged_source(lab: Experiment) -> list[TrainingSentence]:
    inputs = [item for language in lab.languages for item in lab.rows(language, "tune").inputs]
    return thinned([TrainingSentence(i.source_tokens, kept(i.entities), SOURCE) for i in inputs])


def few_reviews(lab: Experiment) -> tuple[list[TrainingSentence], list[TrainingSentence]]:
    """FEW gold sentences of each language, and their tagged source sides."""
    gold, sources = [], []
    for language in lab.languages:
        corpus = lab.rows(language, "tune")
        for k in spread(len(corpus.gold), FEW):
            pair = corpus.inputs[k]
            gold.append(TrainingSentence(pair.target_tokens, corpus.gold[k], GOLD))
            sources.append(TrainingSentence(pair.source_tokens, kept(pair.entities), SOURCE))
    return thinned(gold), thinned(sources)


def domains(lab: Experiment) -> None:
    """Three arms with the same number of names, all going on from the same tagger."""
    options = replace(BASE, model=str(lab.work / "models" / "tagged-source"), **FURTHER)

    def rows(name: str) -> list[TrainingSentence]:
        parliament = thinned(silver_of(lab.debates("train")))
        n_names = sum(len(sentence.entities) for sentence in parliament)
        news = as_many_names(all_silver(lab), n_names)
        mixed = [*as_many_names(parliament, n_names // 2), *as_many_names(news, n_names // 2)]
        return {"parliament": parliament, "news": news, "mixed": mixed}[name]

    for name in ("parliament", "news", "mixed"):
        train_arm(lab, name, lambda name=name: rows(name), options)


def gap(lab: Experiment) -> None:
    """The second half of the debates, and test rows of the news of all languages."""

    def report() -> dict[str, Any]:
        debates = lab.debates("test")
        each = lab.sizes.gap_test // len(lab.languages)
        papers = [lab.rows(language, "test") for language in lab.languages]
        articles = [(paper, k) for paper in papers for k in spread(len(paper.gold), each)]
        tested = [
            make_domain("parliament", [(debates, k) for k in range(len(debates.gold))], source_gold=True),
            make_domain("news", articles, source_gold=False),
        ]
        models = {"parliament": "parliament", "news": "news", "mixed": "mixed", "transfer": "tagged-source"}
        aligner = RememberingAligner(get_aligner())
        systems: list[Any] = [
            *(
                TaggerSystem(name, RememberingTagger(lab.tagger(model)), LABELS)
                for name, model in models.items()
            ),
            *(ProjectionSystem(name, method, aligner) for name, method in PROJECTIONS.items()),
        ]
        settings = GapSettings(NOISES, SEVERITIES, n_bootstrap=2_000)
        matrix = fill_matrix(systems, tested, settings)
        made = make_report(matrix, systems, tested, settings, pairs=PAIRS)
        names = " ".join(lab.languages)
        made["command"] = f"python tests/benchmarks/run_experiment.py DATA WORK --languages {names}"
        write_report(lab.work / "gap", made, matrix)
        return {"signature": made["signature"]}

    lab.step("gap", report)


def make_domain(name: str, rows: Sequence[tuple[Corpus, int]], *, source_gold: bool) -> Domain:
    inputs = [corpus.inputs[k] for corpus, k in rows]
    return Domain(
        name,
        [item.target_tokens for item in inputs],
        [corpus.gold[k] for corpus, k in rows],
        "es" if name == "parliament" else "und",
        [item.source_tokens for item in inputs],
        [kept(item.entities) for item in inputs],
        source_gold=source_gold,
    )


def learning_curve(lab: Experiment) -> None:
    """A review turns a silver sentence into a gold one; everything else stays as it was."""
    options = replace(BASE, model=str(lab.work / "models" / "silver"), epochs=2, **FURTHER)

    def reviewed(n: int) -> list[TrainingSentence]:
        rows: list[TrainingSentence] = []
        for language in lab.languages:
            corpus = lab.rows(language, "tune")
            sentences = silver_of(corpus)
            for k in spread(len(sentences), n):
                sentences[k] = TrainingSentence(sentences[k].tokens, corpus.gold[k], GOLD)
            rows += sentences
        return thinned(rows)

    for n in REVIEWED:
        name = f"reviewed-{n}"
        train_arm(lab, name, lambda n=n: reviewed(n), options)
        baselines = {one: [one] for one in (("silver",) if n == 0 else ("silver", "reviewed-0"))}
        for group, languages in lab.groups().items():
            lab.step(
                f"curve-{group}-{n}",
                lambda name=name, languages=languages, baselines=baselines: lab.score(
                    [name], languages, baselines
                ),
            )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--languages", nargs="+", choices=AFRICAN, default=list(AFRICAN))
    parser.add_argument(
        "--scale", type=float, default=1.0, help="times as many sentences everywhere (default: 1)"
    )
    parser.add_argument("--threads", type=int, help="(default: one per core)")
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    model_cache.configure(threads=options.threads, device=options.device)
    sizes = Sizes(*(max(8, round(n * options.scale)) for n in astuple(SIZES)))
    lab = Experiment(options.data, options.work, options.languages, sizes)
    for part in (transfer, domains, gap, learning_curve):
        part(lab)
        for path in write_tables(options.work):
            print(path, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

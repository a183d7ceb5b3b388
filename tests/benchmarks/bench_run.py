"""A whole projection run in one process: where its time goes, and whether its memory stays flat.

    DATABASE_URL=... python tests/benchmarks/bench_run.py [--pairs 10000] [--labelled] [--method soft]
    DATABASE_URL=... python tests/benchmarks/bench_run.py --source en.conll --target es.conll
    DATABASE_URL=... python tests/benchmarks/bench_run.py --translator FOLDER [--markers easyproject]

Does what a worker does for each chunk (claim, load, translate, tag, align, project, save), on a database of
its own that is dropped at the end. With --translator the targets are left out and the route is
translate-train. Sentences are those of the demo corpus or of two CoNLL files, over and over, each repetition
with its number at the end, so that no encoding can be used twice.
"""

# ruff: noqa: E402  (Django is set up before its models are imported)

import argparse
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from uuid import uuid4

import psutil

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "projector_site.settings")

import django

django.setup()

import msgspec
from django.db import connection

from annotations.actions.run_choices import default_names
from annotations.models import Project, ProjectionRun, SentencePair, SourceEntity, User
from annotations.tokens import join_tokens
from workers import store
from workers.conll import read_conll
from workers.iob2 import tags_to_entities
from workers.pipeline import learn, process
from workers.signature import run_signature
from workers.stages import Stages, load_stages
from workers.tasks import SAMPLE_PAIRS

Sentence = tuple[list[str], list[str], list[tuple[int, int, str]]]
seconds: defaultdict[str, float] = defaultdict(float)


@contextmanager
def timed(what: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    seconds[what] += time.perf_counter() - started


class TimedStage:
    """A stage whose work is timed under its name."""

    def __init__(self, stage: object, verb: str) -> None:
        self.stage, self.verb = stage, verb

    def __getattr__(self, name: str) -> object:
        found = getattr(self.stage, name)
        if name != self.verb:
            return found

        def work(batch: object) -> object:
            with timed(self.verb):
                return found(batch)

        return work


def demo_sentences() -> list[Sentence]:
    lines = (ROOT / "annotations" / "demo" / "en-es.jsonl").read_bytes().splitlines()
    rows = [msgspec.json.decode(line) for line in lines]
    return [(row["source"], row["target"], row["source_entities"]) for row in rows]


def conll_sentences(source: Path, target: Path) -> list[Sentence]:
    pairs = zip(read_conll(source, lenient=True), read_conll(target, lenient=True), strict=True)
    return [
        (
            list(s.tokens),
            list(t.tokens),
            [(e.start, e.end, e.label) for e in tags_to_entities(s.tags or [], lenient=True)],
        )
        for s, t in pairs
        if s.tokens and t.tokens
    ]


def add_pairs(
    project: Project, sentences: list[Sentence], n_pairs: int, *, labelled: bool, one_sided: bool
) -> None:
    pairs, entities = [], []
    for number, (source, target, spans) in enumerate(islice(cycle(sentences), n_pairs)):
        source_text, source_offsets = join_tokens([*source, str(number)])
        target_text, target_offsets = join_tokens([] if one_sided else [*target, str(number)])
        pairs.append(
            SentencePair(
                project=project,
                source_language="en",
                target_language="es",
                source_text=source_text,
                source_offsets=source_offsets,
                target_text=target_text,
                target_offsets=target_offsets,
                has_source_labels=labelled,
                fingerprint=f"{number:064d}",
            )
        )
        entities.append(spans if labelled else [])
    SentencePair.objects.bulk_create(pairs, batch_size=2_000)
    SourceEntity.objects.bulk_create(
        (
            SourceEntity(pair=pair, start=start, end=end, label=label)
            for pair, spans in zip(pairs, entities, strict=True)
            for start, end, label in spans
        ),
        batch_size=5_000,
    )


def prepare(run: ProjectionRun) -> Stages:
    token = uuid4()
    store.claim_run(run.pk, token)
    store.create_chunks(run.pk)
    with timed("load models"):
        stages = load_stages(store.get_config(run.pk))
    with timed("learn"):
        sample = store.load_sample(run.pk, SAMPLE_PAIRS) if hasattr(stages.projector, "learn") else []
        statistics = learn(sample, stages, cache=store.translations_of(run.pk))
    config = replace(store.get_config(run.pk), statistics=statistics)
    stages = load_stages(config)
    signature = run_signature(config, stages)
    store.finish_preparation(run.pk, token, statistics=statistics, signature=signature)
    return replace(
        stages,
        translator=TimedStage(stages.translator, "translate") if stages.translator else None,
        aligner=TimedStage(stages.aligner, "align"),
        projector=TimedStage(stages.projector, "project"),
        tagger=TimedStage(stages.tagger, "tag") if stages.tagger else None,
    )


def work(run: ProjectionRun, stages: Stages) -> list[float]:
    """Do all chunks. Returns the process's memory in MB after each."""
    memory = []
    while True:
        with timed("claim and load"):
            claim = store.claim_chunk(run.pk, uuid4())
            pairs = store.load_pairs(claim) if claim else []
        if claim is None:
            return memory
        with timed("process"):
            outputs = process(
                pairs,
                stages,
                cache=store.translations_of(run.pk),
                report=lambda stage, claim=claim: store.report_stage(claim, stage),
            )
        with timed("save"):
            store.save_chunk(claim, outputs, seconds=0.0)
        memory.append(psutil.Process().memory_info().rss / 1e6)


def report(run: ProjectionRun, memory: list[float], wall_s: float) -> None:
    run.refresh_from_db()
    models = seconds["translate"] + seconds["tag"] + seconds["align"] + seconds["project"]
    seconds["checks and cache"] = seconds.pop("process") - models
    print(
        f"{run.n_done} pairs, {run.n_candidates} suggestions, {run.n_missing} without a target, {run.status}"
    )
    print(f"{run.n_done / wall_s:.1f} pairs/s ({wall_s:.1f} s; before that, ", end="")
    print(f"models {seconds.pop('load models'):.1f} s, learning {seconds.pop('learn'):.1f} s)")
    for what, spent in sorted(seconds.items(), key=lambda item: -item[1]):
        share, each_ms = 100 * spent / wall_s, 1e3 * spent / run.n_done
        print(f"  {what:16} {spent:8.2f} s  {share:5.1f} %  {each_ms:6.3f} ms a pair")
    outside = sum(seconds[what] for what in ("claim and load", "checks and cache", "save"))
    print(f"outside the models: {100 * outside / wall_s:.1f} % of the time")
    tenth = len(memory) // 10
    print(f"memory: {memory[0]:.0f} MB after the first chunk, {memory[tenth]:.0f} after a tenth, ", end="")
    print(f"{memory[len(memory) // 2]:.0f} half-way, {memory[-1]:.0f} at the end, {max(memory):.0f} at most")
    print(run.signature)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=int, default=10_000)
    parser.add_argument("--labelled", action="store_true", help="entities as imported; no tagger runs")
    parser.add_argument("--source", type=Path, help="CoNLL file of source sentences")
    parser.add_argument("--target", type=Path, help="CoNLL file of their translations")
    parser.add_argument("--method")
    parser.add_argument("--aligner")
    parser.add_argument("--translator", help="folder of a translator; sources alone are then imported")
    parser.add_argument("--markers", default="off", help="with --translator: off or easyproject")
    options = parser.parse_args()
    sentences = conll_sentences(options.source, options.target) if options.source else demo_sentences()

    old_name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        user = User.objects.create(username="benchmark")
        project = Project.objects.create(name="Benchmark", created_by=user)
        one_sided = bool(options.translator)
        add_pairs(project, sentences, options.pairs, labelled=options.labelled, one_sided=one_sided)
        choices = default_names("translate-train" if one_sided else "bitext") | {
            k: getattr(options, k) for k in ("method", "aligner") if getattr(options, k)
        }
        if one_sided:
            choices |= {"markers": options.markers, "translator_options": {"model": options.translator}}
        run = ProjectionRun.objects.create(project=project, created_by=user, target_language="es", **choices)
        stages = prepare(run)
        started = time.perf_counter()
        memory = work(run, stages)
        report(run, memory, time.perf_counter() - started)
    finally:
        connection.creation.destroy_test_db(old_name, verbosity=0)


if __name__ == "__main__":
    main()

"""A scripted annotator corrects real projections to gold in a real browser, with keys only.

    python tests/benchmarks/bench_annotator.py [--data FOLDER] [--sample 200] [--languages es,de]

Without --data the demo corpus is corrected; with it, Europarl and the African news corpora of the evaluation
data too. The machine's part is what a run does: the packaged encoder aligns, method `soft` projects. A
database server of its own is started, unless DATABASE_URL names one. The annotator knows gold and takes the
shortest way it sees; a key with Shift counts as one. Printed: keys a sentence, and a wrong entity, by fault.
"""

# ruff: noqa: E402  (Django is set up before its models are imported)

from __future__ import annotations

import argparse
import logging
import os
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(Path(__file__).parent)]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "suite_settings")
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

import django

django.setup()

import evaluation_data
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.db import connection
from django.test import Client
from django.test.testcases import LiveServerThread
from evaluation_data import Corpus
from playwright.sync_api import Page, sync_playwright

from annotations.actions.review import snapshot_of
from annotations.edits import Sentence, joined_span
from annotations.items import Item, Snapshot
from annotations.models import (
    Candidate,
    Membership,
    PairResult,
    Project,
    ProjectionRun,
    Review,
    SentencePair,
    SourceEntity,
    User,
)
from annotations.suggestions import find_candidates, seed_items, source_spans, suggested_spans
from annotations.tokens import join_tokens
from projector_site.services.account import servers_account
from projector_site.services.postgres import THROW_AWAY_SETTINGS, make_database, postgres_program
from projector_site.services.process import Child
from workers.align import DEFAULT_ALIGNER, get_aligner
from workers.project import Projection, get_projector
from workers.tag import DEFAULT_TAGGER, get_tagger

Span = tuple[int, int]
Gold = tuple[int, int, str]
METHOD = "soft"
HEAD = (
    "| corpus | sentences | gold entities | right as suggested | keys for one (median) | wrong entities "
    "| keys a sentence (mean) | gold reached |\n|---|---|---|---|---|---|---|---|"
)
OTHER_KEYS = "bqtwyz"  # for labels beyond the four that every project starts with


# ---------------------------------------------------------------- what the machine suggests


def corpora(options: argparse.Namespace) -> Iterator[Corpus]:
    aligner = get_aligner(DEFAULT_ALIGNER)
    languages = options.languages.split(",") if options.languages else evaluation_data.demo_languages()
    for language in languages if options.languages != "none" else ():
        yield evaluation_data.demo(language, aligner, options.cache)
    if not options.data:
        return
    yield evaluation_data.europarl(options.data, "es", aligner, options.cache)
    tagger = get_tagger(DEFAULT_TAGGER)
    for language in ("yor", "lug"):
        yield evaluation_data.african(
            options.data, language, "test", tagger, aligner, options.cache, options.sample
        )


def sampled(corpus: Corpus, n: int) -> Corpus:
    """Every k-th sentence with words on both sides, at most n."""
    usable = [k for k, item in enumerate(corpus.inputs) if item.source_tokens and item.target_tokens]
    step = max(1, len(usable) // n)
    kept = usable[::step][:n]
    return Corpus(corpus.name, [corpus.inputs[k] for k in kept], [corpus.gold[k] for k in kept])


def add_project(corpus: Corpus, owner: User) -> Project:
    """A project as a finished run leaves it."""
    labels = {entity.label for gold in corpus.gold for entity in gold}
    labels |= {entity.label for item in corpus.inputs for entity in item.entities}
    project = Project.objects.create(name=corpus.name, created_by=owner)
    keys = {label["name"]: label["key"] for label in project.labels} | dict(
        zip(sorted(labels - set(project.label_names)), OTHER_KEYS, strict=False)
    )
    project.labels = [{"name": name, "key": key, "description": ""} for name, key in keys.items()]
    project.save()
    Membership.objects.create(project=project, user=owner, role="annotator")
    language = corpus.name.split("-")[1][:2]
    run = ProjectionRun.objects.create(
        project=project,
        target_language=language,
        method=METHOD,
        status="done",
        signature="benchmark",
        created_by=owner,
    )
    projector = get_projector(METHOD)
    projector = get_projector(METHOD, statistics=projector.learn(corpus.inputs))  # type: ignore[attr-defined]
    for number, (item, found) in enumerate(zip(corpus.inputs, projector.project(corpus.inputs), strict=True)):
        source_text, source_offsets = join_tokens(item.source_tokens)
        target_text, target_offsets = join_tokens(item.target_tokens)
        pair = SentencePair.objects.create(
            project=project,
            source_language="en",
            target_language=language,
            source_text=source_text,
            source_offsets=source_offsets,
            target_text=target_text,
            target_offsets=target_offsets,
            has_source_labels=True,
            fingerprint=f"{number:064d}",
            status="suggested",
            shown_run=run,
            priority=1 - min((p.confidence for p in found), default=1.0),
        )
        PairResult.objects.create(
            run=run,
            pair=pair,
            status="done",
            link_sources=item.links[:, 0].tolist(),
            link_targets=item.links[:, 1].tolist(),
            link_scores=item.link_scores.tolist(),
        )
        for projection in found:
            add_candidates(pair, run, projection)
    return project


def add_candidates(pair: SentencePair, run: ProjectionRun, projection: Projection) -> None:
    entity = projection.entity
    source = SourceEntity.objects.create(pair=pair, start=entity.start, end=entity.end, label=entity.label)
    chosen = (projection.span.start, projection.span.end) if projection.span else (None, None)
    spans = [chosen, *((other.start, other.end) for other in projection.alternatives)]
    Candidate.objects.bulk_create(
        Candidate(
            run=run,
            pair=pair,
            source_entity=source,
            rank=rank,
            start=start,
            end=end,
            label=entity.label,
            score=projection.score,
            confidence=projection.confidence if rank == 0 else None,
            margin=projection.margin if rank == 0 else None,
            reason=projection.reason if rank == 0 else "",
        )
        for rank, (start, end) in enumerate(spans[:10])
    )


# ---------------------------------------------------------------- what the annotator does


@dataclass
class Step:
    """What brings one entity right. position: of the item, to go to first; None for a new one."""

    fault: str
    position: int | None
    keys: list[str] = field(default_factory=list)
    select: Span | None = None  # words to select once the first key has shown where the selection starts
    then: list[str] = field(default_factory=list)


def plan(pair: SentencePair, gold: set[Gold], keys: dict[str, str]) -> list[Step]:
    """The steps from the suggestions to gold: what frees words first, then what takes them."""
    candidates = list(find_candidates(pair.pk, pair.shown_run_id))
    review = Review.objects.filter(pair=pair).first()
    items = snapshot_of(review).items if review else seed_items(pair.pk, pair.shown_run_id, candidates)
    items = tuple(item for item in items if item.state != "rejected")
    ranked = suggested_spans(items, candidates)
    sentence = Sentence(pair.target_text, pair.target_offsets, list(keys))
    result = PairResult.objects.get(pair=pair)
    sentence.links.update(zip(result.link_sources, result.link_targets, strict=True))
    sentence.entities.update(source_spans(items))
    snapshot = Snapshot("open", False, "", items)
    wanted = matched(items, gold)
    steps = []
    for item in items:
        if item.position in wanted:
            fill = joined_span(item, snapshot, sentence)
            steps.append(correct(item, wanted[item.position], ranked.get(item.position, {}), fill, keys))
        elif item.has_span:
            steps.append(Step("spurious", item.position, ["x"]))
    steps += [
        Step("not suggested at all", None, ["a"], (start, end), [keys[label]])
        for start, end, label in sorted(gold - set(wanted.values()))
    ]
    order = ["spurious", "right"]
    return sorted(
        (step for step in steps if step.fault != "right"),
        key=lambda step: (order.index(step.fault) if step.fault in order else 1, step.position is None),
    )


def matched(items: tuple[Item, ...], gold: set[Gold]) -> dict[int, Gold]:
    """Which item is to become which gold entity: the most alike first."""

    def likeness(item: Item, entity: Gold) -> tuple[int, int]:
        start, end, label = entity
        if item.start is None or item.end is None:
            return (0, 1) if item.label == label else (0, 0)
        shared = max(0, min(end, item.end) - max(start, item.start))
        exact = (item.start, item.end) == (start, end)
        return (100 * exact + shared, int(item.label == label)) if shared else (0, 0)

    pairs = [(likeness(item, entity), item.position, entity) for item in items for entity in gold]
    wanted: dict[int, Gold] = {}
    for alike, position, entity in sorted(pairs, key=lambda one: (one[0], -one[1]), reverse=True):
        if alike > (0, 0) and position not in wanted and entity not in wanted.values():
            wanted[position] = entity
    return wanted


def correct(
    item: Item, gold: Gold, ranked: dict[int, Span | None], fill: Span | None, keys: dict[str, str]
) -> Step:
    start, end, label = gold
    relabel = [keys[label]] if item.label != label else []
    if item.start is None or item.end is None:
        if fill == (start, end):
            return Step("missing", item.position, ["z", *relabel])
        return Step("missing", item.position, ["a"], (start, end), relabel or ["Enter"])
    if (item.start, item.end) == (start, end):
        return Step("label" if relabel else "right", item.position, relabel)
    by_start, by_end = item.start - start, end - item.end
    nudges = (["d"] * by_start if by_start > 0 else ["f"] * -by_start) + (
        ["k"] * by_end if by_end > 0 else ["j"] * -by_end
    )
    digit = next((rank for rank, span in ranked.items() if span == (start, end)), None)
    off_by_one = len(nudges) == 1
    if fill == (start, end):
        return Step("fragments", item.position, ["z", *relabel])
    if digit is not None:
        return Step("boundary by one" if off_by_one else "choice", item.position, [str(digit), *relabel])
    overlap = start < item.end and item.start < end
    if overlap and len(nudges) <= 3:
        return Step("boundary by one" if off_by_one else "boundary by more", item.position, nudges + relabel)
    return Step("other words", item.position, ["r"], (start, end), ["Enter", *relabel])


class Annotator:
    def __init__(self, page: Page) -> None:
        self.page = page
        self.n_keys = 0
        self.version = 0

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.n_keys += 1

    def change(self, pair: SentencePair, key: str) -> bool:
        """Press a key that changes the review, and wait for it to be on the screen; False when refused."""
        with self.page.expect_response(lambda answer: "/edit/" in answer.url) as answer:
            self.press(key)
        if answer.value.status != 200:
            self.page.locator('#review [role="alert"]').wait_for()
            return False
        self.version += 1
        self.page.locator(f'#review[data-state^="{pair.pk}-{self.version}-"]').wait_for(state="attached")
        return True

    def correct(self, pair: SentencePair, gold: set[Gold], keys: dict[str, str]) -> list[tuple[str, int]]:
        """Take every step; what is refused is planned anew after the others. Returns keys by fault."""
        self.version = 0
        faults: dict[object, str] = {}
        spent: dict[object, int] = defaultdict(int)
        for _round in range(4):
            steps = plan(pair, gold, keys)
            if not steps:
                break
            for step in steps:
                entity = step.position if step.position is not None else step.select
                faults.setdefault(entity, step.fault)
                before = self.n_keys
                self.take(pair, step)
                spent[entity] += self.n_keys - before
        return [(faults[entity], n_keys) for entity, n_keys in spent.items()]

    def take(self, pair: SentencePair, step: Step) -> bool:
        if step.position is not None:
            self.go_to(step.position)
        if step.select is None:
            return all(self.change(pair, key) for key in step.keys)
        for key in step.keys:
            self.press(key)
        self.select(*step.select)
        return all(self.change(pair, key) for key in step.then)

    def go_to(self, position: int) -> None:
        rows = [int(row.get_attribute("data-position")) for row in self.page.locator("#review .item").all()]
        here = int(self.page.locator("#review .item.current").get_attribute("data-position"))
        steps = rows.index(position) - rows.index(here)
        for _ in range(abs(steps)):
            self.press("ArrowDown" if steps > 0 else "ArrowUp")

    def select(self, start: int, end: int) -> None:
        """Move the selection to its first or last word, whichever is nearer, and extend it."""
        onwards, back = ("ArrowLeft", "ArrowRight") if self.is_rtl() else ("ArrowRight", "ArrowLeft")
        selected = [int(t.get_attribute("data-i")) for t in self.page.locator("#review .t.selected").all()]
        if selected == list(range(start, end)):
            return
        here = int(self.page.locator("#review .t:focus").get_attribute("data-i"))
        n_words = self.page.locator("#review .side.target .t").count()
        first, last = (start, end - 1) if abs(start - here) <= abs(end - 1 - here) else (end - 1, start)
        if min(first, n_words - 1 - first) + 1 < abs(first - here):
            at_end = n_words - 1 - first < first
            self.press("End" if at_end else "Home")
            here = n_words - 1 if at_end else 0
        elif len(selected) > 1 and first == here:
            self.press(onwards)
            self.press(back)
        for _ in range(abs(first - here)):
            self.press(onwards if first > here else back)
        for _ in range(abs(last - first)):
            self.press(f"Shift+{onwards if last > first else back}")

    def is_rtl(self) -> bool:
        return self.page.locator("#review .side.target .sentence").get_attribute("dir") == "rtl"


# ---------------------------------------------------------------- the run


@dataclass
class Tally:
    right: list[int] = field(default_factory=list)  # keys of each sentence that needed nothing
    fixed: list[int] = field(default_factory=list)
    faults: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    n_reached: int = 0
    n_entities: int = 0

    def add(self, other: Tally) -> None:
        self.right += other.right
        self.fixed += other.fixed
        for fault, keys in other.faults.items():
            self.faults[fault] += keys
        self.n_reached += other.n_reached
        self.n_entities += other.n_entities


def annotate(page: Page, project: Project, gold: dict[int, set[Gold]]) -> Tally:
    tally = Tally(n_entities=sum(map(len, gold.values())))
    keys = {label["name"]: label["key"] for label in project.labels}
    annotator = Annotator(page)
    page.goto(f"/projects/{project.pk}/review/?order=corpus")
    for _ in gold:
        page.locator("#review :is(.item, .t):focus").wait_for()
        pair = SentencePair.objects.get(pk=page.locator("#review").get_attribute("data-pair"))
        before = annotator.n_keys
        faults = annotator.correct(pair, gold[pair.pk], keys)
        for fault, n_keys in faults:
            tally.faults[fault].append(n_keys)
        annotator.press("Enter")
        page.locator(f'#review[data-pair="{pair.pk}"]').wait_for(state="detached")
        (tally.fixed if faults else tally.right).append(annotator.n_keys - before)
    page.get_by_text("Nothing is left in this queue").wait_for()
    for pair_id, entities in gold.items():
        review = Review.objects.gold().filter(pair=pair_id).first()
        items = review.items.filter(state="accepted", start__isnull=False) if review else []
        if {(item.start, item.end, item.label) for item in items} == entities:
            tally.n_reached += 1
        else:
            print(f"  pair {pair_id} of {project.name} did not reach gold")
    return tally


def report(name: str, tally: Tally) -> None:
    n = len(tally.right) + len(tally.fixed)
    everything = tally.right + tally.fixed
    wrong = sum(map(len, tally.faults.values()))
    median = statistics.median(tally.right) if tally.right else "-"
    print(
        f"| {name} | {n} | {tally.n_entities} | {len(tally.right)} | {median} | {wrong} "
        f"| {statistics.mean(everything):.2f} | {tally.n_reached} |",
        flush=True,
    )


def report_faults(tally: Tally) -> None:
    print("\n| fault | entities | keys: median | mean | at most |\n|---|---|---|---|---|")
    for fault, keys in sorted(tally.faults.items(), key=lambda one: -len(one[1])):
        middle, mean = statistics.median(keys), statistics.mean(keys)
        print(f"| {fault} | {len(keys)} | {middle:g} | {mean:.1f} | {max(keys)} |")


@contextmanager
def database() -> Iterator[None]:
    """A database of its own, dropped at the end, on a server of its own unless DATABASE_URL names one."""
    server = None
    if not os.environ.get("DATABASE_URL"):
        account = servers_account()
        settings.DATA_FOLDER.prepare(account)
        program = postgres_program(settings.DATA_FOLDER, account, settings=THROW_AWAY_SETTINGS)
        if program.before_start:
            program.before_start()
        server = Child(program, settings.DATA_FOLDER.logs / f"{program.name}.log")
        while not program.ready():
            if server.has_ended():
                raise server.failure()
        make_database(settings.DATA_FOLDER)
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield
    finally:
        with connection.cursor() as cursor:  # the live server's threads leave theirs open
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        connection.creation.destroy_test_db(name, verbosity=0)
        connection.close()
        if server:
            server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "projector-benchmarks")
    parser.add_argument("--sample", type=int, default=200)
    parser.add_argument("--languages", default="")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    total = Tally()
    with database():
        owner = User.objects.create_user("annotator")
        server = LiveServerThread("127.0.0.1", StaticFilesHandler)
        server.daemon = True
        server.start()
        server.is_ready.wait()
        with sync_playwright() as playwright:
            arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=arguments)
            page = browser.new_context(base_url=f"http://127.0.0.1:{server.port}").new_page()
            client = Client()
            client.force_login(owner)
            session = client.cookies[settings.SESSION_COOKIE_NAME].value
            cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session}
            page.context.add_cookies([cookie | {"url": f"http://127.0.0.1:{server.port}"}])
            print(HEAD, flush=True)
            for corpus in corpora(options):
                corpus = sampled(corpus, options.sample)
                project = add_project(corpus, owner)
                pairs = project.pairs.order_by("pk").values_list("pk", flat=True)
                entities = ({(e.start, e.end, e.label) for e in gold} for gold in corpus.gold)
                tally = annotate(page, project, dict(zip(pairs, entities, strict=True)))
                report(corpus.name, tally)
                total.add(tally)
            browser.close()
        server.terminate()
    report("all", total)
    report_faults(total)


if __name__ == "__main__":
    main()

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
from projected_projects import add_project
from scripted_annotator import Annotator, Gold

from annotations.models import (
    Project,
    Review,
    SentencePair,
    User,
)
from projector_site.services.account import servers_account
from projector_site.services.postgres import THROW_AWAY_SETTINGS, make_database, postgres_program
from projector_site.services.process import Child
from workers.align import DEFAULT_ALIGNER, get_aligner
from workers.tag import DEFAULT_TAGGER, get_tagger

HEAD = (
    "| corpus | sentences | gold entities | right as suggested | keys for one (median) | wrong entities "
    "| keys a sentence (mean) | gold reached |\n|---|---|---|---|---|---|---|---|"
)


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
            found = sorted((item.start, item.end, item.label) for item in items)
            print(f"  pair {pair_id} of {project.name} did not reach gold: {found} for {sorted(entities)}")
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
    print("\n| fault | entities | keys: median | mean | at most | within three |\n|---|---|---|---|---|---|")
    for fault, keys in sorted(tally.faults.items(), key=lambda one: -len(one[1])):
        middle, mean = statistics.median(keys), statistics.mean(keys)
        within = 100 * sum(n <= 3 for n in keys) // len(keys)
        print(f"| {fault} | {len(keys)} | {middle:g} | {mean:.1f} | {max(keys)} | {within} % |")


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

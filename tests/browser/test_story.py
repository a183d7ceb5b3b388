"""The whole story: sign in, launch a run, wait for the worker, review with keys, export, read the files."""

import io
import json
import zipfile

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect
from seqeval.metrics.sequence_labeling import get_entities

from annotations.models import PairResult, Project, ProjectionRun, Review, SentencePair, User
from annotations.sign_in import make_login_link

pytestmark = pytest.mark.django_db(transaction=True)

# What the reviewer types on each sentence. Edges move, a label changes, one is rejected: none is a no-op.
KEYS = ["Enter", "k Enter", "m Enter", "x Enter", "d u Enter"]


def test_from_the_sign_in_link_to_a_conll_file(start_worker, live_server, browser) -> None:
    call_command("load_demo")
    project, owner = Project.objects.get(), User.objects.get()
    start_worker()
    context = browser.new_context(base_url=live_server.url, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(30_000)

    page.goto(make_login_link(owner))
    page.get_by_role("button", name="Sign in").click()
    page.goto("/")
    page.get_by_role("link", name="Demo corpus").first.click()
    launch(page, project, "es")
    reviewed = review_with_keys(page, project)
    assert Review.objects.gold().count() == len(KEYS)

    files = export(page, project)
    report = json.loads(files["export.json"])
    assert (report["gold"], report["silver"]) == (len(KEYS), 0)
    (conll,) = [text for name, text in files.items() if name.endswith(".conll")]
    assert read_conll(conll) == {pair.pk: gold_of(pair) for pair in reviewed}
    context.close()


def launch(page: Page, project: Project, language: str) -> None:
    page.get_by_role("link", name="New run").click()
    page.get_by_label("Into").select_option(language)
    page.get_by_role("button", name="Launch").click()
    expect(page.get_by_text("All sentences are done.")).to_be_visible(timeout=120_000)
    run = ProjectionRun.objects.get()
    n_pairs = project.pairs.filter(target_language=language).count()
    assert (run.status, run.n_done, run.n_failed) == ("done", n_pairs, 0)
    assert PairResult.objects.filter(run=run).count() == n_pairs
    assert run.signature


def review_with_keys(page: Page, project: Project) -> list[SentencePair]:
    """Review the first sentences that have a suggested span; answers with their pairs."""
    page.goto(f"/projects/{project.pk}/review/?order=easiest&label=PER")
    reviewed = []
    for keys in KEYS:
        expect(page.locator("#review :is(.item, .t):focus")).to_have_count(1)
        number = page.locator("#review").get_attribute("data-pair")
        reviewed.append(SentencePair.objects.get(pk=number))
        for key in keys.split():
            page.keyboard.press(key)
        expect(page.locator(f'#review:not([aria-busy], [data-pair="{number}"])')).to_have_count(1)
    return reviewed


def export(page: Page, project: Project) -> dict[str, str]:
    page.goto(f"/projects/{project.pk}/exports/")
    expect(page.get_by_text(f"{len(KEYS)} reviewed sentences")).to_be_visible()
    page.get_by_text("More choices").click()
    page.get_by_label("CoNLL: a first line that says what the file holds").uncheck()
    page.get_by_label("CoNLL: -DOCSTART- lines").uncheck()
    page.get_by_role("button", name="Make the files").click()
    expect(page.get_by_text("The files were read back")).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download everything").click()
    archive = zipfile.ZipFile(io.BytesIO(waiting.value.path().read_bytes()))
    return {name: archive.read(name).decode() for name in archive.namelist()}


def read_conll(text: str) -> dict[int, tuple]:
    """Pair -> (tokens, entities), read with seqeval; the pair is found by its tokens."""
    found = {}
    by_tokens = {
        tuple(pair.target_tokens): pair.pk for pair in SentencePair.objects.filter(target_language="es")
    }
    for block in text.strip().split("\n\n"):
        rows = [line.split(" ") for line in block.split("\n")]
        tokens = tuple(row[0] for row in rows)
        entities = [(start, end + 1, label) for label, start, end in get_entities([row[-1] for row in rows])]
        found[by_tokens[tokens]] = (tokens, entities)
    return found


def gold_of(pair: SentencePair) -> tuple:
    items = Review.objects.gold().get(pair=pair).items.filter(state="accepted", start__isnull=False)
    return tuple(pair.target_tokens), list(items.order_by("start").values_list("start", "end", "label"))

"""Files in and out through the pages: preview, good lines, a count that follows the form; axe on each."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from annotations.models import Project, Review, SentencePair, User
from factories import make_pair

CONLL = "-DOCSTART- O\n\nAna B-PER\nlives O\nin O\nCairo B-LOC\n\nShe O\nsings O\n\nBob X-PER\nruns O\n"
ARABIC = "تعيش آنا في القاهرة.\nهي تغني.\nبوب يجري.\n"


@pytest.fixture(autouse=True)
def media(settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")


def check(page: Page) -> None:
    options = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}
    found = Axe().run(page, options=options).response["violations"]
    assert [(v["id"], [node["target"] for node in v["nodes"]]) for v in found] == []


@pytest.mark.parametrize("script", [True, False])
def test_a_corpus_comes_in_after_a_look(
    project: Project, olga: User, open_as: Callable[..., Page], tmp_path: Path, script: bool
) -> None:
    (tmp_path / "en.conll").write_text(CONLL)
    (tmp_path / "ar.txt").write_text(ARABIC)
    page = open_as(olga, f"/projects/{project.pk}/imports/", java_script_enabled=script)
    if script:
        check(page)
    page.get_by_label("Source", exact=True).set_input_files(tmp_path / "en.conll")
    page.get_by_label("Target", exact=True).set_input_files(tmp_path / "ar.txt")
    page.get_by_label("Language of the translations").fill("ar")
    page.get_by_role("button", name="Upload and look").click()
    expect(page.get_by_text("source: CoNLL, IOB2; target: plain text")).to_be_visible()
    expect(page.get_by_role("cell", name="neither O nor")).to_be_visible()
    arabic = page.locator('td[lang="ar"]').first
    expect(arabic).to_have_attribute("dir", "rtl")
    expect(arabic.locator(".t")).to_have_text(["تعيش", "آنا", "في", "القاهرة", "."])
    assert not SentencePair.objects.exists()
    if script:
        check(page)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download the bad lines").click()
    archive = zipfile.ZipFile(io.BytesIO(waiting.value.path().read_bytes()))
    assert archive.read("rejected/ar.txt").decode() == "بوب يجري.\n"
    page.get_by_role("button", name="Import the 2 good pairs, leave out 1").click()
    expect(page.get_by_text("Already there")).to_be_visible()
    if script:
        check(page)
    assert [pair.document for pair in SentencePair.objects.order_by("pk")] == ["en-1", "en-1"]


def test_the_count_follows_the_choices(project: Project, olga: User, open_as: Callable[..., Page]) -> None:
    for domain in ("news", "sport", "sport"):
        pair = make_pair(project, domain=domain)
        Review.objects.create(pair=pair, reviewer=olga, status="done", is_gold=True)
    SentencePair.objects.update(status="reviewed")
    make_pair(project, domain="sport")
    page = open_as(olga, f"/projects/{project.pk}/exports/")
    check(page)
    count = page.locator("#export-count")
    expect(count).to_have_text("3 reviewed sentences.")
    page.get_by_label("sport").check()
    expect(count).to_have_text("2 reviewed sentences.")
    page.get_by_label("With suggestions").check()
    expect(count).to_have_text("2 reviewed sentences, 1 with suggestions only.")
    page.get_by_label("Split", exact=True).fill("80/30")
    page.get_by_text("More choices").click()
    expect(count).to_contain_text("whole numbers that add up to 100")
    page.get_by_label("Split", exact=True).fill("")
    page.get_by_role("button", name="Make the files").click()
    expect(page.get_by_text("The files were read back")).to_be_visible()
    check(page)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="news.es.conll").click()
    content = waiting.value.path().read_text(encoding="utf-8")
    assert content.startswith("#projector:format=conll2003;scheme=IOB2;kind=gold+silver;language=es")
    assert content.count("vive -X- O O") == 3

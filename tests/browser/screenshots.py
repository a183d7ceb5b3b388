"""Photograph the pages of a running site, in light, dark, Arabic and on a phone.

    python tests/browser/screenshots.py http://127.0.0.1:8000 --user NAME --to FOLDER

Reads the password from PROJECTOR_PASSWORD. With --readme it takes one picture only, docs/review.png.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[2]
DESKTOP, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}
LANGUAGES = ["es", "ar", "zh", "sw"]
PEOPLE = ["figures", "names", "rerun", "fast-lane", "flags", "comments", "disagreements", "guidelines"]
PEOPLE += ["invitations", "assignments"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("address")
    parser.add_argument("--user", required=True)
    parser.add_argument("--project", default="Demo corpus")
    parser.add_argument("--to", type=Path, default=Path("screenshots"))
    parser.add_argument("--readme", action="store_true")
    options = parser.parse_args()
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or "/usr/bin/chromium", args=arguments
        )
        if options.readme:
            page = sign_in(browser, options.address, options.user, viewport={"width": 1280, "height": 940})
            photograph_for_readme(page, project_path(page, options.project))
        else:
            options.to.mkdir(parents=True, exist_ok=True)
            photograph_everything(browser, options)
        browser.close()


def sign_in(browser: Browser, address: str, user: str, **context: object) -> Page:
    page = browser.new_context(base_url=address, **context).new_page()
    page.goto("/sign-in/")
    page.get_by_label("Username").fill(user)
    page.get_by_label("Password").fill(os.environ["PROJECTOR_PASSWORD"])
    page.locator("main button[type=submit]").click()
    page.wait_for_url(re.compile(r"/$"))
    return page


def project_path(page: Page, name: str) -> str:
    return page.get_by_role("link", name=name, exact=True).get_attribute("href")


def photograph_for_readme(page: Page, project: str) -> None:
    """A sentence with every state in it: accepted, suggested, in focus with its links."""
    page.goto(f"{project}review/?language=es&order=corpus")
    page.locator(".item").first.focus()
    page.keyboard.press("c")
    page.locator(".item.accepted").wait_for()
    page.locator(".item").nth(1).focus()
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=ROOT / "docs" / "review.png")
    page.keyboard.press("u")
    page.locator(".item.accepted").wait_for(state="detached")


def photograph_everything(browser: Browser, options: argparse.Namespace) -> None:
    for scheme, size, name in [
        ("light", DESKTOP, "light"),
        ("dark", DESKTOP, "dark"),
        ("light", PHONE, "phone"),
    ]:
        page = sign_in(browser, options.address, options.user, viewport=size, color_scheme=scheme)
        project = project_path(page, options.project)
        addresses = {"home": "/", "preferences": "/preferences/", "new-project": "/projects/new/"}
        addresses |= {
            f"project-{part or 'overview'}": f"{project}{part}{'/' if part else ''}"
            for part in (
                "",
                "settings",
                "people",
                "sentences",
                "runs",
                "runs/new",
                "imports",
                "exports",
                *PEOPLE,
            )
        }
        addresses |= {f"review-{tag}": f"{project}review/?language={tag}" for tag in LANGUAGES}
        for page_name, path in addresses.items():
            page.goto(path)
            page.wait_for_load_state("networkidle")
            file = options.to / f"{page_name.replace('/', '-')}-{name}.png"
            page.screenshot(path=file, full_page=not page_name.startswith("review"))
        page.keyboard.press("?")
        page.screenshot(path=options.to / f"keys-{name}.png")
        page.context.close()


if __name__ == "__main__":
    main()

"""How long a person waits in the browser: from Enter to the next sentence on the screen.

Run as `bench_review.py paint`. The page itself takes the times: from the key to the first frame after the
other sentence is in the document.
"""

from __future__ import annotations

import statistics
from collections import Counter
from urllib.parse import urlsplit

from django.conf import settings
from playwright.sync_api import Request, sync_playwright
from review_profile import sign_in

from annotations.models import Membership, Project, User

TAKE_TIMES = """
() => {
  const review = () => document.getElementById("review");
  let shown = review().dataset.pair, pressed = null;
  window.paintTimes = [];
  addEventListener("keydown", (event) => { if (event.key === "Enter") pressed = performance.now(); }, true);
  new MutationObserver(() => {
    if (pressed === null || !review() || review().dataset.pair === shown) return;
    shown = review().dataset.pair;
    const since = pressed;
    pressed = null;
    requestAnimationFrame(() => setTimeout(() => window.paintTimes.push(performance.now() - since)));
  }).observe(document.body, { childList: true, subtree: true });
}
"""


def paint(project: Project, address: str, n_sentences: int, pause_s: float) -> None:
    user, _ = User.objects.get_or_create(username="bench-browser")
    Membership.objects.get_or_create(project=project, user=user, defaults={"role": "annotator"})
    cookie = {
        "name": settings.SESSION_COOKIE_NAME,
        "value": sign_in(user),
        "domain": urlsplit(address).hostname,
        "path": "/",
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium")
        context = browser.new_context()
        context.add_cookies([cookie])
        page = context.new_page()
        page.goto(f"{address}/projects/{project.pk}/review/")
        page.wait_for_load_state("networkidle")
        page.evaluate(TAKE_TIMES)
        asked: Counter[str] = Counter()

        def count(request: Request) -> None:
            asked[urlsplit(request.url).path.rstrip("/").rpartition("/")[2]] += 1

        page.on("request", count)
        for n in range(n_sentences):
            page.keyboard.press("Enter")
            page.wait_for_function("n => window.paintTimes.length > n", arg=n)
            page.wait_for_timeout(1000 * pause_s)
        times = sorted(page.evaluate("window.paintTimes"))
        browser.close()
    cuts = statistics.quantiles(times, n=100)
    requests = ", ".join(f"{n / n_sentences:.1f} {name}" for name, n in asked.most_common())
    print(f"{n_sentences} sentences: next one painted after p50 {cuts[49]:.0f} ms, p95 {cuts[94]:.0f} ms")
    print(f"requests a sentence: {requests}")

"""Whatever text people bring, a page shows it as text; and no page has code or style within it.

Every page and every part of one is rendered with text that would run if anything forgot to escape it.
"""

# ruff: noqa: F811 (the world is a fixture of another module)

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from annotations.actions.audit import Kind, write_audit
from annotations.actions.discussion import add_comment
from annotations.actions.guidelines import keep_guidelines
from annotations.models import (
    Candidate,
    Comment,
    Export,
    FastLane,
    GapReport,
    ImportBatch,
    Invitation,
    Project,
    ProjectionRun,
    ProjectReport,
    Review,
    ReviewItem,
    RunComparison,
    RunDisagreement,
    SentencePair,
    SourceEntity,
    TrainingRun,
    User,
)
from annotations.tokens import join_tokens
from tests.annotations.test_roles import (
    NAMES,
    RULES,
    UPLOAD,
    address,
    world,  # noqa: F401 (a fixture)
)

WORD = "\"'><svg/onload=alert(1)><script>alert(1)</script>{{7*7}}"  # one token, and a label
TEXT = f"{WORD} <img src=x onerror=alert(1)> <a href=javascript:alert(1)>x</a> </textarea></title> =1+1"
LABEL = "\"'><svg/onload=alert(1)>"
POLICY = {"default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"}


class Findings(HTMLParser):
    """Reads a page as a browser would, and keeps what could run or was never written by a template."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "script" and not values.get("src") and values.get("type") != "application/json":
            self.found.append("a script within the page")
        if tag in {"style", "iframe", "object", "embed", "base"}:
            self.found.append(f"<{tag}>")
        for name, value in values.items():
            if name.startswith(("on", "hx-on")) or name in {"style", "srcdoc"}:
                self.found.append(f"{tag} {name}={value}")
            if (value or "").strip().lower().startswith(("javascript:", "js:", "data:text")):
                self.found.append(f"{tag} {name}={value}")
            if name == "src" and value == "x":
                self.found.append("an image that a text made")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def check(response: HttpResponse, name: str) -> str:
    """The text that the page shows, once nothing of it can run."""
    content_type = response.headers.get("Content-Type", "")
    assert response.headers.get("X-Content-Type-Options") == "nosniff", name
    assert response.headers.get("X-Frame-Options") == "DENY", name
    assert set(response.headers["Content-Security-Policy"].split("; ")) >= POLICY, name
    assert "unsafe" not in response.headers["Content-Security-Policy"], name
    assert response.headers["Referrer-Policy"] == "same-origin", name
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin", name
    if "html" not in content_type:
        is_download = "attachment" in response.headers.get("Content-Disposition", "")
        is_data = content_type.startswith(("image/png", "application/json", "text/javascript"))
        assert is_download or is_data or response.status_code in {204, 302} or "text/plain" in content_type, (
            name
        )
        return ""
    page = response.content.decode()
    findings = Findings()
    findings.feed(page)
    assert findings.found == [], name
    assert "<script>alert" not in page, name
    assert "<svg/onload" not in page, name
    return " ".join(findings.text)


@pytest.mark.parametrize(
    "page",
    [
        "<p onclick='x()'>",
        "<script>x()</script>",
        "<a href=' JavaScript:x()'>",
        "<style>p {}</style>",
        "<p style='color: red'>",
        "<p hx-on:click='x()'>",
        "<img src=x>",
    ],
)
def test_the_check_can_fail(page: str) -> None:
    findings = Findings()
    findings.feed(page)
    assert findings.found


@pytest.fixture
def hostile(world: dict[str, Any], sign_in) -> dict[str, Any]:
    """The world with hostile text in everything that people or their files write."""
    project = Project.objects.get(pk=world["project_id"])
    labels = [{"name": LABEL, "key": "<", "description": TEXT}, *project.labels]
    Project.objects.filter(pk=project.pk).update(
        name=TEXT, description=TEXT, guidelines=f"# {TEXT}\n- {TEXT}", labels=labels
    )
    for user in User.objects.all():
        name = f"{WORD}{user.pk}"
        User.objects.filter(pk=user.pk).update(username=name, first_name=WORD, last_name=WORD, email=WORD)
    text, offsets = join_tokens([WORD] * 6)
    sides = {"source_text": text, "source_offsets": offsets, "target_text": text, "target_offsets": offsets}
    SentencePair.objects.update(**sides, document=WORD, domain=WORD, external_id=WORD, is_flagged=True)
    for model in (SourceEntity, Candidate, ReviewItem):
        model.objects.update(label=LABEL)
    ReviewItem.objects.update(lost_words=TEXT)
    Review.objects.update(note=TEXT, is_flagged=True)
    RunDisagreement.objects.update(label=LABEL, gold_label=LABEL)
    FastLane.objects.update(sample=[{"pair": world["pair_id"], "items": [[0, 2, LABEL]], "is_seeded": False}])
    ProjectionRun.objects.update(signature=TEXT, error=TEXT, tagger=WORD[:40], aligner=WORD[:40])
    for model in (RunComparison, TrainingRun, Export, ImportBatch):
        model.objects.update(error=TEXT)
    Invitation.objects.update(note=TEXT[:200])
    Comment.objects.update(text=TEXT)
    GapReport.objects.update(name=TEXT[:100])
    upload = SimpleUploadedFile(f"{WORD}.tsv".replace("/", ""), f"{WORD}\t{TEXT}\n{TEXT}\n".encode())
    owner = sign_in(world["people"]["owner"])
    owner.post(reverse("annotations:imports", args=[project.pk]), UPLOAD | {"pairs": upload})
    project.refresh_from_db()
    keep_guidelines(project=project, author=world["people"]["owner"])
    write_audit(project, Kind.MEMBER_ADDED, world["people"]["owner"], person=TEXT, role="viewer")
    pair = SentencePair.objects.get(pk=world["pair_id"])
    add_comment(pair=pair, author=world["people"]["owner"], text=TEXT)
    ProjectReport.objects.update(error=TEXT, status="failed")
    return world | {"batch_id": project.imports.order_by("-pk").first().pk}


def test_every_page_shows_text_as_text(hostile: dict[str, Any], sign_in) -> None:
    client = sign_in(hostile["people"]["owner"])
    n_shown = 0
    for name in NAMES:
        if RULES[name].method != "get":
            continue
        query = {
            "language": "es",
            "name": WORD,
            "q": WORD,
            "label": LABEL,
            "reviewer": WORD,
            "document": WORD,
        }
        for headers in ({}, {"HX-Request": "true"}):
            for data in ({}, query):
                response = client.get(address(name, hostile), data, headers=headers)
                assert response.status_code < 500, name
                n_shown += "alert(1)" in check(response, name)
    assert n_shown > 80


def test_every_answer_to_a_review_shows_text_as_text(hostile: dict[str, Any], sign_in) -> None:
    client = sign_in(hostile["people"]["owner"])
    n_shown = 0
    sent = {"version": 0, "run": hostile["run_id"], "note": TEXT, "text": TEXT, "verdict": "dropped"}
    for name in [*NAMES, *NAMES]:
        if name in {"member_remove", "project_create"}:
            continue
        for headers in ({"HX-Request": "true"}, {}):
            data = (
                (RULES[name].data or {}) | sent | {"username": WORD, "role": "x", "seen": "x", "name": TEXT}
            )
            response = client.post(address(name, hostile), data, headers=headers)
            assert response.status_code < 500, name
            n_shown += "alert(1)" in check(response, name)
    assert n_shown > 20


def test_the_pages_beside_the_projects_are_clean(hostile: dict[str, Any], sign_in, settings) -> None:
    settings.SENDS_MAIL = True
    for name in ("login", "password_reset", "password_reset_done", "password_reset_complete"):
        check(Client().get(reverse(name)), name)
    check(Client().post(reverse("login"), {"username": TEXT, "password": TEXT}), "login")
    check(Client().get(reverse("sign_in_link", args=["x"])), "sign_in_link")
    check(Client().get(reverse("join", args=["x"])), "join")
    check(Client().get(f"/{TEXT}".replace(" ", "%20")), "nowhere")
    check(sign_in(hostile["people"]["owner"]).get(reverse("password")), "password")


def test_the_admin_shows_text_as_text(hostile: dict[str, Any], sign_in) -> None:
    root = sign_in(User.objects.create_superuser("root"))
    n_shown = 0
    for model in admin.site._registry:
        label = f"{model._meta.app_label}_{model._meta.model_name}"
        n_shown += "alert(1)" in check(root.get(reverse(f"admin:{label}_changelist")), label)
        row = model._default_manager.first()
        if row is not None:
            page = root.get(reverse(f"admin:{label}_change", args=[row.pk]), follow=True)
            n_shown += "alert(1)" in check(page, label)
    assert n_shown > 8

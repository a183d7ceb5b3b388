"""Every address with every role. A new address must be declared here: what a role may not see is a 404."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, reverse

from annotations.actions.discussion import add_comment
from annotations.actions.invitations import make_invitation
from annotations.urls import urlpatterns
from factories import (
    make_bulk,
    make_comparison,
    make_evaluation,
    make_gap_report,
    make_lane,
    make_pair,
    make_project,
    make_run,
    make_run_disagreement,
    make_training,
    make_user,
)

EVERYBODY = {"owner", "adjudicator", "annotator", "viewer", "stranger"}
MEMBERS = EVERYBODY - {"stranger"}
REVIEWERS = MEMBERS - {"viewer"}
ADJUDICATORS = {"owner", "adjudicator"}
OWNERS = {"owner"}


@dataclass(frozen=True)
class Rule:
    """Who may use an address, and what a harmless request to it carries."""

    roles: set[str]
    method: str = "get"
    data: dict | None = None


SEEN = {"version": 0}
UPLOAD = {
    "format": "auto",
    "source_kind": "auto",
    "target_kind": "auto",
    "source_scheme": "auto",
    "target_scheme": "auto",
    "token_column": 1,
    "tag_column": -1,
    "target_language": "es",
}
EXPORT = {"format": "conll2003", "scheme": "IOB2", "seed": "0"}
WORDS = {"kind": "split", "side": "target", "first": 0, "part": "A", "text": 0}
RULES = {
    "home": Rule(EVERYBODY),
    "project_create": Rule(EVERYBODY),
    "preferences": Rule(EVERYBODY),
    "preferences_view": Rule(EVERYBODY, "post", {"view": "columns"}),
    "project": Rule(MEMBERS),
    "settings": Rule(OWNERS),
    "pairs": Rule(MEMBERS),
    "members": Rule(MEMBERS),
    "member_add": Rule(OWNERS, "post", {"username": "nobody", "role": "viewer"}),
    "member_change": Rule(OWNERS, "post", {"role": "annotator"}),
    "member_remove": Rule(OWNERS, "post"),
    "review_next": Rule(REVIEWERS),
    "undo": Rule(REVIEWERS, "post"),
    "redo": Rule(REVIEWERS, "post"),
    "pair": Rule(MEMBERS),
    "review_ahead": Rule(REVIEWERS, "post"),
    "review_edit": Rule(REVIEWERS, "post", SEEN | {"edit": "reject", "position": 0}),
    "review_accept": Rule(REVIEWERS, "post", SEEN),
    "review_skip": Rule(REVIEWERS, "post", SEEN),
    "review_flag": Rule(REVIEWERS, "post", SEEN),
    "review_note": Rule(REVIEWERS, "post", SEEN | {"note": "x"}),
    "review_wording": Rule(REVIEWERS, "post", SEEN | WORDS),
    "review_correct": Rule(ADJUDICATORS, "post"),
    "history": Rule(MEMBERS),
    "claim_take_over": Rule(ADJUDICATORS, "post"),
    "claim_heartbeat": Rule(REVIEWERS, "post"),
    "claim_release": Rule(REVIEWERS, "post"),
    "guidelines": Rule(MEMBERS),
    "guidelines_seen": Rule(MEMBERS, "post", {"number": 0}),
    "flags": Rule(MEMBERS),
    "project_comments": Rule(MEMBERS),
    "comments": Rule(MEMBERS),
    "verdict": Rule(REVIEWERS, "post", {"verdict": "dropped"}),
    "disagreements": Rule(MEMBERS),
    "adjudicate_next": Rule(ADJUDICATORS),
    "adjudication": Rule(ADJUDICATORS),
    "dashboard": Rule(MEMBERS),
    "report_state": Rule(MEMBERS),
    "report_ask": Rule(MEMBERS, "post"),
    "names": Rule(MEMBERS),
    "name": Rule(MEMBERS),
    "rerun": Rule(MEMBERS),
    "rerun_dismiss": Rule(ADJUDICATORS, "post"),
    "fast_lanes": Rule(ADJUDICATORS),
    "fast_lane": Rule(ADJUDICATORS),
    "fast_lane_accept": Rule(ADJUDICATORS, "post"),
    "audit": Rule(OWNERS),
    "audit_file": Rule(OWNERS),
    "bulk": Rule(ADJUDICATORS),
    "bulk_stop": Rule(ADJUDICATORS, "post"),
    "bulk_undo": Rule(ADJUDICATORS, "post"),
    "bulk_redo": Rule(ADJUDICATORS, "post"),
    "bulk_ask_again": Rule(ADJUDICATORS, "post"),
    "invitations": Rule(OWNERS),
    "invitation_revoke": Rule(OWNERS, "post"),
    "assignments": Rule(MEMBERS),
    "unassign": Rule(OWNERS, "post"),
    "comment_remove": Rule(ADJUDICATORS, "post"),
    "runs": Rule(MEMBERS),
    "run_launch": Rule(OWNERS),
    "run": Rule(MEMBERS),
    "run_progress": Rule(MEMBERS),
    "run_cancel": Rule(OWNERS, "post"),
    "run_resume": Rule(OWNERS, "post"),
    "comparison_ask": Rule(OWNERS, "post", {"other": 0}),
    "comparison": Rule(MEMBERS),
    "comparison_again": Rule(OWNERS, "post"),
    "models": Rule(OWNERS),
    "models_state": Rule(OWNERS),
    "models_load": Rule(OWNERS, "post"),
    "imports": Rule(OWNERS),
    "trainings": Rule(OWNERS),
    "training_launch": Rule(OWNERS),
    "training": Rule(OWNERS),
    "training_progress": Rule(OWNERS),
    "training_cancel": Rule(OWNERS, "post"),
    "training_resume": Rule(OWNERS, "post"),
    "evaluation_launch": Rule(OWNERS),
    "evaluation": Rule(OWNERS),
    "evaluation_progress": Rule(OWNERS),
    "evaluation_cancel": Rule(OWNERS, "post"),
    "evaluation_resume": Rule(OWNERS, "post"),
    "evaluation_sentences": Rule(OWNERS),
    "evaluation_file": Rule(OWNERS),
    "gap_report": Rule(OWNERS),
    "gap_report_launch": Rule(OWNERS),
    "gap_report_progress": Rule(OWNERS),
    "gap_report_cancel": Rule(OWNERS, "post"),
    "gap_report_resume": Rule(OWNERS, "post"),
    "gap_report_sentences": Rule(OWNERS),
    "gap_report_file": Rule(OWNERS),
    "import": Rule(OWNERS),
    "import_check": Rule(OWNERS, "post"),
    "import_commit": Rule(OWNERS, "post"),
    "import_discard": Rule(OWNERS, "post"),
    "import_ask_again": Rule(OWNERS, "post"),
    "import_rejected": Rule(OWNERS),
    "exports": Rule(MEMBERS),
    "export_count": Rule(MEMBERS),
    "export": Rule(MEMBERS),
    "export_ask_again": Rule(MEMBERS, "post"),
    "export_zip": Rule(MEMBERS),
    "export_file": Rule(MEMBERS),
}
NAMES = [pattern.name for pattern in urlpatterns]


def test_every_address_is_declared() -> None:
    assert all(isinstance(pattern, URLPattern) for pattern in urlpatterns)
    assert set(NAMES) == set(RULES)


@pytest.fixture
def world(db: None, sign_in, settings, tmp_path: Path, django_capture_on_commit_callbacks) -> dict:
    """A project with everything an address can name, and one person per role beside those named."""
    settings.MEDIA_ROOT = str(tmp_path)
    people = {role: make_user(role) for role in sorted(MEMBERS)}
    project = make_project("News", **people)
    bystander = project.memberships.create(user=make_user("bystander"), role="annotator")
    pair, done = make_pair(project), make_pair(project)
    accept = {"version": 0, "run": done.shown_run_id}
    sign_in(bystander.user).post(reverse("annotations:review_accept", args=[done.pk]), accept)
    with django_capture_on_commit_callbacks(execute=True):
        owner = sign_in(people["owner"])
        owner.post(reverse("annotations:imports", args=[project.pk]), UPLOAD | {"pairs": bad_file()})
        owner.post(reverse("annotations:exports", args=[project.pk]), EXPORT)
    return {
        "people": people | {"stranger": make_user("stranger")},
        "project_id": project.pk,
        "pair_id": pair.pk,
        "done_pair_id": done.pk,
        "member_id": bystander.pk,
        "run_id": pair.shown_run_id,
        "comment_id": add_comment(pair=pair, author=bystander.user, text="Why?").pk,
        "kind": "figures",
        "form": "csv",
        "invitation_id": make_invitation(project=project, created_by=people["owner"], role="viewer").pk,
        "lane_id": make_lane(done).pk,
        "bulk_id": make_bulk(project).pk,
        "disagreement_id": make_run_disagreement(done).pk,
        "comparison_id": make_comparison(make_run(project), make_run(project)).pk,
        "batch_id": project.imports.get().pk,
        "export_id": project.exports.get().pk,
        "name": "news.es.conll",
        "training_id": make_training(project).pk,
        "report_id": make_gap_report(project).pk,
        "evaluation_id": make_evaluation(done).pk,
    }


def bad_file() -> SimpleUploadedFile:
    return SimpleUploadedFile("pairs.tsv", b"Bob runs\tBob corre\nonly one\n")


def address(name: str, world: dict) -> str:
    pattern = next(pattern for pattern in urlpatterns if pattern.name == name)
    values = world | {"pair_id": world["done_pair_id"]} if name == "review_correct" else world
    return reverse(f"annotations:{name}", kwargs={key: values[key] for key in pattern.pattern.converters})


def request(client: Client, name: str, world: dict):
    rule = RULES[name]
    data = dict(rule.data or {})
    if "version" in data:
        data["run"] = world["run_id"]
    return getattr(client, rule.method)(address(name, world), data)


@pytest.mark.parametrize("name", NAMES)
def test_only_the_declared_roles_get_in(name: str, world: dict, sign_in) -> None:
    for role, person in world["people"].items():
        status = request(sign_in(person), name, world).status_code
        if role in RULES[name].roles:
            assert status in {200, 204, 302, 409}, role
        else:
            assert status == 404, role


def test_nobody_gets_in_without_signing_in(world: dict) -> None:
    for name in NAMES:
        response = request(Client(), name, world)
        assert response.status_code == 302, name
        assert response.url.startswith(reverse("login")), name


def test_what_changes_something_refuses_get(world: dict, sign_in) -> None:
    client = sign_in(world["people"]["owner"])
    for name in [name for name in NAMES if RULES[name].method == "post"]:
        assert client.get(address(name, world)).status_code == 405, name


def test_pages_speak_the_language_that_is_asked_for(world: dict, sign_in) -> None:
    """Every page in Arabic, and in one of the others by turns."""
    client = sign_in(world["people"]["owner"])
    pages = [name for name in NAMES if RULES[name].method == "get" and "owner" in RULES[name].roles]
    for name, other in zip(pages, itertools.cycle(["en", "fr", "es", "sw"]), strict=False):
        for language, direction in [("ar", "rtl"), (other, "ltr")]:
            answer = client.get(address(name, world), headers={"accept-language": language})
            assert answer.status_code in {200, 302}, (language, name)
            if not answer.streaming and b"<html" in answer.content:
                page = answer.content.decode()
                assert f'<html lang="{language}" dir="{direction}"' in page, (language, name)
                assert ("Skip to the content" in page) == (language == "en"), (language, name)

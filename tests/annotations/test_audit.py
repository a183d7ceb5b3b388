"""The record of who changed what: written with the change, for owners to read, for nobody to change."""

from __future__ import annotations

import csv
import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import InternalError, connection, transaction
from django.db.utils import IntegrityError
from django.test import Client
from django.urls import reverse

from annotations.actions.audit import Kind, write_audit
from annotations.actions.invitations import accept_invitation, invitation_token, make_invitation
from annotations.actions.projects import erase_project, keep_recalibration
from annotations.actions.runs import cancel_run, delete_run, launch_run, resume_run
from annotations.audit import DESCRIPTIONS, describe_entry
from annotations.models import AuditEntry, Membership, Project, Review, SentencePair, User
from annotations.views.audit import PAGE_SIZE
from factories import make_pair, make_project, make_user
from tests.annotations.test_roles import (
    EXPORT,
    NAMES,
    RULES,
    UPLOAD,
    request,
    world,  # noqa: F401 (a fixture)
)
from tests.annotations.test_roles import address as address_of

LABELS = {
    "labels-TOTAL_FORMS": 1,
    "labels-INITIAL_FORMS": 0,
    "labels-0-name": "PER",
    "labels-0-key": "p",
}


def address(project: Project, **query: object) -> str:
    return (
        reverse("annotations:audit", args=[project.pk])
        + "?"
        + "&".join(f"{name}={value}" for name, value in query.items())
    )


def said(project: Project) -> list[tuple[str, str, str]]:
    """Who, what, and the details in words, oldest first."""
    entries = AuditEntry.objects.filter(project=project).exclude(kind=Kind.SIGNED_IN).order_by("pk")
    return [(e.actor.username if e.actor else "", e.kind, describe_entry(e)) for e in entries]


def test_it_records_people_and_their_roles(olga: User, sign_in) -> None:
    client = sign_in(olga)
    client.post(reverse("annotations:project_create"), {"name": "News", "source_language": "en"} | LABELS)
    project = Project.objects.get(name="News")
    make_user("ana")
    new = {"username": "ana", "role": "annotator"}
    client.post(reverse("annotations:member_add", args=[project.pk]), new)
    member = project.memberships.get(user__username="ana")
    client.post(reverse("annotations:member_change", args=[member.pk]), {"role": "adjudicator"})
    client.post(reverse("annotations:member_change", args=[member.pk]), {"role": "adjudicator"})
    client.post(reverse("annotations:member_remove", args=[member.pk]))
    client.post(
        reverse("annotations:member_add", args=[project.pk]), {"username": "nobody", "role": "viewer"}
    )
    assert said(project) == [
        ("olga", "project-made", ""),
        ("olga", "member-added", "ana: Annotator"),
        ("olga", "role-changed", "ana: Annotator → Adjudicator"),
        ("olga", "member-removed", "ana: Adjudicator"),
    ]


def test_it_records_invitations(project: Project, olga: User, stranger: User, sign_in) -> None:
    first = make_invitation(project=project, created_by=olga, role="viewer", note="Vi")
    second = make_invitation(project=project, created_by=olga, role="annotator")
    accept_invitation(token=invitation_token(second), user=stranger)
    for _ in range(2):
        sign_in(olga).post(reverse("annotations:invitation_revoke", args=[first.pk]))
    sign_in(olga).post(reverse("annotations:invitation_revoke", args=[second.pk]))
    assert said(project) == [
        ("olga", "invitation-made", "Viewer: Vi"),
        ("olga", "invitation-made", "Annotator"),
        ("stranger", "member-joined", "stranger: Annotator"),
        ("olga", "invitation-revoked", "Viewer: Vi"),
    ]


def test_it_records_what_settings_were_and_are(project: Project, olga: User, sign_in) -> None:
    changed = {"name": "Press", "description": "New", "source_language": "en", "guidelines": "Be kind."}
    for _ in range(2):
        sign_in(olga).post(reverse("annotations:settings", args=[project.pk]), changed | LABELS)
    assert said(project) == [
        (
            "olga",
            "settings-changed",
            "Name: News → Press; Description; Labels: PER, LOC, ORG, MISC → PER",
        ),
        ("olga", "guidelines-changed", "Version 1"),
    ]
    project.refresh_from_db()
    assert project.label_names == ["PER"]


def test_it_records_runs(project: Project, olga: User, adam: User) -> None:
    make_pair(project)
    run = launch_run(project=project, user=olga, target_language="es")
    cancel_run(run=run, actor=adam)
    resume_run(run=run, actor=olga)
    cancel_run(run=run)
    delete_run(run=run, actor=olga)
    words = f"Run {run.pk} into es, {run.method}"
    assert said(project) == [
        ("olga", "run-launched", words),
        ("adam", "run-cancelled", words),
        ("olga", "run-resumed", words),
        ("", "run-cancelled", words),
        ("olga", "run-deleted", words),
    ]


def test_what_does_not_happen_is_not_recorded(project: Project, olga: User) -> None:
    make_pair(project)

    class Stop(Exception):
        pass

    with pytest.raises(Stop), transaction.atomic():
        launch_run(project=project, user=olga, target_language="es")
        raise Stop
    assert said(project) == []


def test_a_command_is_nobody(project: Project) -> None:
    keep_recalibration(project=project, method="soft", values={"a": 1})
    assert said(project) == [("", "correction-learnt", "soft")]


def test_it_records_who_signed_in_to_each_project(project: Project, ana: User) -> None:
    other = make_project("Other", annotator=ana)
    Client().force_login(ana)
    assert Client().post("/sign-in/", {"username": "ana", "password": "wrong"}).status_code == 200
    entries = AuditEntry.objects.filter(kind=Kind.SIGNED_IN)
    assert sorted(entries.values_list("project", "actor")) == sorted(
        [(project.pk, ana.pk), (other.pk, ana.pk)]
    )


@pytest.mark.parametrize("change", ["kind = 'x'", "at = now()", "actor_id = NULL"])
def test_nobody_changes_an_entry(project: Project, olga: User, change: str) -> None:
    write_audit(project, Kind.PROJECT_MADE, olga)
    refused = pytest.raises((InternalError, IntegrityError), match="append-only")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE annotations_auditentry SET {change}")


def test_an_entry_goes_with_its_project_only(project: Project, olga: User) -> None:
    write_audit(project, Kind.PROJECT_MADE, olga)
    with pytest.raises((InternalError, IntegrityError), match="append-only"), transaction.atomic():
        AuditEntry.objects.all().delete()
    with pytest.raises((InternalError, IntegrityError), match="append-only"), transaction.atomic():
        project.delete()
    erase_project(project)
    assert not AuditEntry.objects.exists()


def test_owners_read_it_newest_first_a_page_at_a_time(project: Project, olga: User, sign_in) -> None:
    client = sign_in(olga)
    for number in range(PAGE_SIZE + 5):
        write_audit(project, Kind.GUIDELINES_CHANGED, olga, number=number)
    page = client.get(address(project)).content.decode()
    newest, oldest = PAGE_SIZE + 4, 5
    assert page.index(f"Version {newest}<") < page.index(f"Version {oldest}<")
    assert "Version 4<" not in page
    last = AuditEntry.objects.get(detail__number=oldest)
    assert f"before={last.pk}" in page
    older = client.get(address(project, before=last.pk)).content.decode()
    assert "Version 4<" in older
    assert "Version 5<" not in older
    assert "before=" not in older


def test_it_is_filtered_by_person_and_kind(project: Project, olga: User, adam: User, sign_in) -> None:
    client = sign_in(olga)
    write_audit(project, Kind.GUIDELINES_CHANGED, olga, number=1)
    write_audit(project, Kind.GUIDELINES_CHANGED, adam, number=2)
    write_audit(project, Kind.PROJECT_MADE, adam)
    page = client.get(address(project, person=adam.pk, kind="guidelines-changed")).content.decode()
    assert "Version 2<" in page
    assert "Version 1<" not in page
    assert client.get(address(project, person="x", kind="x", before="x")).status_code == 200
    stranger = make_user("outsider")
    assert "outsider" not in client.get(address(project, person=stranger.pk)).content.decode()


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_it_can_be_taken_away(project: Project, olga: User, sign_in, form: str) -> None:
    client = sign_in(olga)
    write_audit(project, Kind.MEMBER_ADDED, olga, person="=HYPERLINK(1)", role="viewer")
    write_audit(project, Kind.PROJECT_MADE, None)
    response = client.get(
        reverse("annotations:audit_file", args=[project.pk, form]), {"kind": "member-added"}
    )
    text = response.getvalue().decode()
    if form == "csv":
        header, row = csv.reader(StringIO(text))
        assert header == ["at", "person", "kind", "what"]
        assert row[1:] == ["olga", "member-added", "'=HYPERLINK(1): Viewer"]
    else:
        row = json.loads(text)
        assert row["detail"] == {"person": "=HYPERLINK(1)", "role": "viewer"}
        assert row["person"] == "olga"
    newest = AuditEntry.objects.order_by("-pk").first()
    assert (newest.kind, newest.detail) == ("downloaded", {"file": f"activity-{project.pk}.{form}"})


def test_the_admin_records_too(project: Project, olga: User, stranger: User, sign_in) -> None:
    root = User.objects.create_superuser("root")
    client = sign_in(root)
    new = {"user": stranger.pk, "project": project.pk, "role": "viewer", "guidelines_seen": 0}
    client.post(reverse("admin:annotations_membership_add"), new)
    member = Membership.objects.get(user=stranger)
    change = reverse("admin:annotations_membership_change", args=[member.pk])
    client.post(change, new | {"role": "owner"})
    client.post(reverse("admin:annotations_membership_delete", args=[member.pk]), {"post": "yes"})
    fields = {
        "name": "Press",
        "description": "",
        "source_language": "en",
        "labels": json.dumps(project.labels),
    }
    client.post(reverse("admin:annotations_project_change", args=[project.pk]), fields)
    assert said(project) == [
        ("root", "member-added", "stranger: Viewer"),
        ("root", "role-changed", "stranger: Viewer → Owner"),
        ("root", "member-removed", "stranger: Owner"),
        ("root", "settings-changed", "Name: News → Press"),
    ]
    listed = client.get(reverse("admin:annotations_auditentry_changelist")).content.decode()
    assert "stranger: Viewer → Owner" in listed
    entry = AuditEntry.objects.filter(project=project).first()
    assert client.post(reverse("admin:annotations_auditentry_delete", args=[entry.pk])).status_code == 403


def test_the_pages_always_say_who(world: dict, sign_in) -> None:  # noqa: F811
    """Every change that an address makes is somebody's."""
    client = sign_in(world["people"]["owner"])
    for name in NAMES:
        request(client, name, world)
        if RULES[name].method == "get":
            client.post(address_of(name, world), UPLOAD | EXPORT)
    entries = AuditEntry.objects.exclude(kind=Kind.SIGNED_IN)
    assert not entries.filter(actor=None).exists()
    assert {"exported", "downloaded", "invitation-made", "member-removed"} <= {e.kind for e in entries}
    assert all(describe_entry(entry) for entry in entries if entry.kind in DESCRIPTIONS)


def test_a_command_that_takes_a_corpus_away_is_recorded(project: Project, tmp_path) -> None:
    pair = make_pair(project)
    review = Review.objects.create(pair=pair, reviewer=project.created_by, status="done", is_gold=True)
    SentencePair.objects.filter(pk=review.pair_id).update(status="reviewed")
    call_command("export_corpus", project.name, str(tmp_path / "out"), "--format", "jsonl", stdout=StringIO())
    assert said(project) == [("", "exported", "jsonl")]


def test_every_kind_with_facts_has_words() -> None:
    assert set(DESCRIPTIONS) == set(Kind.values) - {Kind.SIGNED_IN, Kind.PROJECT_MADE}

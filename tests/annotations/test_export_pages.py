"""The export pages: a count before, files that were read back after; gold for members, silver for few."""

import io
import json
from pathlib import Path
from zipfile import ZipFile

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from annotations import tasks
from annotations.actions import exports as actions
from annotations.export import build
from annotations.export.counts import count_export, list_domains
from annotations.export.files import ExportDamaged
from annotations.export.options import ExportOptions
from annotations.models import Export, Membership, Project, SentencePair
from annotations.views import exports as views
from tests.annotations.test_export_files import review
from tests.factories import make_pair, make_project, make_run, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


@pytest.fixture
def project() -> Project:
    """Two reviewed sentences and one that the machine has suggestions for."""
    people = {role: make_user(role) for role in Membership.Role.values}
    project = make_project("Names", **people)
    run = make_run(project)
    for domain in ("news", "sport"):
        review(make_pair(project, run=run, document=domain, domain=domain), (0, 2, "PER"))
    make_pair(project, run=run, domain="sport")
    return project


def signed_in(client: Client, project: Project, role: str = "owner") -> Client:
    client.force_login(project.memberships.get(role=role).user)
    return client


def choices(**changes: object) -> dict:
    return {"format": "conll2003", "scheme": "IOB2", "header": "on", "docstart": "on", "seed": "0"} | changes


def ask(client: Client, project: Project, **changes: object) -> Export:
    response = client.post(reverse("annotations:exports", args=[project.pk]), choices(**changes))
    assert response.status_code == 302, response.content.decode()
    return Export.objects.get()


def shown(client: Client, name: str, pk: int, **headers: str) -> str:
    return client.get(reverse(f"annotations:{name}", args=[pk]), **headers).content.decode()


def test_it_makes_files_and_offers_them(client: Client, project: Project) -> None:
    owner = signed_in(client, project)
    assert "2 reviewed sentences" in shown(owner, "exports", project.pk)
    export = ask(owner, project)
    page = shown(owner, "export", export.pk)
    assert "names.es.conll" in page
    assert "The files were read back" in page
    response = owner.get(reverse("annotations:export_file", args=[export.pk, "names.es.conll"]))
    content = b"".join(response).decode()
    assert response.headers["Content-Disposition"] == 'attachment; filename="names.es.conll"'
    assert int(response.headers["Content-Length"]) == len(content)
    assert content.count("B-PER") == 2
    response = owner.get(reverse("annotations:export_zip", args=[export.pk]))
    with ZipFile(io.BytesIO(b"".join(response))) as archive:
        assert archive.namelist() == ["export.json", "names.es.conll", "names.es.ids.tsv"]
        assert json.loads(archive.read("export.json"))["made_by"] == "owner"
    assert [path.name for path in actions.export_folder(export).iterdir()] == ["export.zip"]


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({}, "2 reviewed sentences."),
        ({"silver": "on"}, "2 reviewed sentences, 1 with suggestions only."),
        ({"domains": ["sport"], "silver": "on"}, "1 reviewed sentence, 1 with suggestions only."),
        ({"split": "50/50/50"}, "Split: &#x27;50/50/50&#x27; must be two or three whole numbers"),
    ],
)
def test_the_count_follows_the_form(client: Client, project: Project, changes: dict, count: str) -> None:
    address = reverse("annotations:export_count", args=[project.pk])
    response = signed_in(client, project).get(address, choices(**changes))
    assert count in response.content.decode()
    assert "<html" not in response.content.decode()


def test_a_count_up_to_a_limit(project: Project, monkeypatch) -> None:
    monkeypatch.setattr("annotations.export.counts.LIMIT", 1)
    count = count_export(project, ExportOptions(domains=("news", "sport"), silver=True))
    assert count.is_more
    assert list_domains(project) == ["news", "sport"]


def test_choices_reach_the_files(client: Client, project: Project) -> None:
    export = ask(
        signed_in(client, project),
        project,
        format="conll2002",
        scheme="BILOU",
        silver="on",
        source="on",
        per_domain="on",
        header="",
        domains=["sport"],
    )
    assert export.report["options"]["scheme"] == "BILOU"
    assert [file["name"] for file in export.report["files"]] == [
        "names.es.sport.conll",
        "names.es.sport.source.conll",
    ]
    assert (export.report["gold"], export.report["silver"]) == (1, 1)


def test_nothing_to_export_is_said_before(client: Client) -> None:
    project = make_project("Empty", owner=make_user("owner"))
    response = signed_in(client, project).post(reverse("annotations:exports", args=[project.pk]), choices())
    assert "Nothing of what you chose is there yet." in response.content.decode()
    assert not Export.objects.exists()


@pytest.mark.parametrize("role", ["annotator", "viewer"])
def test_members_export_gold_only(client: Client, project: Project, role: str) -> None:
    member = signed_in(client, project, role)
    assert 'name="silver"' not in shown(member, "exports", project.pk)
    export = ask(member, project, silver="on", reviewers="on", format="jsonl")
    assert (export.report["gold"], export.report["silver"]) == (2, 0)
    assert export.report["options"]["reviewers"] is False


def test_silver_is_for_owners_and_adjudicators(client: Client, project: Project) -> None:
    export = ask(signed_in(client, project, "adjudicator"), project, silver="on")
    names = [("export", []), ("export_zip", []), ("export_file", ["names.es.conll"])]
    addresses = [reverse(f"annotations:{name}", args=[export.pk, *more]) for name, more in names]
    for role, status in (("owner", 200), ("adjudicator", 200), ("annotator", 404), ("viewer", 404)):
        signed_in(client, project, role)
        assert [client.get(address).status_code for address in addresses] == [status] * 3
        assert (f"/exports/{export.pk}/" in shown(client, "exports", project.pk)) == (status == 200)


def test_a_stranger_finds_nothing(client: Client, project: Project) -> None:
    export = ask(signed_in(client, project), project)
    client.force_login(make_user("stranger"))
    for name in ("exports", "export_count"):
        assert client.get(reverse(f"annotations:{name}", args=[project.pk])).status_code == 404
    assert client.post(reverse("annotations:exports", args=[project.pk]), choices()).status_code == 404
    for name, more in (("export", []), ("export_zip", []), ("export_file", ["names.es.conll"])):
        assert client.get(reverse(f"annotations:{name}", args=[export.pk, *more])).status_code == 404
    assert client.post(reverse("annotations:export_ask_again", args=[export.pk])).status_code == 404


@pytest.mark.parametrize("name", ["nothing.conll", "..%2fexport.zip", "making"])
def test_only_files_of_the_export_are_given(client: Client, project: Project, name: str) -> None:
    export = ask(signed_in(client, project), project)
    assert client.get(f"/exports/{export.pk}/files/{name}").status_code == 404


def test_files_that_were_removed_are_said_to_be(client: Client, project: Project) -> None:
    export = ask(signed_in(client, project), project)
    actions.zip_path(export).unlink()
    assert "removed to save space" in shown(client, "export", export.pk)
    assert client.get(reverse("annotations:export_zip", args=[export.pk])).status_code == 404


def test_old_files_are_removed(client: Client, project: Project, media: Path, monkeypatch) -> None:
    ask(signed_in(client, project), project)
    (old,) = (media / "exports").iterdir()
    monkeypatch.setattr("annotations.actions.import_work.KEPT_DAYS", -1)
    client.post(reverse("annotations:exports", args=[project.pk]), choices())
    assert not old.exists()


def test_damage_is_said_and_nothing_offered(client: Client, project: Project, monkeypatch) -> None:
    def damaged(output, options) -> None:
        raise ExportDamaged("sentence 1 of x does not read back as written")

    monkeypatch.setattr(build, "check_file", damaged)
    export = ask(signed_in(client, project), project)
    assert export.status == "failed"
    page = shown(client, "export", export.pk)
    assert "sentence 1 of x does not read back as written" in page
    assert client.get(reverse("annotations:export_zip", args=[export.pk])).status_code == 404


def test_a_large_export_waits_for_a_worker(
    client: Client, project: Project, monkeypatch, django_capture_on_commit_callbacks
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(views, "IN_REQUEST_SENTENCES", 0)
    monkeypatch.setattr(tasks.make_export, "delay", asked.append)
    cache.set("answering-workers", [])
    with django_capture_on_commit_callbacks(execute=True):
        export = ask(signed_in(client, project), project)
    assert asked == [export.pk]
    page = shown(client, "export", export.pk)
    assert "No worker answers" in page
    assert 'hx-trigger="every 1s"' in page
    assert "<html" not in shown(client, "export", export.pk, HTTP_HX_REQUEST="true")
    tasks.make_export(export.pk)
    tasks.make_export(export.pk)
    assert "hx-trigger" not in shown(client, "export", export.pk, HTTP_HX_REQUEST="true")


@pytest.mark.django_db(transaction=True)
def test_a_worker_makes_a_large_export(
    client: Client, project: Project, monkeypatch, settings, live_worker, wait_until
) -> None:
    settings.MEDIA_ROOT = str(settings.DATA_FOLDER.media)
    monkeypatch.setattr(views, "IN_REQUEST_SENTENCES", 0)
    export = ask(signed_in(client, project), project)
    wait_until(lambda: Export.objects.get().status == "ready", why="the files are made")
    assert client.get(reverse("annotations:export_zip", args=[export.pk])).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_an_export_is_of_one_moment(project: Project, monkeypatch) -> None:
    """What is reviewed while the files are written is not half in them."""
    export = actions.promise_export(project=project, user=project.created_by, options=ExportOptions())
    read = build.read_records

    def slowly(*arguments):
        for number, record in enumerate(read(*arguments)):
            if not number:
                review_elsewhere(project)
            yield record

    monkeypatch.setattr(build, "read_records", slowly)
    monkeypatch.setattr("annotations.export.records.BLOCK", 1)
    actions.make_export(export.pk)
    export.refresh_from_db()
    assert export.report["sentences"] == 2
    assert SentencePair.objects.filter(status="reviewed").count() == 3


def review_elsewhere(project: Project) -> None:
    from django.db import connection

    pair = project.pairs.get(status="suggested")
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("UPDATE annotations_sentencepair SET status = 'reviewed' WHERE id = %s", [pair.pk])
    other.close()


def test_a_get_changes_nothing(client: Client, project: Project) -> None:
    export = ask(signed_in(client, project), project)
    assert client.get(reverse("annotations:export_ask_again", args=[export.pk])).status_code == 405

"""What people see when a page cannot be shown, and what is kept from them."""

import errno
import resource
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.test import Client

from annotations import tasks
from annotations.actions.exports import promise_export
from annotations.actions.review import Seen, accept_review
from annotations.export.options import ExportOptions
from annotations.views import home
from factories import make_pair, make_project, make_user
from projector_site.operations.trouble import say_what_is_wrong
from workers.tasks.disk import DISK_FULL, is_disk_full

READING = {
    **dict.fromkeys(("format", "source_kind", "target_kind", "source_scheme", "target_scheme"), "auto"),
    **{"token_column": 1, "tag_column": -1, "target_language": "es"},
}


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture
def no_database(transactional_db: None, tmp_path: Path) -> Iterator[None]:
    """The database's address leads nowhere from here on."""
    before = connection.settings_dict["HOST"]
    connection.close()
    connection.settings_dict["HOST"] = str(tmp_path)
    yield
    connection.settings_dict["HOST"] = before


def test_without_a_database_the_page_says_so(no_database: None, client: Client) -> None:
    client.cookies["sessionid"] = "a" * 32
    response = client.get("/", headers={"X-Request-ID": "who-asked-what"})
    assert response.status_code == 503
    assert response["Retry-After"] == "10"
    assert "no-store" in response["Cache-Control"]
    page = response.content.decode()
    assert "The database does not answer" in page
    assert "who-asked-what" in page
    assert "OperationalError" not in page


def test_a_fault_of_ours_is_a_500_that_tells_nothing(db: None, client: Client, monkeypatch) -> None:
    def break_down(*_: object) -> None:
        raise RuntimeError("a secret of the server")

    client.force_login(make_user())
    monkeypatch.setattr(home.Membership.objects, "filter", break_down)
    response = client.get("/")
    assert response.status_code == 500
    page = response.content.decode()
    assert "Something went wrong" in page
    assert "secret" not in page


@pytest.fixture
def small_files() -> Iterator[None]:
    """This process cannot write files above 100 kB, as on a disk without room."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("n_bytes", [500_000, 5_000_000])  # in memory, and spooled by the upload handler
def test_an_upload_without_room_is_said_to_be_one_and_leaves_nothing(
    db: None, client: Client, settings, tmp_path: Path, small_files: None, n_bytes: int
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    owner = make_user()
    project = make_project(owner=owner)
    client.force_login(owner)
    data = {"pairs": SimpleUploadedFile("pairs.tsv", b"Bob runs\tBob corre\n" * (n_bytes // 19))}
    response = client.post(f"/projects/{project.pk}/imports/", READING | data)
    assert response.status_code == 503
    assert "The disk is full" in response.content.decode()
    assert not project.imports.exists()
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


def test_an_export_without_room_ends_with_the_reason_and_nothing_to_download(
    db: None, client: Client, settings, tmp_path: Path, small_files: None
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    owner = make_user()
    project = make_project(owner=owner)
    words = "word " * 900
    for _ in range(20):
        pair = make_pair(project, words.strip(), words.strip(), [])
        accept_review(pair=pair, reviewer=owner, seen=Seen(0, pair.shown_run_id))
    export = promise_export(project=project, user=owner, options=ExportOptions())
    tasks.make_export(export.pk)
    export.refresh_from_db()
    assert (export.status, export.error) == ("failed", DISK_FULL)
    client.force_login(owner)
    assert DISK_FULL in client.get(f"/exports/{export.pk}/").content.decode()
    assert client.get(f"/exports/{export.pk}/all.zip").status_code == 404
    assert not list(tmp_path.rglob("*.zip"))


def test_a_full_disk_of_the_database_is_told_from_one_that_is_away() -> None:
    full = OperationalError("could not extend file")
    full.__cause__ = psycopg.errors.DiskFull()
    assert say_what_is_wrong(full)[0] == "The disk is full"
    assert say_what_is_wrong(OperationalError("terminating connection"))[0] == "The database does not answer"
    assert is_disk_full(OSError(errno.ENOSPC, "x"))
    assert not is_disk_full(OSError(errno.EACCES, "x"))

"""The import pages: upload, preview, commit, discard; a worker for what is large; owners only."""

import io
from collections.abc import Callable
from functools import partial
from pathlib import Path
from zipfile import ZipFile

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse

from annotations.actions import import_work, staged_imports
from annotations.actions.background import is_held, taking
from annotations.actions.import_work import progress_of, run_check
from annotations.models import ImportBatch, Membership, Project, SentencePair, User
from annotations.tasks import check_import
from uploads import act, page, post_files

pytestmark = pytest.mark.django_db

TSV = b"Ana sings\tAna canta\nBob runs\tBob corre\n"
BAD_TSV = TSV + b"only one\n\xff\tx\n"


@pytest.fixture(autouse=True)
def media(settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


@pytest.fixture
def project() -> Project:
    owner = User.objects.create_user("olga")
    project = Project.objects.create(name="Names", created_by=owner)
    Membership.objects.create(project=project, user=owner, role=Membership.Role.OWNER)
    return project


@pytest.fixture
def olga(client: Client, project: Project) -> Client:
    client.force_login(project.created_by)
    return client


Upload = Callable[..., ImportBatch]


@pytest.fixture
def upload(olga: Client, project: Project) -> Upload:
    return partial(post_files, olga, project)


def test_it_previews_before_it_commits(olga: Client, upload: Upload) -> None:
    batch = upload(pairs=TSV)
    assert (batch.status, batch.file_names) == ("staged", ["pairs.txt"])
    assert not SentencePair.objects.exists()
    shown = page(olga, batch)
    assert "TSV: source and target between tabs" in shown
    assert '<span class="t" data-i="1">canta</span>' in shown
    assert "Import 2 pairs" in shown
    batch = act(olga, batch, "commit")
    assert (batch.status, batch.n_imported) == ("done", 2)
    assert SentencePair.objects.count() == 2
    assert list(Path(staged_imports.staged_folder(batch)).iterdir()) == []


def test_it_shows_labels_of_a_source_file_and_its_translation(olga: Client, upload: Upload) -> None:
    batch = upload(source=b"Ana B-PER\nsings O\n", target="آنا تغني\n".encode(), target_language="ar")
    shown = page(olga, batch)
    assert "source: CoNLL, IOB2; target: plain text" in shown
    assert 'aria-label="PER"><span class="t" data-i="0">Ana</span>' in shown
    assert '<td lang="ar" dir="rtl"><span class="t" data-i="0">آنا</span>' in shown


def test_bad_lines_keep_everything_out_unless_the_good_ones_are_asked_for(
    olga: Client, upload: Upload
) -> None:
    batch = upload(pairs=BAD_TSV)
    shown = page(olga, batch)
    assert "1 columns where 2 are expected (source, target)" in shown
    assert "byte 0xFF at position 1" in shown
    assert "Import the 2 good pairs, leave out 2" in shown
    batch = act(olga, batch, "commit")
    assert batch.status == "staged"
    assert not SentencePair.objects.exists()
    assert "2 of 4 lines cannot be imported" in page(olga, batch)
    batch = act(olga, batch, "commit", keep_good="on")
    assert (batch.status, batch.n_imported, batch.n_rejected) == ("done", 2, 2)
    assert "Download the rejected lines" in page(olga, batch)


def test_the_rejected_lines_can_be_downloaded(olga: Client, upload: Upload) -> None:
    batch = upload(pairs=BAD_TSV)
    response = olga.get(reverse("annotations:import_rejected", args=[batch.pk]))
    with ZipFile(io.BytesIO(b"".join(response))) as archive:
        assert archive.read("rejected/pairs.txt") == b"only one\n\xff\tx\n"
    batch = act(olga, batch, "discard")
    assert olga.get(reverse("annotations:import_rejected", args=[batch.pk])).status_code == 404


def test_it_can_be_read_again_in_another_way(olga: Client, upload: Upload) -> None:
    batch = upload(source=b"Ana B-PERSON\n", label_map="")
    assert "the label &#x27;PERSON&#x27; is not one of the project&#x27;s" in page(olga, batch)
    reading = {name: value for name, value in batch.options["reading"].items() if not isinstance(value, bool)}
    batch = act(olga, batch, "check", **reading | {"label_map": "PERSON=PER\n"})
    assert batch.report["labels"] == {"PER": 1}
    assert "PERSON=PER" in page(olga, batch)
    assert act(olga, batch, "commit").n_imported == 1


def test_a_wrong_choice_is_said_beside_its_field(olga: Client, upload: Upload) -> None:
    batch = upload(pairs=TSV)
    response = olga.post(reverse("annotations:import_check", args=[batch.pk]), {"target_language": "english"})
    assert "is not a language tag" in response.content.decode()
    batch.refresh_from_db()
    assert batch.status == "staged"


def test_an_unreadable_file_is_said_and_can_be_discarded(olga: Client, upload: Upload) -> None:
    batch = upload(pairs="a\tb".encode("utf-16"))
    shown = page(olga, batch)
    assert "pairs.txt is UTF-16; save it as UTF-8" in shown
    assert "import_commit" not in shown and "/commit/" not in shown
    assert act(olga, batch, "discard").status == "discarded"
    assert not Path(staged_imports.staged_folder(batch)).exists()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "Choose one file of pairs, or a source file"),
        ({"pairs": TSV, "source": b"a\n"}, "Choose one file of pairs, or a source file"),
        ({"source": b"a\n", "target_language": ""}, "Say which language the translations are in"),
        ({"pairs": TSV, "target_language": "english"}, "is not a language tag"),
        ({"pairs": TSV, "label_map": "PER"}, "PER: write FROM=TO."),
        ({"pairs": b""}, "The submitted file is empty"),
    ],
)
def test_the_form_says_what_is_missing(upload: Upload, fields: dict, message: str) -> None:
    assert message in upload(expect=200, **fields)
    assert not ImportBatch.objects.exists()


def test_a_file_over_the_limit_is_dropped_while_it_arrives(upload: Upload, settings, media: Path) -> None:
    settings.IMPORT_MAX_UPLOAD_BYTES = 100_000
    said = upload(expect=200, pairs=b"a\tb\n" * 30_000)
    assert "pairs.txt: over 0 MB. Larger files are for manage.py import_corpus." in said
    assert list(media.iterdir()) == []


def test_the_same_file_again_says_what_is_known(olga: Client, upload: Upload) -> None:
    act(olga, upload(pairs=TSV), "commit")
    ImportBatch.objects.all().delete()
    batch = upload(pairs=TSV)
    assert "Of the first 2 pairs, 2 are in the project already" in page(olga, batch)
    batch = act(olga, batch, "commit")
    assert (batch.n_imported, batch.n_duplicates) == (0, 2)


def test_two_commits_import_once(olga: Client, upload: Upload) -> None:
    batch = upload(pairs=TSV)
    act(olga, batch, "commit")
    assert act(olga, batch, "commit").status == "done"
    assert SentencePair.objects.count() == 2
    assert act(olga, batch, "discard").status == "done"


def test_an_upload_that_was_removed_cannot_be_committed(olga: Client, upload: Upload) -> None:
    batch = upload(pairs=TSV)
    for path in Path(staged_imports.staged_folder(batch)).iterdir():
        path.unlink()
    Path(staged_imports.staged_folder(batch)).rmdir()
    assert "waited too long and was removed" in page(olga, batch)
    assert act(olga, batch, "commit").status == "staged"
    assert not SentencePair.objects.exists()


@pytest.mark.parametrize("role", ["adjudicator", "annotator", "viewer", None])
def test_only_owners_import(client: Client, project: Project, upload: Upload, role: str | None) -> None:
    batch = upload(pairs=BAD_TSV)
    other = User.objects.create_user("omar")
    if role:
        Membership.objects.create(project=project, user=other, role=role)
    client.force_login(other)
    addresses = [
        reverse("annotations:imports", args=[project.pk]),
        reverse("annotations:import", args=[batch.pk]),
    ]
    addresses.append(reverse("annotations:import_rejected", args=[batch.pk]))
    assert [client.get(address).status_code for address in addresses] == [404, 404, 404]
    for name in ("check", "commit", "discard", "ask_again"):
        assert client.post(reverse(f"annotations:import_{name}", args=[batch.pk])).status_code == 404
    assert client.post(addresses[0]).status_code == 404


def test_nothing_changes_on_a_get(olga: Client, upload: Upload) -> None:
    batch = upload(pairs=TSV)
    for name in ("check", "commit", "discard", "ask_again"):
        assert olga.get(reverse(f"annotations:import_{name}", args=[batch.pk])).status_code == 405


# --- what a worker does


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staged_imports, "IN_REQUEST_BYTES", 0)


def test_a_large_file_waits_for_a_worker_and_says_so(
    olga: Client, upload: Upload, large, monkeypatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(staged_imports.check_import, "delay", asked.append)
    cache.set("answering-workers", [])
    batch = upload(pairs=TSV)
    assert batch.status == "checking"
    shown = page(olga, batch)
    assert "No worker answers. It goes on when one is started." in shown
    assert 'hx-trigger="every 1s"' in shown
    assert "<html" in shown
    assert "<html" not in page(olga, batch, HTTP_HX_REQUEST="true")
    act(olga, batch, "ask_again")
    assert asked == [batch.pk, batch.pk]


@pytest.mark.django_db(transaction=True)
def test_a_worker_checks_and_imports_a_large_file(
    olga: Client, upload: Upload, large, live_worker, wait_until, settings
) -> None:
    folder = Path(settings.DATA_FOLDER.media)
    settings.MEDIA_ROOT = str(folder)
    batch = upload(pairs=TSV)
    wait_until(lambda: ImportBatch.objects.get().status == "staged", why="the check is done")
    assert "hx-trigger" not in page(olga, batch)
    act(olga, batch, "commit")
    wait_until(lambda: ImportBatch.objects.get().status == "done", why="the import is done")
    assert SentencePair.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_leaves_nothing_and_the_next_one_does_it_once(
    olga: Client, upload: Upload, large, start_worker, wait_until, settings
) -> None:
    settings.MEDIA_ROOT = str(settings.DATA_FOLDER.media)
    worker = start_worker()
    upload(pairs=b"".join(b"word %d\tpalabra %d\n" % (n, n) for n in range(30_000)))
    wait_until(lambda: ImportBatch.objects.get().status == "staged", why="the check is done")
    batch = act(olga, ImportBatch.objects.get(), "commit")
    wait_until(lambda: progress_of(batch) >= 5000, why="the import is in its middle")
    worker.kill()
    wait_until(lambda: not is_held(batch), why="the server notices")
    batch.refresh_from_db()
    assert (batch.status, SentencePair.objects.count()) == ("importing", 0)
    start_worker()
    wait_until(lambda: ImportBatch.objects.get().status == "done", why="the import is done")
    assert SentencePair.objects.count() == 30_000


@pytest.mark.django_db(transaction=True)
def test_work_in_hand_is_not_taken_twice(olga: Client, upload: Upload, large, monkeypatch) -> None:
    monkeypatch.setattr(staged_imports.check_import, "delay", lambda _: None)
    batch = upload(pairs=TSV)
    assert not is_held(batch)
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT 1 FROM annotations_importbatch FOR UPDATE")
        assert is_held(batch)
        run_check(batch.pk)
        batch.refresh_from_db()
        assert batch.status == "checking"
        assert "The file is being read." in page(olga, batch)
        cursor.execute("ROLLBACK")
    other.close()
    run_check(batch.pk)
    batch.refresh_from_db()
    assert batch.status == "staged"
    with taking(ImportBatch, batch.pk, "checking") as taken:
        assert taken is None


def test_a_failure_that_is_not_in_the_lines_is_said(olga: Client, upload: Upload, large, monkeypatch) -> None:
    monkeypatch.setattr(staged_imports.check_import, "delay", lambda _: None)
    batch = upload(pairs=TSV)
    monkeypatch.setattr(import_work, "_check", lambda _: 1 / 0)
    check_import(batch.pk)
    batch.refresh_from_db()
    assert batch.status == "failed"
    assert "ZeroDivisionError" in page(olga, batch)

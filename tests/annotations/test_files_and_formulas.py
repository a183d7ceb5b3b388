"""Names of files lead nowhere else, packed files are not unpacked, and no table runs in a spreadsheet."""

from __future__ import annotations

import gzip
from io import BytesIO, StringIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from annotations.models import Export, ImportBatch, Project, User
from annotations.tables import csv_lines, safe_cell
from factories import make_gap_report, make_pair
from tests.annotations.test_roles import EXPORT, UPLOAD

TRAVERSALS = [
    "../export.json",
    "..%2Fexport.json",
    "%2e%2e%2fsecret-key",
    "/etc/passwd",
    "..\\x",
    "x\0y",
    ".",
]
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "=HYPERLINK(0)"]


@pytest.fixture(autouse=True)
def media(settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    return tmp_path / "media"


@pytest.fixture
def owner(olga: User, sign_in) -> Client:
    return sign_in(olga)


def upload(client: Client, project: Project, name: str, content: bytes) -> HttpResponse:
    """As a browser that was told to lie about the file's name sends it."""
    fields = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in UPLOAD.items()
    )
    head = f'--b\r\nContent-Disposition: form-data; name="pairs"; filename="{name}"\r\n\r\n'
    body = fields.encode() + head.encode() + content + b"\r\n--b--\r\n"
    address = reverse("annotations:imports", args=[project.pk])
    return client.generic("POST", address, body, content_type="multipart/form-data; boundary=b")


@pytest.mark.parametrize(
    "name", ["../../escaped.tsv", "/tmp/escaped.tsv", "..\\..\\escaped.tsv", "a/../escaped.tsv"]
)
def test_an_uploads_name_is_only_a_name(
    owner: Client, project: Project, tmp_path: Path, media: Path, name: str
) -> None:
    assert upload(owner, project, name, b"Bob runs\tBob corre\nonly one\n").status_code == 302
    batch = ImportBatch.objects.get()
    assert not any(sign in batch.file_names[0] for sign in "/\\")
    assert {path.relative_to(media).parts[0] for path in tmp_path.rglob("*") if path.is_file()} == {"imports"}
    rejected = owner.get(reverse("annotations:import_rejected", args=[batch.pk]))
    for inside in ZipFile(BytesIO(rejected.getvalue())).namelist():
        assert ".." not in Path(inside).parts
        assert not inside.startswith("/")


@pytest.mark.parametrize("name", TRAVERSALS)
def test_files_are_had_by_their_own_names_only(
    owner: Client, project: Project, olga: User, name: str
) -> None:
    pair = make_pair(project)
    owner.post(reverse("annotations:review_accept", args=[pair.pk]), {"version": 0, "run": pair.shown_run_id})
    owner.post(reverse("annotations:exports", args=[project.pk]), EXPORT)
    export, report = Export.objects.get(), make_gap_report(project)
    assert owner.get(f"/exports/{export.pk}/files/export.json").status_code == 200
    for address in (f"/exports/{export.pk}/files/{name}", f"/gap-reports/{report.pk}/files/{name}"):
        assert owner.get(address).status_code == 404


def test_what_is_packed_is_not_unpacked(owner: Client, project: Project) -> None:
    """A few hundred bytes that would become a hundred megabytes are refused by their first bytes."""
    bomb = gzip.compress(b"0" * 10_000_000)
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        archive.writestr("pairs.tsv", "a\tb\n")
    for content, said in ((bomb, "gzip-compressed"), (packed.getvalue(), "zip archive")):
        answer = upload(owner, project, "pairs.tsv", content)
        batch = ImportBatch.objects.order_by("-pk").first()
        shown = (
            owner.get(answer.url).content.decode() if answer.status_code == 302 else answer.content.decode()
        )
        assert said in shown
        assert batch is None or batch.n_imported == 0
    assert not project.pairs.exists()


@pytest.mark.parametrize("cell", FORMULAS)
def test_a_formula_is_made_text(cell: str) -> None:
    assert safe_cell(cell) == f"'{cell}"
    [line] = csv_lines([["x", cell]])
    assert line.startswith(("x,'", "x,\"'"))


@pytest.mark.parametrize("cell", ["Ana", "1-1", "a=b", "", "'=1", "٣"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert safe_cell(cell) == cell


def test_tables_of_exports_and_rejected_lines_run_nothing(
    owner: Client, project: Project, tmp_path: Path
) -> None:
    pair = make_pair(project, external_id="=1+1", document="@doc", domain="-x")
    owner.post(reverse("annotations:review_accept", args=[pair.pk]), {"version": 0, "run": pair.shown_run_id})
    folder = tmp_path / "out"
    call_command("export_corpus", project.name, str(folder), stdout=StringIO())
    [path] = folder.glob("*.ids.tsv")
    assert path.read_text().splitlines()[1].split("\t")[1:4] == ["'=1+1", "'@doc", "'-x"]
    upload(owner, project, "=cmd.tsv", b"Bob runs\tBob corre\nonly one\n")
    batch = ImportBatch.objects.get()
    rejected = owner.get(reverse("annotations:import_rejected", args=[batch.pk])).getvalue()
    problems = ZipFile(BytesIO(rejected)).read("problems.tsv").decode()
    assert problems.splitlines()[1].startswith("'=cmd.tsv\t2\t")

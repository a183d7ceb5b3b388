"""A restored copy equals the original; a damaged copy, or a full target, changes nothing."""

import json
from pathlib import Path

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import connection
from psycopg import sql

from annotations.models import SentencePair
from factories import make_pair, make_project
from projector_site.operations.backup import check_backup, make_backup
from projector_site.services.errors import ServiceError

DIGEST = "SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM {} t"

pytestmark = pytest.mark.django_db(transaction=True)


def contents(address: str) -> dict[str, str]:
    """Every table of a database with a digest of its rows."""
    with psycopg.connect(address) as found:
        names = found.execute(
            "SELECT format('%I', tablename) FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        ).fetchall()
        digests = {}
        for (name,) in names:
            query = sql.SQL(DIGEST).format(sql.SQL(name))
            digests[name] = found.execute(query).fetchone()[0]
    return digests


@pytest.fixture
def media(tmp_path: Path, settings) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    (settings.MEDIA_ROOT / "exports").mkdir(parents=True)
    (settings.MEDIA_ROOT / "exports" / "gold.conll").write_text("Àṣẹ B-PER\n\n")
    return settings.MEDIA_ROOT


@pytest.mark.slow
def test_a_restored_copy_equals_the_original(
    media: Path, tmp_path: Path, empty_database: str, database_url: str, run_manage
) -> None:
    project = make_project("Ìwé ìròyìn")
    for _ in range(5):
        make_pair(project)
    SentencePair.objects.filter(project=project).update(status="skipped")
    manifest = make_backup(tmp_path / "copy")
    assert manifest["migrations"]
    other = tmp_path / "other"
    other.mkdir()
    key = django_settings.SECRET_KEY
    done = run_manage(
        "restore",
        str(tmp_path / "copy"),
        DATABASE_URL=empty_database,
        PROJECTOR_DATA=str(other),
        SECRET_KEY=key,
    )
    assert done.returncode == 0, done.stderr
    original = contents(database_url)
    assert original["annotations_sentencepair"].startswith("5 ")
    assert contents(empty_database) == original
    assert (other / "media" / "exports" / "gold.conll").read_text() == "Àṣẹ B-PER\n\n"
    with psycopg.connect(empty_database) as found:  # the triggers came along
        found.execute("UPDATE annotations_sentencepair SET status = 'new'")
        total = found.execute("SELECT sum(n_skipped) FROM annotations_paircount").fetchone()[0]
    assert total == 0

    again = run_manage("restore", str(tmp_path / "copy"), DATABASE_URL=empty_database, SECRET_KEY=key)
    assert again.returncode == 1
    assert "is not empty" in again.stderr


def test_a_copy_never_replaces_a_folder(media: Path, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    with pytest.raises(ServiceError, match="already there"):
        make_backup(tmp_path / "copy")


def test_a_failed_dump_leaves_no_copy(media: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "NAME", "no-such-database")
    with pytest.raises(ServiceError, match="pg_dump failed: .*no-such-database"):
        make_backup(tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_a_damaged_copy_is_refused(media: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    make_backup(copy)
    assert check_backup(copy)["files"].keys() == {"database.dump", "media/exports/gold.conll"}
    (copy / "media" / "exports" / "gold.conll").write_text("Àṣẹ B-LOC\n\n")
    with pytest.raises(ServiceError, match=r"gold\.conll is missing or damaged"):
        check_backup(copy)
    (copy / "manifest.json").write_text(json.dumps("?")[:1])
    with pytest.raises(ServiceError, match="is not a copy made by"):
        check_backup(copy)

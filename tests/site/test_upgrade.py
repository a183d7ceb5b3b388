"""From the release before, with its data: its backup, restored and migrated, has everything and goes on.

`release-0020` is a backup that the release with migration 0020 made of 60 pairs with reviews, history, a
comment, a verdict, guidelines, an invitation and an export.
"""

from pathlib import Path

import psycopg
import pytest

from faults.invariants import broken_promises

RELEASE = Path(__file__).parent / "release-0020"
KEY = "a-key-for-the-upgrade-" * 3
# What the old release held, table by table; no migration may take a row away.
ROWS = {
    "annotations_sentencepair": 60,
    "annotations_pairtext": 60,
    "annotations_candidate": 240,
    "annotations_pairresult": 60,
    "annotations_comment": 1,
    "annotations_verdict": 1,
    "annotations_guidelinesversion": 1,
    "annotations_invitation": 1,
    "annotations_export": 1,
}
# Somebody has a pair in hand, or had, while the migrations run.
HOLD = """
UPDATE annotations_sentencepair
SET claimed_until = statement_timestamp() + %(minutes)s * interval '1 minute',
    claimed_by_id = (SELECT id FROM annotations_user WHERE username = 'scale-owner')
WHERE id = (SELECT max(id) FROM annotations_sentencepair WHERE status = 'suggested' AND claimed_by_id IS NULL)
RETURNING id, claimed_by_id, claimed_until
"""
GOES_ON = """
from django.conf import settings
from django.test import Client
from annotations.models import SentencePair, User
settings.ALLOWED_HOSTS = ["*"]
settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
client = Client()
owner = User.objects.get(username="scale-owner")
assert owner.check_password("a password of the release")
client.force_login(owner)
for name in ("", "sentences/?q=baba", "exports/", "comments/"):
    path = f"/projects/1/{name}"
    assert client.get(path).status_code == 200, path
told = SentencePair.objects.get(n_comments=1)
assert "你好 🙂" in client.get("/projects/1/comments/").content.decode()
assert client.get(f"/sentences/{told.pk}/history/").status_code == 200
address = client.get("/projects/1/review/").url
pair = SentencePair.objects.get(pk=address.split("/")[2])
assert client.get(address).status_code == 200
done = client.post(
    f"/sentences/{pair.pk}/accept/", {"version": 0, "run": pair.shown_run_id}, follow=True
)
assert done.status_code == 200
pair.refresh_from_db()
assert pair.status == "reviewed", pair.status
export = client.get("/exports/1/all.zip")
assert b"".join(export.streaming_content)[:2] == b"PK"
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_an_older_release_is_upgraded_with_its_data(tmp_path: Path, empty_database: str, run_manage) -> None:
    place = {"DATABASE_URL": empty_database, "PROJECTOR_DATA": str(tmp_path), "SECRET_KEY": KEY}
    done = run_manage("restore", str(RELEASE), **place)
    assert done.returncode == 0, done.stderr
    with psycopg.connect(empty_database) as found:
        held = [found.execute(HOLD, {"minutes": minutes}).fetchone() for minutes in (5, -5)]
    done = run_manage("migrate", "-v0", **place)
    assert done.returncode == 0, done.stderr
    with psycopg.connect(empty_database) as found:
        (project,) = found.execute("SELECT id FROM annotations_project").fetchone()
        for table, n in ROWS.items():
            assert found.execute(f"SELECT count(*) FROM {table}").fetchone() == (n,), table  # noqa: S608
        assert broken_promises(found, project) == []
        (n_reviews,) = found.execute("SELECT count(*) FROM annotations_review").fetchone()
        (n_events,) = found.execute("SELECT count(*) FROM annotations_reviewevent").fetchone()
        claims = found.execute("SELECT pair_id, reviewer_id, until FROM annotations_claim").fetchall()
    assert (n_reviews, n_events) == (26, 34)
    assert claims == held[:1]  # one that had run out already lapses
    done = run_manage("shell", "-v0", "-c", GOES_ON, **place)
    assert done.returncode == 0, done.stderr

"""The large tables in Django admin: looked at without counting them, and never changed there."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotations.actions.review import Seen, accept_review
from annotations.admin import rows
from annotations.models import Review, SentencePair, User
from factories import make_pair, make_project, make_user

TABLES = ("sentencepair", "candidate", "review", "reviewevent")


@pytest.fixture
def admin_client(pair: SentencePair, ana: User, sign_in) -> Client:
    accept_review(pair=pair, reviewer=ana, seen=Seen(0, pair.shown_run_id))
    return sign_in(make_user(is_staff=True, is_superuser=True))


@pytest.mark.parametrize("table", TABLES)
def test_a_list_counts_no_more_than_it_leafs_through(table: str, admin_client: Client, monkeypatch) -> None:
    monkeypatch.setattr(rows, "COUNTED", 1)
    make_pair(make_project(), status="new")
    with CaptureQueriesContext(connection) as captured:
        page = admin_client.get(f"/admin/annotations/{table}/")
    assert page.status_code == 200
    counts = [str(query["sql"]) for query in captured.captured_queries if "COUNT(" in str(query["sql"])]
    assert counts
    assert all("LIMIT 1" in count for count in counts)


def test_a_row_is_found_by_its_number(admin_client: Client, pair: SentencePair) -> None:
    make_pair(pair.project)
    found = admin_client.get("/admin/annotations/sentencepair/", {"q": pair.pk}).context["cl"]
    assert [row.pk for row in found.result_list] == [pair.pk]
    for words in ("Madrid", "9" * 30):
        found = admin_client.get("/admin/annotations/sentencepair/", {"q": words}).context["cl"]
        assert not found.result_list


@pytest.mark.parametrize("table", TABLES)
def test_nothing_is_changed_there(table: str, admin_client: Client) -> None:
    review = Review.objects.get()
    for path in ("add/", f"{review.pk}/delete/"):
        assert admin_client.post(f"/admin/annotations/{table}/{path}").status_code == 403
    if table == "review":
        assert admin_client.get(f"/admin/annotations/review/{review.pk}/change/").status_code == 200
        assert admin_client.post(f"/admin/annotations/review/{review.pk}/change/").status_code == 403

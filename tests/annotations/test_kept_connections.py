"""A connection that is kept between requests: whether it still works is found out by what is asked first."""

import psycopg
import pytest
from django.db import connection
from django.urls import reverse

from factories import make_project, make_user


@pytest.fixture
def client(transactional_db: None, sign_in):  # noqa: ANN201
    """Of somebody who has been served, so that the connection is there."""
    user = make_user()
    make_project(owner=user)
    client = sign_in(user)
    assert client.get(reverse("annotations:home")).status_code == 200
    connection.health_check_done = False  # as when the next request begins
    return client


def test_one_that_works_is_not_asked_for_nothing(client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "is_usable", lambda: pytest.fail("asked"))
    assert client.get(reverse("annotations:home")).status_code == 200


def test_one_that_was_cut_meanwhile_is_replaced(client) -> None:
    cut = connection.connection
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [cut.info.backend_pid])
    assert client.get(reverse("annotations:home")).status_code == 200
    assert connection.connection is not cut

"""Statements that the server parses and plans once per connection: for the few that every decision needs.

The ORM writes its values into each statement, so that the server plans it anew. These are written by hand,
with named values (`%(pair)s`) and with their columns listed: a new column must not change what
a plan returns.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections

Row = tuple[Any, ...]


class PreparedCursor(psycopg.Cursor[Row]):
    """Prepares whatever it executes; the connection keeps the hundred used last."""

    def execute(self, query: Any, params: Any = None, **_: Any) -> PreparedCursor:
        return super().execute(query, params, prepare=True)

    def _send_query_prepared(self, name: bytes, pgq: Any, *, binary: bool | None = None) -> None:
        self._query = pgq  # which psycopg forgets here, and Django's log of statements shows
        super()._send_query_prepared(name, pgq, binary=binary)


def fetch_one(statement: str, values: Mapping[str, Any]) -> Row | None:
    """The first row of the answer, or None."""
    here: Any = connections[DEFAULT_DB_ALIAS]  # which `connection` would look up for every name
    here.close_if_health_check_failed()
    here.ensure_connection()
    raw = here.connection
    if raw.prepare_threshold is None:  # Django's way of saying never
        raw.prepare_threshold = sys.maxsize  # never without being asked to
    with here._prepare_cursor(PreparedCursor(raw)) as cursor:
        cursor.execute(statement, values)
        row: Row | None = cursor.fetchone()
        return row


def fetch_first(statement: str, values: Mapping[str, Any]) -> Row | None:
    """As fetch_one, for what a request reads first: it tells whether the connection that was kept works.

    Django would ask it for nothing else; this is asked again, of a new connection, where the old one is gone.
    """
    here: Any = connections[DEFAULT_DB_ALIAS]
    if here.connection is None or here.health_check_done or here.in_atomic_block:
        return fetch_one(statement, values)
    here.health_check_done = True
    try:
        return fetch_one(statement, values)
    except (InterfaceError, OperationalError):
        here.close()
        return fetch_one(statement, values)


def fetch_row(statement: str, values: Mapping[str, Any]) -> Row:
    """The row of a statement that always has one."""
    row = fetch_one(statement, values)
    if row is None:
        raise LookupError("the statement gave no row")
    return row

"""Rows into tables by binary COPY."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Model


def next_ids(model: type[Model], n: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, n],
        )
        return [value for (value,) in cursor.fetchall()]


def copy_rows(model: type[Model], columns: dict[str, str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Add rows by binary COPY. columns: name to PostgreSQL type, in the order of the values."""
    if not rows:
        return
    names = ", ".join(f'"{name}"' for name in columns)
    with (
        connection.wrap_database_errors,  # Django's own errors, as from any other statement
        connection.cursor() as cursor,
        cursor.copy(f"COPY {model._meta.db_table} ({names}) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.set_types(list(columns.values()))
        for row in rows:
            copy.write_row(row)

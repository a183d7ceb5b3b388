"""A second database on the suite's server, for what is restored."""

from collections.abc import Iterator

import pytest
from django.db import connection


@pytest.fixture
def empty_database(database_url: str) -> Iterator[str]:
    """The address of a second database on the same server."""
    name = f"{connection.settings_dict['NAME']}_restored"
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}"')
    yield database_url.replace(f"/{connection.settings_dict['NAME']}?", f"/{name}?")
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

"""Records into the database with COPY, a block at a time: what is new of it, straight into the corpus.

Everything happens in the caller's transaction, so that an import is whole or not there at all.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.backends.utils import CursorWrapper

from annotations.imports.ahead import blocks_ahead
from annotations.imports.records import PairRecord
from annotations.imports.rows import (
    PAIR_COLUMNS,
    SOURCE_SPAN_COLUMNS,
    TARGET_SPAN_COLUMNS,
    Row,
    row_maker,
)
from annotations.models import ReferenceSpan, SentencePair, SourceEntity

BLOCK = 5_000
_PAIRS = SentencePair._meta.db_table
_TAKE_TURNS = "SELECT pg_advisory_xact_lock(hashtextextended(%s::text, 0))"
# Lines that were met before in this file, and how often: the second and every further copy of a line is a
# pair of its own, and stays one when the file is imported again.
_CREATE_SEEN = """
CREATE TEMPORARY TABLE import_seen (key uuid PRIMARY KEY, n_times bigint) ON COMMIT DROP
"""
_DROP_SEEN = "DROP TABLE import_seen"
# Of a block's fingerprints those that the project lacks: their place in the block, the fingerprint that the
# pair gets, and an id.
_FIND_NEW = f"""
WITH given AS (
    SELECT n, fingerprint, left(fingerprint, 32)::uuid AS key
    FROM unnest(%(fingerprints)s::text[]) WITH ORDINALITY AS block (fingerprint, n)
), counted AS (
    SELECT n, fingerprint,
        coalesce(n_times, 0) + row_number() OVER (PARTITION BY key ORDER BY n) AS ordinal
    FROM given LEFT JOIN import_seen USING (key)
), remembered AS (
    INSERT INTO import_seen SELECT key, count(*) FROM given GROUP BY key
    ON CONFLICT (key) DO UPDATE SET n_times = import_seen.n_times + excluded.n_times
), numbered AS (
    SELECT n, CASE WHEN ordinal = 1 THEN fingerprint
        ELSE encode(sha256(convert_to(fingerprint || ':' || ordinal, 'UTF8')), 'hex') END AS fingerprint
    FROM counted
), lacking AS (
    SELECT n, fingerprint FROM numbered
    WHERE NOT EXISTS (SELECT FROM {_PAIRS} AS pair
        WHERE pair.project_id = %(project)s AND pair.fingerprint = numbered.fingerprint)
    ORDER BY n
)
SELECT n - 1, fingerprint, nextval((SELECT pg_get_serial_sequence('{_PAIRS}', 'id')::regclass)) FROM lacking
"""  # noqa: S608 (the name is a constant of this module)


@dataclass(frozen=True, slots=True)
class Stored:
    """How many pairs a file brought, and how many of them were not in the project yet."""

    n_pairs: int
    n_new: int


def store_records(records: Iterable[PairRecord], *, project_id: int, batch_id: int) -> Stored:
    """Write the records that the project does not have yet, in order. Imports of one project take turns."""
    n_pairs = n_new = 0
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_TURNS, [f"import:{project_id}"])
        cursor.execute(_CREATE_SEEN)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # check block by block, not all of it at the end
        for block in blocks_ahead(map(row_maker(project_id, batch_id), records), BLOCK):
            n_pairs += len(block)
            n_new += _store_block(cursor, block, project_id)
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(_DROP_SEEN)
    return Stored(n_pairs, n_new)


def _store_block(cursor: CursorWrapper, block: list[Row], project_id: int) -> int:
    """Add the rows that the project lacks; their number."""
    fingerprints = [row.fingerprint for row in block]
    cursor.execute(_FIND_NEW, {"fingerprints": fingerprints, "project": project_id})
    pairs: list[str] = []
    source_spans: list[str] = []
    target_spans: list[str] = []
    for place, fingerprint, pair_id in cursor.fetchall():
        row = block[place]
        pairs.append(row.line(pair_id, fingerprint))
        source_spans += [f"{pair_id}\t{span}" for span in row.source_spans]
        target_spans += [f"{pair_id}\t{span}" for span in row.target_spans]
    _copy(cursor, _PAIRS, PAIR_COLUMNS, pairs)
    _copy(cursor, SourceEntity._meta.db_table, SOURCE_SPAN_COLUMNS, source_spans)
    _copy(cursor, ReferenceSpan._meta.db_table, TARGET_SPAN_COLUMNS, target_spans)
    return len(pairs)


def _copy(cursor: CursorWrapper, table: str, columns: str, lines: list[str]) -> None:
    """Send all lines as one text: the reader ahead would take the processor between any two of them."""
    if not lines:
        return
    with connection.wrap_database_errors, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        copy.write("".join(lines))

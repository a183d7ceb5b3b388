"""Records into the database with COPY: first into a table of the session, then into the corpus at once.

Everything happens in the caller's transaction, so that an import is whole or not there at all.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

import msgspec
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import Model

from annotations.imports.ahead import blocks_ahead
from annotations.imports.records import PairRecord
from annotations.models import ReferenceSpan, SentencePair, SourceEntity
from workers.spans import Entity

BLOCK = 5_000
_PAIRS = SentencePair._meta.db_table
_COLUMNS = (
    "n, fingerprint, source_language, target_language, external_id, document, domain, meta, source_text, "
    "source_offsets, target_text, target_offsets, source_entities, target_entities"
)
_TAKE_TURNS = "SELECT pg_advisory_xact_lock(hashtextextended(%s::text, 0))"
_CREATE = """
CREATE TEMPORARY TABLE import_rows (
    n bigint, fingerprint text, source_language text, target_language text, external_id text,
    document text, domain text, meta jsonb, source_text text, source_offsets integer[],
    target_text text, target_offsets integer[], source_entities jsonb, target_entities jsonb
) ON COMMIT DROP
"""
_CREATE_ADDED = "CREATE TEMPORARY TABLE import_added (pair_id bigint, fingerprint text) ON COMMIT DROP"
_EMPTY = "TRUNCATE import_rows, import_added"
_DROP = "DROP TABLE import_rows, import_added, import_seen"
# Lines that were met before in this file, and how often: the second and every further copy of a line is a
# pair of its own, and stays one when the file is imported again.
_CREATE_SEEN = """
CREATE TEMPORARY TABLE import_seen (key uuid PRIMARY KEY, n_times bigint) ON COMMIT DROP
"""
_NUMBER_REPEATS = """
WITH keyed AS (
    SELECT n, fingerprint, left(fingerprint, 32)::uuid AS key FROM import_rows
), numbered AS (
    SELECT n, fingerprint,
        coalesce(n_times, 0) + row_number() OVER (PARTITION BY key ORDER BY n) AS ordinal
    FROM keyed LEFT JOIN import_seen USING (key)
), remembered AS (
    INSERT INTO import_seen SELECT key, count(*) FROM keyed GROUP BY key
    ON CONFLICT (key) DO UPDATE SET n_times = import_seen.n_times + excluded.n_times
)
UPDATE import_rows
SET fingerprint = encode(sha256(convert_to(numbered.fingerprint || ':' || ordinal, 'UTF8')), 'hex')
FROM numbered WHERE numbered.n = import_rows.n AND numbered.ordinal > 1
"""
_INSERT_PAIRS = f"""
WITH added AS (
    INSERT INTO {_PAIRS} (
        project_id, batch_id, source_language, target_language, external_id, document, domain, meta,
        source_text, source_offsets, target_text, target_offsets, has_source_labels, has_reference,
        fingerprint, status, is_flagged, priority)
    SELECT %(project)s, %(batch)s, source_language, target_language, external_id, document, domain, meta,
        source_text, source_offsets, target_text, target_offsets, source_entities IS NOT NULL,
        target_entities IS NOT NULL, fingerprint, 'new', false, 0
    FROM import_rows ORDER BY n
    ON CONFLICT (project_id, fingerprint) DO NOTHING
    RETURNING id, fingerprint
)
INSERT INTO import_added SELECT id, fingerprint FROM added
"""  # noqa: S608 (names are constants of this module)


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
        for create in (_CREATE, _CREATE_ADDED, _CREATE_SEEN):
            cursor.execute(create)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # check block by block, not all of it at the end
        rows = (_row(n, record) for n, record in enumerate(records, 1))
        for block in blocks_ahead(rows, BLOCK):
            with cursor.copy(f"COPY import_rows ({_COLUMNS}) FROM STDIN") as copy:
                for row in block:
                    copy.write_row(row)
            n_pairs += len(block)
            n_new += _store_block(cursor, project_id, batch_id)
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(_DROP)
    return Stored(n_pairs, n_new)


def _store_block(cursor: CursorWrapper, project_id: int, batch_id: int) -> int:
    """Move the rows of import_rows into the corpus; the number of those that were not there."""
    cursor.execute(_NUMBER_REPEATS)
    cursor.execute(_INSERT_PAIRS, {"project": project_id, "batch": batch_id})
    n_new = cursor.rowcount
    cursor.execute(_insert_spans(SourceEntity, "source_entities", ("score", "1")))
    cursor.execute(_insert_spans(ReferenceSpan, "target_entities"))
    cursor.execute(_EMPTY)
    return n_new


def fingerprint(record: PairRecord) -> str:
    """SHA-256 of languages, id, document and both texts; none of them can hold the NUL between them."""
    parts = (
        record.source_language,
        record.target_language,
        record.external_id,
        record.document_key,
        record.source.text,
        record.target.text,
    )
    return sha256("\0".join(parts).encode()).hexdigest()


def _row(n: int, record: PairRecord) -> tuple[object, ...]:
    return (
        n,
        fingerprint(record),
        record.source_language,
        record.target_language,
        record.external_id,
        record.document,
        record.domain,
        msgspec.json.encode(record.meta).decode() if record.meta else "{}",
        record.source.text,
        _integer_array(record.source.offsets),
        record.target.text,
        _integer_array(record.target.offsets),
        _spans(record.source.entities),
        _spans(record.target.entities),
    )


def _integer_array(values: list[int]) -> str:
    return "{" + ",".join(map(str, values)) + "}"


def _spans(entities: list[Entity] | None) -> str | None:
    if entities is None:
        return None
    return msgspec.json.encode([(e.start, e.end, e.label) for e in entities]).decode() if entities else "[]"


def _insert_spans(model: type[Model], column: str, *constants: tuple[str, str]) -> str:
    names = "".join(f", {name}" for name, _ in constants)
    values = "".join(f", {value}" for _, value in constants)
    return f"""
    INSERT INTO {model._meta.db_table} (pair_id, start, "end", label{names})
    SELECT pair_id, (span->>0)::integer, (span->>1)::integer, span->>2{values}
    FROM import_added
    JOIN import_rows USING (fingerprint) CROSS JOIN jsonb_array_elements({column}) AS span
    ORDER BY n, (span->>0)::integer
    """  # noqa: S608 (names are constants of the models)

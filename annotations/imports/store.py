"""Records into the database with COPY: first into a table of the session, then into the corpus at once.

Everything happens in the caller's transaction, so that an import is whole or not there at all.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

import msgspec
from django.db import connection
from django.db.models import Model

from annotations.imports.records import PairRecord
from annotations.models import ReferenceSpan, SentencePair, SourceEntity
from workers.spans import Entity

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
# The second and every further copy of a line in one file is a pair of its own, and stays one when the
# file is imported again.
_NUMBER_REPEATS = """
UPDATE import_rows SET fingerprint = encode(sha256(convert_to(repeats.key, 'UTF8')), 'hex')
FROM (
    SELECT n, fingerprint || ':' || row_number() OVER (PARTITION BY fingerprint ORDER BY n) AS key,
        row_number() OVER (PARTITION BY fingerprint ORDER BY n) AS ordinal
    FROM import_rows
    WHERE fingerprint IN (SELECT fingerprint FROM import_rows GROUP BY fingerprint HAVING count(*) > 1)
) AS repeats
WHERE repeats.n = import_rows.n AND repeats.ordinal > 1
"""
_INSERT_PAIRS = f"""
INSERT INTO {_PAIRS} (
    project_id, batch_id, source_language, target_language, external_id, document, domain, meta,
    source_text, source_offsets, target_text, target_offsets, has_source_labels, has_reference,
    fingerprint, status, is_flagged, priority)
SELECT %(project)s, %(batch)s, source_language, target_language, external_id, document, domain, meta,
    source_text, source_offsets, target_text, target_offsets, source_entities IS NOT NULL,
    target_entities IS NOT NULL, fingerprint, 'new', false, 0
FROM import_rows ORDER BY n
ON CONFLICT (project_id, fingerprint) DO NOTHING
"""  # noqa: S608 (names are constants of this module)


@dataclass(frozen=True, slots=True)
class Stored:
    """How many pairs a file brought, and how many of them were not in the project yet."""

    n_pairs: int
    n_new: int


def store_records(records: Iterable[PairRecord], *, project_id: int, batch_id: int) -> Stored:
    """Write the records that the project does not have yet, in order. Imports of one project take turns."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s::text, 0))", [f"import:{project_id}"]
        )
        cursor.execute(_CREATE)
        n_pairs = 0
        with cursor.copy(f"COPY import_rows ({_COLUMNS}) FROM STDIN") as copy:
            for n_pairs, record in enumerate(records, 1):  # noqa: B007 (counts)
                copy.write_row(_row(n_pairs, record))
        cursor.execute("ANALYZE import_rows (fingerprint)")
        cursor.execute(_NUMBER_REPEATS)
        cursor.execute(_INSERT_PAIRS, {"project": project_id, "batch": batch_id})
        n_new = cursor.rowcount
        cursor.execute(_insert_spans(SourceEntity, "source_entities", ("score", "1")), [batch_id])
        cursor.execute(_insert_spans(ReferenceSpan, "target_entities"), [batch_id])
        cursor.execute("DROP TABLE import_rows")
    return Stored(n_pairs, n_new)


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
    SELECT pair.id, (span->>0)::integer, (span->>1)::integer, span->>2{values}
    FROM {_PAIRS} AS pair
    JOIN import_rows USING (fingerprint) CROSS JOIN jsonb_array_elements({column}) AS span
    WHERE pair.batch_id = %s
    ORDER BY pair.id, (span->>0)::integer
    """  # noqa: S608 (names are constants of the models)

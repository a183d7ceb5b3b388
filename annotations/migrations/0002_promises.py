"""Promises that constraints alone cannot keep, as PL/pgSQL.

- token offsets rise, stay inside their text and never make an empty token;
- every span ends at or before the last token of its side;
- review events are never changed, and deleted only while a project is being erased.
"""

from django.db import migrations

OFFSETS_FIT = """
CREATE FUNCTION projector_offsets_fit(offsets integer[], body text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    bound integer := 0;
    k integer := 1;
    n integer := cardinality(offsets);
BEGIN
    IF n % 2 = 1 THEN RETURN false; END IF;
    WHILE k < n LOOP
        IF offsets[k] < bound OR offsets[k + 1] <= offsets[k] THEN RETURN false; END IF;
        bound := offsets[k + 1];
        k := k + 2;
    END LOOP;
    RETURN bound <= char_length(body);
END $$;
ALTER TABLE annotations_sentencepair
    ADD CONSTRAINT source_offsets_fit CHECK (projector_offsets_fit(source_offsets, source_text)),
    ADD CONSTRAINT target_offsets_fit CHECK (projector_offsets_fit(target_offsets, target_text));
"""

DROP_OFFSETS_FIT = """
ALTER TABLE annotations_sentencepair DROP CONSTRAINT source_offsets_fit, DROP CONSTRAINT target_offsets_fit;
DROP FUNCTION projector_offsets_fit(integer[], text);
"""

# (table, side, how to reach the pair from a row n)
SPAN_TABLES = [
    ("annotations_sourceentity", "source", "JOIN annotations_sentencepair p ON p.id = n.pair_id"),
    ("annotations_referencespan", "target", "JOIN annotations_sentencepair p ON p.id = n.pair_id"),
    ("annotations_candidate", "target", "JOIN annotations_sentencepair p ON p.id = n.pair_id"),
    (
        "annotations_reviewitem",
        "target",
        "JOIN annotations_review r ON r.id = n.review_id JOIN annotations_sentencepair p ON p.id = r.pair_id",
    ),
]


def spans_fit(table: str, side: str, join: str) -> str:
    """One check a statement, over its new rows, so that COPY of many rows stays cheap."""
    triggers = "".join(
        f"CREATE TRIGGER spans_fit_{event.lower()} AFTER {event} ON {table} "
        f"REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION {table}_spans_fit();\n"
        for event in ("INSERT", "UPDATE")
    )
    return f"""
CREATE FUNCTION {table}_spans_fit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE bad record;
BEGIN
    SELECT n.start, n."end" AS stop, p.id AS pair_id, cardinality(p.{side}_offsets) / 2 AS n_tokens INTO bad
    FROM new_rows n {join} WHERE n."end" > cardinality(p.{side}_offsets) / 2 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'span [%, %) goes past the % {side} tokens of pair %',
            bad.start, bad.stop, bad.n_tokens, bad.pair_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
{triggers}"""  # noqa: S608 (names are constants of this module)


def drop_spans_fit(table: str) -> str:
    return f"DROP FUNCTION {table}_spans_fit() CASCADE;"


APPEND_ONLY = """
CREATE FUNCTION projector_events_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('projector.erasing', true) = 'on' THEN RETURN OLD; END IF;
    RAISE EXCEPTION 'review events are append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE ON annotations_reviewevent
    FOR EACH ROW EXECUTE FUNCTION projector_events_append_only();
"""

DROP_APPEND_ONLY = "DROP FUNCTION projector_events_append_only() CASCADE;"


class Migration(migrations.Migration):
    dependencies = [("annotations", "0001_initial")]

    operations = [
        migrations.RunSQL(OFFSETS_FIT, DROP_OFFSETS_FIT),
        *[
            migrations.RunSQL(spans_fit(table, side, join), drop_spans_fit(table))
            for table, side, join in SPAN_TABLES
        ],
        migrations.RunSQL(APPEND_ONLY, DROP_APPEND_ONLY),
    ]

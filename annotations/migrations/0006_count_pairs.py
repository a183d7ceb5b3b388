"""Numbers of pairs follow the pair table by trigger; rows are only added, so that no writer waits for another.

A project that is being erased (SET LOCAL projector.erasing = 'on') is not counted any more.
"""

from django.db import migrations

FOLD = """
CREATE FUNCTION projector_fold_counts(of_project bigint) RETURNS void LANGUAGE sql AS $$
    WITH folded AS (
        DELETE FROM annotations_paircount WHERE id IN (
            SELECT id FROM annotations_paircount WHERE project_id = of_project FOR UPDATE SKIP LOCKED
        ) RETURNING *
    )
    INSERT INTO annotations_paircount
        (project_id, target_language, n_pairs, n_awaiting, n_reviewed, n_skipped, n_flagged)
    SELECT project_id, target_language,
        sum(n_pairs), sum(n_awaiting), sum(n_reviewed), sum(n_skipped), sum(n_flagged)
    FROM folded GROUP BY project_id, target_language;
$$;
"""

COLUMNS = "project_id, target_language, status, is_flagged"
# (event, its transition tables, its rows with sign)
EVENTS = [
    ("insert", "NEW TABLE AS new_rows", f"SELECT {COLUMNS}, 1 AS n FROM new_rows"),
    ("delete", "OLD TABLE AS old_rows", f"SELECT {COLUMNS}, -1 AS n FROM old_rows"),
    (
        "update",
        "OLD TABLE AS old_rows NEW TABLE AS new_rows",
        f"SELECT {COLUMNS}, 1 AS n FROM new_rows UNION ALL SELECT {COLUMNS}, -1 FROM old_rows",
    ),
]


def count(event: str, transition_tables: str, signed_rows: str) -> str:
    """After each statement, add what it changed: one row per project and language, none for no change."""
    return f"""
CREATE FUNCTION projector_count_pairs_on_{event}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE counted bigint;
BEGIN
    IF current_setting('projector.erasing', true) = 'on' THEN RETURN NULL; END IF;
    INSERT INTO annotations_paircount
        (project_id, target_language, n_pairs, n_awaiting, n_reviewed, n_skipped, n_flagged)
    SELECT * FROM (
        SELECT project_id, target_language,
            sum(n) AS n_pairs,
            coalesce(sum(n) FILTER (WHERE status = 'suggested'), 0) AS n_awaiting,
            coalesce(sum(n) FILTER (WHERE status = 'reviewed'), 0) AS n_reviewed,
            coalesce(sum(n) FILTER (WHERE status = 'skipped'), 0) AS n_skipped,
            coalesce(sum(n) FILTER (WHERE is_flagged), 0) AS n_flagged
        FROM ({signed_rows}) AS signed_rows GROUP BY project_id, target_language
    ) AS changes
    WHERE (n_pairs, n_awaiting, n_reviewed, n_skipped, n_flagged) <> (0, 0, 0, 0, 0);
    IF FOUND AND random() < 0.01 THEN
        FOR counted IN SELECT DISTINCT project_id FROM ({signed_rows}) AS signed_rows LOOP
            PERFORM projector_fold_counts(counted);
        END LOOP;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER count_pairs_on_{event} AFTER {event.upper()} ON annotations_sentencepair
    REFERENCING {transition_tables} FOR EACH STATEMENT EXECUTE FUNCTION projector_count_pairs_on_{event}();
"""  # noqa: S608 (names are constants of this module)


def drop_count(event: str, *_: str) -> str:
    return f"DROP FUNCTION projector_count_pairs_on_{event}() CASCADE;"


class Migration(migrations.Migration):
    dependencies = [("annotations", "0005_pair_counts_and_queue_indexes")]

    operations = [
        migrations.RunSQL(FOLD, "DROP FUNCTION projector_fold_counts(bigint);"),
        *[migrations.RunSQL(count(*event), drop_count(*event)) for event in EVENTS],
    ]

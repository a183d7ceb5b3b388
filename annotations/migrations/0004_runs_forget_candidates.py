"""A suggestion that a run replaces, or that goes with its run, leaves the review item that came from it.

Django does this in Python; COPY and set-based deletes need the database to do it.
"""

from django.db import migrations

# (column of annotations_reviewitem, the table it points to)
LINKS = [("candidate_id", "annotations_candidate"), ("source_entity_id", "annotations_sourceentity")]


def point_again(column: str, table: str, on_delete: str) -> str:
    """Replace the foreign key of a column, whatever name it was given."""
    return f"""
DO $$
DECLARE old text;
BEGIN
    SELECT c.conname INTO STRICT old
    FROM pg_constraint c
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    WHERE c.contype = 'f' AND c.conrelid = 'annotations_reviewitem'::regclass AND a.attname = '{column}';
    EXECUTE format('ALTER TABLE annotations_reviewitem DROP CONSTRAINT %I', old);
    EXECUTE format(
        'ALTER TABLE annotations_reviewitem ADD CONSTRAINT %I FOREIGN KEY ({column}) '
        'REFERENCES {table} (id) {on_delete} DEFERRABLE INITIALLY DEFERRED', old);
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("annotations", "0003_runs_prepare_and_indexes")]

    operations = [
        migrations.RunSQL(point_again(column, table, "ON DELETE SET NULL"), point_again(column, table, ""))
        for column, table in LINKS
    ]

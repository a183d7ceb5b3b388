"""Search by words, more reviews of a share of the pairs, and indexes for the orders of the queue.

The words of a pair are in a table of their own, so that claims and statuses, which change all the time, leave
the index over words alone. Scripts without spaces are cut into letters, which a search finds in their order.
"""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

WORDS = r"""
CREATE FUNCTION projector_spaced(body text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT regexp_replace(
        left(body, 50000),
        '([\u0E00-\u0EFF\u1000-\u109F\u1780-\u17FF\u3040-\u30FF\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF\U00020000-\U0002FFFF])',
        ' \1 ', 'g')
$$;
CREATE FUNCTION projector_words(source text, target text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT to_tsvector('pg_catalog.simple', projector_spaced(source))
        || to_tsvector('pg_catalog.simple', projector_spaced(target))
$$;
CREATE FUNCTION projector_query(body text) RETURNS tsquery LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE found tsquery := phraseto_tsquery('pg_catalog.simple', projector_spaced(body));
BEGIN
    IF numnode(found) = 0 THEN RETURN found; END IF;
    RETURN (found::text || ':*')::tsquery;
END $$;
CREATE FUNCTION annotations_pairtext_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO annotations_pairtext (pair_id, words)
    SELECT id, projector_words(source_text, target_text) FROM new_rows;
    RETURN NULL;
END $$;
CREATE TRIGGER pairtext_insert AFTER INSERT ON annotations_sentencepair
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION annotations_pairtext_insert();
CREATE FUNCTION annotations_pairtext_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE annotations_pairtext SET words = projector_words(NEW.source_text, NEW.target_text)
    WHERE pair_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER pairtext_update AFTER UPDATE OF source_text, target_text ON annotations_sentencepair
    FOR EACH ROW WHEN (OLD.source_text <> NEW.source_text OR OLD.target_text <> NEW.target_text)
    EXECUTE FUNCTION annotations_pairtext_update();
INSERT INTO annotations_pairtext (pair_id, words)
    SELECT id, projector_words(source_text, target_text) FROM annotations_sentencepair;
"""

DROP_WORDS = """
DROP FUNCTION annotations_pairtext_insert() CASCADE;
DROP FUNCTION annotations_pairtext_update() CASCADE;
DROP FUNCTION projector_query(text);
DROP FUNCTION projector_words(text, text);
DROP FUNCTION projector_spaced(text);
"""


class Migration(migrations.Migration):
    dependencies = [("annotations", "0018_training")]

    operations = [
        migrations.CreateModel(
            name="PairText",
            fields=[
                (
                    "pair",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="search_text",
                        serialize=False,
                        to="annotations.sentencepair",
                    ),
                ),
                ("words", django.contrib.postgres.search.SearchVectorField()),
            ],
            options={
                "indexes": [django.contrib.postgres.indexes.GinIndex(fields=["words"], name="pair_by_words")],
            },
        ),
        migrations.RunSQL(WORDS, DROP_WORDS),
        migrations.AddField(
            "sentencepair",
            "more_reviews",
            models.PositiveSmallIntegerField(
                db_default=0, default=0, help_text="How many more people are to review it, for agreement."
            ),
        ),
        migrations.AddField(
            "project",
            "overlap_percent",
            models.PositiveSmallIntegerField(
                db_default=0,
                default=0,
                help_text="Share of the sentences that several people review, unseen by each other;"
                " 0 for none.",
                validators=[django.core.validators.MaxValueValidator(100)],
            ),
        ),
        migrations.AddField(
            "project",
            "overlap_people",
            models.PositiveSmallIntegerField(
                db_default=2,
                default=2,
                help_text="How many people review each sentence of that share.",
                validators=[
                    django.core.validators.MinValueValidator(2),
                    django.core.validators.MaxValueValidator(10),
                ],
            ),
        ),
        migrations.AddIndex(
            "sentencepair",
            models.Index(
                condition=models.Q(("status", "suggested")),
                fields=["project", "target_language", "id"],
                name="pair_awaiting_as_imported",
            ),
        ),
        migrations.AddIndex(
            "sentencepair",
            models.Index(
                condition=models.Q(("more_reviews__gt", 0)),
                fields=["project", "id"],
                name="pair_wants_more_reviews",
            ),
        ),
        migrations.AddIndex(
            "candidate",
            models.Index(
                condition=models.Q(("rank", 0), ("start__isnull", True)),
                fields=["pair", "run"],
                name="candidate_missing",
            ),
        ),
        migrations.AddIndex(
            "candidate",
            models.Index(
                condition=models.Q(("rank", 0), ("reason", "methods-disagree")),
                fields=["pair", "run"],
                name="candidate_disputed",
            ),
        ),
    ]

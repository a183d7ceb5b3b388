"""Claims in a narrow table of their own. Held ones are carried over; while the release before still serves,
what it claims and gives back is followed, and it is not given what is held here."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FOLLOW = """
CREATE FUNCTION projector_follow_claim() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.claimed_by_id IS NULL THEN
        DELETE FROM annotations_claim WHERE pair_id = NEW.id AND reviewer_id = OLD.claimed_by_id;
        RETURN NEW;
    END IF;
    INSERT INTO annotations_claim AS held (pair_id, reviewer_id, until)
    VALUES (NEW.id, NEW.claimed_by_id, coalesce(NEW.claimed_until, statement_timestamp()))
    ON CONFLICT (pair_id) DO UPDATE SET reviewer_id = excluded.reviewer_id, until = excluded.until
    WHERE held.reviewer_id = excluded.reviewer_id OR held.until < statement_timestamp();
    IF NOT FOUND THEN  -- another has it: who, is told in the columns, where the release before passes it over
        SELECT reviewer_id, until INTO NEW.claimed_by_id, NEW.claimed_until
        FROM annotations_claim WHERE pair_id = NEW.id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER follow_claim BEFORE UPDATE OF claimed_by_id, claimed_until ON annotations_sentencepair
    FOR EACH ROW WHEN (
        (OLD.claimed_by_id, OLD.claimed_until) IS DISTINCT FROM (NEW.claimed_by_id, NEW.claimed_until)
    ) EXECUTE FUNCTION projector_follow_claim();
INSERT INTO annotations_claim (pair_id, reviewer_id, until)
SELECT id, claimed_by_id, claimed_until FROM annotations_sentencepair
WHERE claimed_by_id IS NOT NULL AND claimed_until >= statement_timestamp();
"""
# Thousands of short lives an hour: cleaned by their number, not by the share of a table this small.
CLEAN_OFTEN = """
ALTER TABLE annotations_claim SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 1000
);
"""


class Migration(migrations.Migration):
    dependencies = [("annotations", "0027_evaluations")]

    operations = [
        migrations.CreateModel(
            name="Claim",
            fields=[
                (
                    "pair",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="claim",
                        serialize=False,
                        to="annotations.sentencepair",
                    ),
                ),
                ("until", models.DateTimeField(help_text="By the database's clock.")),
                (
                    "reviewer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="claims",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.RunSQL(CLEAN_OFTEN, migrations.RunSQL.noop),
        migrations.RunSQL(FOLLOW, "DROP FUNCTION projector_follow_claim() CASCADE"),
    ]

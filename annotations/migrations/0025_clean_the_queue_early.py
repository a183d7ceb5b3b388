"""Every review leaves dead entries at the head of the queue's index, which the next claim reads past.

By default a table is cleaned once a fifth of it has changed: at a million pairs, a hundred thousand reviews.
"""

from django.db import migrations

CLEAN_EARLY = """
ALTER TABLE annotations_sentencepair
    SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
"""
AS_BY_DEFAULT = """
ALTER TABLE annotations_sentencepair
    RESET (autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor);
"""


class Migration(migrations.Migration):
    dependencies = [("annotations", "0024_find_extras")]

    operations = [migrations.RunSQL(CLEAN_EARLY, AS_BY_DEFAULT)]

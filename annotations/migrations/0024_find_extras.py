"""Entities that only a target tagger saw are found at once. Built while people go on working."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("annotations", "0023_find_pairs_by_id"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="candidate",
            index=models.Index(
                fields=["pair", "run"],
                name="candidate_extra",
                condition=models.Q(rank=0, reason="only-target"),
            ),
        ),
    ]

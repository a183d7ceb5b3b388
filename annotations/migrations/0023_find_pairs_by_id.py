"""Sentences are found by their own ids at any size. Built while people go on working."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("annotations", "0022_bulk_changes_in_blocks"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="sentencepair",
            index=models.Index(
                fields=["project", "external_id"],
                name="pair_by_external_id",
                condition=~models.Q(external_id=""),
            ),
        ),
    ]

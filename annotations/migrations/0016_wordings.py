"""Words that change under review, and what becomes of the items that counted them."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

SIDES = [("source", "Source"), ("target", "Target")]
KINDS = [
    ("split", "Token split"),
    ("merge", "Tokens merged"),
    ("rewrite", "Translation edited"),
    ("back", "Taken back"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("annotations", "0015_reviewers_links"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            "reviewitem",
            "lost_words",
            models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="What it was before the translation was edited.",
            ),
        ),
        migrations.CreateModel(
            name="WordingChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("text_version", models.PositiveIntegerField()),
                ("side", models.CharField(choices=SIDES, max_length=10)),
                ("kind", models.CharField(choices=KINDS, max_length=10)),
                ("before_text", models.TextField()),
                ("before_offsets", django.contrib.postgres.fields.ArrayField(models.IntegerField())),
                ("after_text", models.TextField()),
                ("after_offsets", django.contrib.postgres.fields.ArrayField(models.IntegerField())),
                ("silver", models.JSONField(blank=True, default=dict)),
                (
                    "actor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "pair",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="wordings",
                        to="annotations.sentencepair",
                    ),
                ),
            ],
            options={
                "ordering": ["text_version"],
                "constraints": [
                    models.UniqueConstraint(fields=["pair", "text_version"], name="wording_once_per_version"),
                    models.CheckConstraint(
                        condition=models.Q(side__in=["source", "target"]), name="wording_side_is_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(kind__in=["split", "merge", "rewrite", "back"]),
                        name="wording_kind_is_known",
                    ),
                ],
            },
        ),
        migrations.AlterField(
            "reviewevent",
            "action",
            models.CharField(
                choices=[
                    ("opened", "Opened"),
                    ("edited", "Edited"),
                    ("accepted", "Accepted"),
                    ("skipped", "Skipped"),
                    ("flagged", "Flagged"),
                    ("noted", "Noted"),
                    ("undone", "Undone"),
                    ("redone", "Redone"),
                    ("reworded", "Words changed"),
                    ("adjudicated", "Adjudicated"),
                    ("made-alike", "Made alike with the same name elsewhere"),
                    ("accepted-unseen", "Accepted above a threshold"),
                ],
                max_length=20,
            ),
        ),
    ]

"""Indexes that others begin with, or that held a row for nothing, are written with every decision: gone.

The partial ones that take their place are built first, while people go on working.
"""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

GONE = (
    "annotations_review_pair_id_94ce57ce",
    "annotations_review_reviewer_id_10bf6a39",
    "annotations_review_bulk_id_9f7e7311",
    "annotations_reviewitem_review_id_404d4efb",
    "annotations_reviewevent_actor_id_1dbb33cc",
    "annotations_reviewevent_undoes_id_e6e21c5c",
    "annotations_reviewevent_bulk_id_d020bd59",
    "annotations_sentencepair_translation_edited_by_id_656bf993",
)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("annotations", "0028_claims")]

    operations = [
        AddIndexConcurrently(
            model_name="review",
            index=models.Index(
                condition=models.Q(("bulk__isnull", False)), fields=["bulk"], name="review_by_bulk"
            ),
        ),
        AddIndexConcurrently(
            model_name="reviewevent",
            index=models.Index(
                condition=models.Q(("undoes__isnull", False)), fields=["undoes"], name="event_by_undone"
            ),
        ),
        AddIndexConcurrently(
            model_name="reviewevent",
            index=models.Index(
                condition=models.Q(("bulk__isnull", False)), fields=["bulk"], name="event_by_bulk"
            ),
        ),
        AddIndexConcurrently(
            model_name="sentencepair",
            index=models.Index(
                condition=models.Q(("translation_edited_by__isnull", False)),
                fields=["translation_edited_by"],
                name="pair_by_editor",
            ),
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="review",
                    name="bulk",
                    field=models.ForeignKey(
                        blank=True,
                        db_index=False,
                        help_text="The decision over many pairs that wrote it last; nobody looked at this pair alone.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="annotations.bulkchange",
                    ),
                ),
                migrations.AlterField(
                    model_name="review",
                    name="pair",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reviews",
                        to="annotations.sentencepair",
                    ),
                ),
                migrations.AlterField(
                    model_name="review",
                    name="reviewer",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reviews",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AlterField(
                    model_name="reviewevent",
                    name="actor",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AlterField(
                    model_name="reviewevent",
                    name="bulk",
                    field=models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="annotations.bulkchange",
                    ),
                ),
                migrations.AlterField(
                    model_name="reviewevent",
                    name="undoes",
                    field=models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="undone_by",
                        to="annotations.reviewevent",
                    ),
                ),
                migrations.AlterField(
                    model_name="reviewitem",
                    name="review",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="annotations.review",
                    ),
                ),
                migrations.AlterField(
                    model_name="sentencepair",
                    name="translation_edited_by",
                    field=models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        *[
            migrations.RunSQL(f"DROP INDEX CONCURRENTLY IF EXISTS {name}", migrations.RunSQL.noop)
            for name in GONE
        ],
    ]

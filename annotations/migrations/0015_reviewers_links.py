"""Where a reviewer's alignment differs from the machine's."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotations", "0014_people")]

    operations = [
        migrations.AddField(
            "review",
            "added_links",
            models.JSONField(
                db_default=[],
                default=list,
                help_text="[source token, target token] that the run did not link.",
            ),
        ),
        migrations.AddField(
            "review",
            "removed_links",
            models.JSONField(
                db_default=[],
                default=list,
                help_text="[source token, target token] that the run linked wrongly.",
            ),
        ),
    ]

"""The record of who changed what, which the database lets nobody change, and counts against guessing."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

APPEND_ONLY = """
CREATE FUNCTION projector_audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('projector.erasing', true) = 'on' THEN RETURN OLD; END IF;
    RAISE EXCEPTION 'audit entries are append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON annotations_auditentry
    FOR EACH ROW EXECUTE FUNCTION projector_audit_append_only();
"""

DROP_APPEND_ONLY = "DROP FUNCTION projector_audit_append_only() CASCADE;"


class Migration(migrations.Migration):
    dependencies = [
        ("annotations", "0020_voters_of_candidates"),
    ]

    operations = [
        migrations.CreateModel(
            name="Throttle",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("n", models.PositiveIntegerField()),
                ("until", models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("signed-in", "Signed in"),
                            ("project-made", "Project made"),
                            ("settings-changed", "Settings changed"),
                            ("guidelines-changed", "Guidelines changed"),
                            ("correction-learnt", "Correction of confidences changed"),
                            ("member-added", "Person added"),
                            ("member-joined", "Invitation followed"),
                            ("role-changed", "Role changed"),
                            ("member-removed", "Person removed"),
                            ("invitation-made", "Invitation made"),
                            ("invitation-revoked", "Invitation taken back"),
                            ("pairs-assigned", "Sentences given out"),
                            ("pairs-unassigned", "Sentences taken back"),
                            ("run-launched", "Run launched"),
                            ("run-cancelled", "Run cancelled"),
                            ("run-resumed", "Run resumed"),
                            ("run-deleted", "Run deleted"),
                            ("training-launched", "Training launched"),
                            ("training-cancelled", "Training cancelled"),
                            ("training-resumed", "Training resumed"),
                            ("imported", "Sentences imported"),
                            ("import-discarded", "Upload discarded"),
                            ("exported", "Export made"),
                            ("downloaded", "File downloaded"),
                            ("bulk-decided", "Many sentences decided at once"),
                            ("bulk-undone", "Decision over many sentences undone"),
                            ("bulk-redone", "Decision over many sentences redone"),
                            ("comment-removed", "Comment removed"),
                        ],
                        max_length=30,
                    ),
                ),
                ("detail", models.JSONField(default=dict)),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "actor",
                    models.ForeignKey(
                        help_text="Empty where a command of this machine did it for nobody in particular.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="audit_entries",
                        to="annotations.project",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "audit entries",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["project", "-id"], name="audit_by_project"),
                    models.Index(fields=["project", "actor", "-id"], name="audit_by_actor"),
                    models.Index(fields=["project", "kind", "-id"], name="audit_by_kind"),
                ],
            },
        ),
        migrations.RunSQL(APPEND_ONLY, DROP_APPEND_ONLY),
    ]

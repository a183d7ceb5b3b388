"""Every migration runs while the release before still serves: see "Upgrading" in docs/production.md.

The rules bind from FIRST on; what came before is part of every installation already.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.models.fields import NOT_PROVIDED

FIRST = "0025"
# Tables whose rows grow with the corpus or with the work on it: a lock on them is seen by everybody.
LARGE = {
    *("sentencepair", "pairtext", "pairresult", "sourceentity", "candidate", "referencespan"),
    *("review", "reviewitem", "reviewevent", "translation", "wordingchange", "runchunk"),
}
# In SQL: what the running release would trip over, or what holds a large table while it is read through.
FORBIDDEN_SQL = re.compile(
    r"\bDROP\s+(TABLE|COLUMN)\b|\bRENAME\b|\bSET\s+NOT\s+NULL\b|\bALTER\s+COLUMN\s+\S+\s+(SET\s+DATA\s+)?TYPE\b"
    r"|\bCREATE\s+(UNIQUE\s+)?INDEX\s+(?!CONCURRENTLY)|\bLOCK\s+TABLE\b|\bTRUNCATE\b",
    re.IGNORECASE,
)


def faults_of(migration: migrations.Migration) -> Iterator[str]:
    made = {op.name_lower for op in migration.operations if isinstance(op, migrations.CreateModel)}
    for operation in migration.operations:
        for part in getattr(operation, "database_operations", [operation]):
            if fault := fault_of(part, made):
                yield fault


def fault_of(operation: Operation, made: set[str]) -> str:
    """Why an operation may not run beside the release before; "" when it may. made: tables of its own."""
    model = getattr(operation, "model_name_lower", "")
    is_large = model in LARGE - made
    match operation:
        case migrations.RenameModel() | migrations.RenameField() | migrations.DeleteModel():
            return f"{operation.describe()}: the release before still uses it"
        case migrations.RemoveField():
            return f"{operation.describe()}: first a release that does not read it, then one that removes it"
        case migrations.AddField(field=field) if model not in made:
            if not field.null and field.db_default is NOT_PROVIDED and not field.many_to_many:
                return f"{operation.describe()}: the release before inserts without it; give it a db_default"
        case migrations.AlterField(field=field) if is_large:
            return (
                f"{operation.describe()}: rewrites or checks a large table" if changes_column(field) else ""
            )
        case AddIndexConcurrently():
            return ""
        case migrations.AddIndex() if is_large:
            return f"{operation.describe()}: holds up every write; use AddIndexConcurrently, atomic = False"
        case migrations.AddConstraint() if is_large:
            return f"{operation.describe()}: locks a large table; add it NOT VALID, then validate"
        case migrations.RunSQL(sql=sql) if found := FORBIDDEN_SQL.search(str(sql)):
            return f"SQL with {found[0]!r}"
        case migrations.RunPython():
            return "" if operation.atomic is False else "RunPython in one go; atomic=False, in blocks"
    return ""


def changes_column(field: models.Field) -> bool:
    """Choices and words are Django's own affair; anything else is taken for a change of the column."""
    return not field.choices


def test_no_migration_stands_in_the_way_of_the_release_before() -> None:
    loader = MigrationLoader(None)
    ours = {name: found for (app, name), found in loader.disk_migrations.items() if app == "annotations"}
    assert len(ours) > 20
    bad = {name: faults for name, one in ours.items() if name >= FIRST and (faults := list(faults_of(one)))}
    assert not bad


def test_large_tables_are_tables() -> None:
    assert {model._meta.model_name for model in apps.get_app_config("annotations").get_models()} >= LARGE


INDEX = models.Index(fields=["id"], name="x")


@pytest.mark.parametrize(
    "operation",
    [
        migrations.RenameField("review", "note", "remark"),
        migrations.RenameModel("Review", "Verdict"),
        migrations.RemoveField("review", "note"),
        migrations.DeleteModel("Review"),
        migrations.AddField("project", "x", models.IntegerField(default=0)),
        migrations.AlterField("review", "note", models.CharField(max_length=10)),
        migrations.AddIndex("candidate", INDEX),
        migrations.AddConstraint(
            "candidate", models.CheckConstraint(condition=models.Q(rank__gt=1), name="x")
        ),
        migrations.RunSQL("ALTER TABLE annotations_review DROP COLUMN note"),
        migrations.RunSQL("CREATE INDEX x ON annotations_review (id)"),
        migrations.RunSQL("ALTER TABLE annotations_review ALTER note SET NOT NULL"),
        migrations.RunPython(migrations.RunPython.noop),
        migrations.SeparateDatabaseAndState(database_operations=[migrations.DeleteModel("Review")]),
    ],
    ids=lambda operation: operation.describe(),
)
def test_what_is_forbidden_is_found(operation: Operation) -> None:
    migration = migrations.Migration("0099_x", "annotations")
    migration.operations = [operation]
    assert list(faults_of(migration))


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddField("review", "x", models.IntegerField(null=True)),
        migrations.AddField("review", "x", models.IntegerField(db_default=0)),
        migrations.AddIndex("project", INDEX),
        AddIndexConcurrently("candidate", INDEX),
        migrations.RunSQL("CREATE INDEX CONCURRENTLY x ON annotations_review (id)"),
        migrations.RunPython(migrations.RunPython.noop, atomic=False),
    ],
    ids=lambda operation: operation.describe(),
)
def test_what_is_allowed_passes(operation: Operation) -> None:
    migration = migrations.Migration("0099_x", "annotations")
    migration.operations = [operation]
    assert not list(faults_of(migration))

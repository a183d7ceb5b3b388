"""`manage.py load_demo`: the demo corpus as a project, once."""

from itertools import chain
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from annotations.actions.audit import Kind, write_audit
from annotations.actions.guidelines import keep_guidelines
from annotations.actions.imports import import_records
from annotations.imports.jsonl import read_jsonl
from annotations.imports.records import ImportOptions, InputFile
from annotations.models import Membership, Project, User
from annotations.sign_in import get_or_make_first_owner

FOLDER = Path(__file__).parents[2] / "demo"
NAME = "Demo corpus"
DESCRIPTION = (
    "News-like English sentences with their translations into Spanish, German, Swahili, Yoruba, Arabic and "
    "Chinese, written for this project. The names are marked in English; project them, review them, export "
    "them. The right answers came along: they are kept for evaluation and never shown as suggestions."
)
LABELS = [
    {"name": "PER", "key": "p", "description": "People"},
    {"name": "LOC", "key": "l", "description": "Places"},
    {"name": "ORG", "key": "o", "description": "Organisations"},
    {
        "name": "MISC",
        "key": "m",
        "description": "Other names: works, events, laws, languages, peoples",
    },
]


class Command(BaseCommand):
    help = (
        "Make the project with the demo corpus, owned by the first owner. Where a project of that name "
        "exists, nothing is changed."
    )

    def handle(self, *, verbosity: int, **options: Any) -> None:
        n_pairs = load_demo(get_or_make_first_owner())
        if verbosity:
            made = f"{n_pairs} sentence pairs in the project {NAME!r}." if n_pairs else f"{NAME!r} exists."
            self.stdout.write(made)


@transaction.atomic
def load_demo(owner: User) -> int:
    """How many pairs were loaded: all of them, or none where the project exists, whatever became of it.

    Of two at once, the unique name makes one wait for the other and then find the project there.
    """
    guidelines = (FOLDER / "guidelines.txt").read_text(encoding="utf-8")
    project, is_new = Project.objects.get_or_create(
        name=NAME,
        defaults={
            "description": DESCRIPTION,
            "guidelines": guidelines,
            "source_language": "en",
            "labels": LABELS,
            "created_by": owner,
        },
    )
    if not is_new:
        return 0
    Membership.objects.create(project=project, user=owner, role=Membership.Role.OWNER)
    write_audit(project, Kind.PROJECT_MADE, owner)
    keep_guidelines(project=project, author=owner)
    files = [InputFile(path, path.name) for path in sorted(FOLDER.glob("en-*.jsonl"))]
    options = ImportOptions(source_language="en", target_language="")  # every line says its own
    batch = import_records(
        project,
        chain.from_iterable(read_jsonl(file, options) for file in files),
        user=owner,
        file_names=[file.name for file in files],
        format="jsonl",
    )
    return batch.n_imported

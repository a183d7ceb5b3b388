"""Bringing corpora in."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from string import ascii_letters
from typing import Any

from django.db import transaction
from django.utils import timezone

from annotations.actions.audit import Kind, write_audit
from annotations.imports.check import Rules, checked
from annotations.imports.records import BadLine, ImportOptions, PairRecord
from annotations.imports.store import store_records
from annotations.keys import RESERVED_KEYS, is_free_key
from annotations.models import ImportBatch, Project, User

PROBLEMS_KEPT = 200


class ImportRefused(ValueError):
    """Nothing was imported: there are bad lines and nobody asked for the good ones, or there is none."""

    def __init__(self, reading: "Reading") -> None:
        self.problems, self.n_rejected, self.n_read = reading.problems, reading.n_rejected, reading.n_read
        first = (
            f"; the first is line {self.problems[0].line}: {self.problems[0].reason}" if self.problems else ""
        )
        super().__init__(f"{self.n_rejected} of {self.n_read} lines cannot be imported{first}")


@dataclass(slots=True)
class Reading:
    """Watches records go by: counts, the first problems, and whoever wants to hear of each."""

    on_problem: Callable[[BadLine], None] | None = None
    on_read: Callable[[int], None] | None = None
    n_read: int = 0
    n_rejected: int = 0
    problems: list[BadLine] = field(default_factory=list)

    def good(self, records: Iterable[PairRecord | BadLine]) -> Iterator[PairRecord]:
        """The records that can be imported; the bad lines are noted."""
        for record in records:
            self.n_read += 1
            if self.on_read and self.n_read % 5000 == 0:
                self.on_read(self.n_read)
            if isinstance(record, PairRecord):
                yield record
                continue
            self.n_rejected += 1
            if len(self.problems) < PROBLEMS_KEPT:
                self.problems.append(record)
            if self.on_problem:
                self.on_problem(record)


def import_records(
    project: Project,
    records: Iterable[PairRecord | BadLine],
    *,
    user: User,
    file_names: list[str],
    format: str,
    options: ImportOptions | None = None,
    keep_good: bool = False,
    reading: Reading | None = None,
) -> ImportBatch:
    """Add the pairs that the project does not have yet, all in one transaction.

    options: label map and limits; the project's labels and default limits when there are none.
    Raises ImportRefused when a line is bad, unless `keep_good` asks for the good ones.
    """
    with transaction.atomic():
        batch = ImportBatch.objects.create(
            project=project,
            created_by=user,
            file_names=file_names,
            format=format,
            status=ImportBatch.Status.IMPORTING,
        )
        return fill_batch(batch, records, options=options, keep_good=keep_good, reading=reading)


@transaction.atomic
def fill_batch(
    batch: ImportBatch,
    records: Iterable[PairRecord | BadLine],
    *,
    options: ImportOptions | None,
    keep_good: bool,
    reading: Reading | None = None,
) -> ImportBatch:
    """Store the records of a batch that is being imported. Raises ImportRefused as `import_records` does."""
    project = batch.project
    options = options or ImportOptions(project.source_language, "")
    rules = Rules.of(project.source_language, project.label_names, options)
    reading = reading or Reading()
    stored = store_records(reading.good(checked(records, rules)), project_id=project.pk, batch_id=batch.pk)
    if not stored.n_pairs or (reading.n_rejected and not keep_good):
        raise ImportRefused(reading)
    add_labels(project, rules.seen_labels)
    batch.n_read = reading.n_read
    batch.n_rejected = reading.n_rejected
    batch.n_imported = stored.n_new
    batch.n_duplicates = stored.n_pairs - stored.n_new
    batch.status = ImportBatch.Status.DONE
    batch.finished_at = timezone.now()
    batch.save()
    actor = User.objects.get(pk=batch.options.get("committed_by", batch.created_by_id))
    n, files = batch.n_imported, batch.file_names
    write_audit(project, Kind.IMPORTED, actor, batch=batch.pk, n=n, files=files)
    return batch


def add_labels(project: Project, names: Iterable[str]) -> None:
    """Give the project the labels that it lacks, each with a free key."""
    missing = sorted(set(names) - set(project.label_names))
    if not missing:
        return
    locked = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    for name in missing:
        if name not in locked.label_names:
            locked.labels.append({"name": name, "key": _free_key(name, locked.labels), "description": ""})
    locked.save(update_fields=["labels"])
    project.labels = locked.labels


def _free_key(name: str, labels: list[dict[str, Any]]) -> str:
    """A letter of the name that is no key yet, else any letter, else none."""
    taken = {label["key"] for label in labels} | RESERVED_KEYS.keys()
    letters = name.lower() + name.upper() + ascii_letters
    return next((letter for letter in letters if is_free_key(letter) and letter not in taken), "")

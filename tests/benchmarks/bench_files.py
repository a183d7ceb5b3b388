"""How fast files come in and go out: imports in every format, exports as CoNLL and JSONL.

    export DATABASE_URL=...
    python tests/benchmarks/bench_files.py --pairs 100000 --gold 20000

The pairs are the demo corpus over and over, each with its own id. Printed are seconds on the clock, seconds
of processor time of this process and of its PostgreSQL backend (where that runs on the same machine), and the
peak of this process's memory so far. Give it a database of its own: what it writes stays there.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "projector_site.settings")

import django  # noqa: E402

django.setup()

from django.db import connection  # noqa: E402

from annotations.actions.background import one_snapshot  # noqa: E402
from annotations.actions.imports import import_records  # noqa: E402
from annotations.export.build import build_export  # noqa: E402
from annotations.export.options import ExportOptions  # noqa: E402
from annotations.imports.detect import open_records, settle  # noqa: E402
from annotations.imports.records import ImportFiles, ImportOptions, InputFile  # noqa: E402
from annotations.models import Project, User  # noqa: E402
from workers.iob2 import entities_to_tags  # noqa: E402
from workers.spans import Entity  # noqa: E402

GOLD = """
WITH reviews AS (
    INSERT INTO annotations_review (pair_id, reviewer_id, run_signature, status, is_gold, is_flagged,
        is_adjudication, note, version, created_at, changed_at, done_at)
    SELECT id, %(user)s, 'bench', 'done', true, false, false, '', 1, now(), now(), now()
    FROM annotations_sentencepair WHERE project_id = %(project)s ORDER BY id LIMIT %(n)s
    RETURNING id, pair_id
)
INSERT INTO annotations_reviewitem (review_id, position, state, start, "end", label)
SELECT reviews.id, row_number() OVER (PARTITION BY reviews.id ORDER BY span.start), 'accepted',
    span.start, span."end", span.label
FROM reviews JOIN annotations_referencespan AS span USING (pair_id)
"""
REVIEWED = """
UPDATE annotations_sentencepair SET status = 'reviewed'
WHERE id IN (SELECT pair_id FROM annotations_review WHERE reviewer_id = %(user)s)
"""


@contextmanager
def measured(what: str, n: int) -> Iterator[None]:
    clock, own, backend = time.perf_counter(), time.process_time(), backend_seconds()
    yield
    clock, own = time.perf_counter() - clock, time.process_time() - own
    backend = backend_seconds() - backend
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{what:<34} {n:>9,}  {clock:7.1f} s on the clock  {own:6.1f} s here  {backend:6.1f} s in PostgreSQL"
        f"  {peak:5.0f} MB"
    )


def backend_seconds() -> float:
    """Processor time of our PostgreSQL backend so far; 0 where it is on another machine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def write_files(folder: Path, n_pairs: int) -> dict[str, ImportFiles]:
    rows = [
        json.loads(line) for path in (ROOT / "annotations/demo").glob("en-*.jsonl") for line in path.open()
    ]
    names = ("pairs.jsonl", "pairs.tsv", "source.conll", "target.conll")
    jsonl, tsv, source, target = handles = [(folder / name).open("w", encoding="utf-8") for name in names]
    tsv.write("id\tsource\ttarget\n")
    for number, row in enumerate(islice(cycle(rows), n_pairs)):
        kept = {key: row[key] for key in row if key not in ("entity_links", "phenomena")}
        kept |= {"id": str(number), "document": f"d{number // 20}", "target_language": "es"}
        jsonl.write(json.dumps(kept, ensure_ascii=False) + "\n")
        tsv.write(f"{number}\t{row['source_text']}\t{row['target_text']}\n")
        for side, file in (("source", source), ("target", target)):
            entities = [Entity(*entity) for entity in row[f"{side}_entities"]]
            tags = entities_to_tags(entities, len(row[side]))
            lines = "".join(f"{token}\t{tag}\n" for token, tag in zip(row[side], tags, strict=True))
            file.write(f"# id = {number}\n{lines}\n")
    for handle in handles:
        handle.close()
    files = {name: InputFile(folder / name, name) for name in names}
    return {
        "TSV, to be tokenised": ImportFiles(pairs=files["pairs.tsv"]),
        "CoNLL and CoNLL": ImportFiles(source=files["source.conll"], target=files["target.conll"]),
        "JSONL, tokenised, labelled": ImportFiles(pairs=files["pairs.jsonl"]),
    }


def import_all(files: ImportFiles, user: User, what: str, n_pairs: int) -> Project:
    project = Project.objects.create(name=f"Benchmark of files {time.time_ns()}", created_by=user)
    options = settle(files, ImportOptions("en", "es"))
    with measured(f"import {what}", n_pairs):
        records = open_records(files, options)
        batch = import_records(project, records, user=user, file_names=files.names, format=options.format)
    assert batch.n_imported == n_pairs
    return project


def export_all(project: Project, folder: Path, n_gold: int) -> None:
    for what, options in (
        ("export CoNLL-2003", ExportOptions()),
        ("export CoNLL-2003, split", ExportOptions(split={"train": 0.8, "dev": 0.1, "test": 0.1})),
        ("export JSONL", ExportOptions(format="jsonl")),
    ):
        with tempfile.TemporaryDirectory(dir=folder) as name, measured(what, n_gold), one_snapshot():
            build_export(project, options, Path(name), made_by="benchmark")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--gold", type=int, default=20_000)
    parser.add_argument("--only", help="of the imports, those whose name has this in it")
    chosen = parser.parse_args()
    user = User.objects.get_or_create(username="benchmark")[0]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for what, files in write_files(folder, chosen.pairs).items():
            if chosen.only and chosen.only not in what:
                continue
            project = import_all(files, user, what, chosen.pairs)
            if what.startswith("JSONL"):
                with connection.cursor() as cursor:
                    values = {"user": user.pk, "project": project.pk, "n": chosen.gold}
                    cursor.execute(GOLD, values)
                    cursor.execute(REVIEWED, values)
                    cursor.execute("ANALYZE")
                export_all(project, folder, chosen.gold)


if __name__ == "__main__":
    main()

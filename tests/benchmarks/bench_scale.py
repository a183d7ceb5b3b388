"""How the site behaves with a million pairs, thirty annotators and the pages that look over everything.

    export DATABASE_URL=...
    python tests/benchmarks/fill.py --pairs 1000000 --reviews 500000    # once, about ten minutes
    python tests/benchmarks/bench_scale.py pages                        # each page alone, a minute or two
    python tests/benchmarks/bench_scale.py reports                      # what workers compute for them
    python tests/benchmarks/bench_scale.py people --minutes 10          # thirty people at once
    python tests/benchmarks/bench_scale.py files                        # 100,000 pairs in, 1,000,000 out

`people` starts gunicorn as docs/production.md does, and plays annotators who accept, each with a pause to
read, a few who look something up, and an owner who goes round the reports and lists. Printed are the requests
of each kind with their percentiles and errors, and the memory of the web processes at the start and the end.
It writes reviews into the project; `files` makes a project of its own.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS.parent), str(TESTS)]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "projector_site.settings")
os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
os.environ.setdefault("CELERY_BROKER_URL", "memory://")  # what pages ask of workers is measured by `reports`
os.environ.setdefault("PROJECTOR_DATA", tempfile.mkdtemp(prefix="projector-bench-"))

import django  # noqa: E402

django.setup()


from annotations.actions.background import one_snapshot  # noqa: E402
from annotations.export.build import build_export  # noqa: E402
from annotations.export.options import ExportOptions  # noqa: E402
from annotations.models import Project  # noqa: E402
from benchmarks.bench_files import import_all, measured, write_files  # noqa: E402
from benchmarks.scale_pages import measure_pages, measure_reports, promote  # noqa: E402
from benchmarks.scale_people import measure_people  # noqa: E402


def measure_files(project: Project) -> None:
    """An import of 100,000 pairs, and an export of everything: gold, and silver where there is none."""
    user = promote(project, project.created_by)
    n_pairs = project.pair_counts.all().totals()["n_pairs"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        what, files = "JSONL, tokenised, labelled", write_files(folder, 100_000)
        import_all(files[what], user, what, 100_000)
        target = folder / "everything"
        target.mkdir()
        with measured("export CoNLL-2003, gold and silver", n_pairs), one_snapshot():
            build_export(project, ExportOptions(silver=True), target, made_by="benchmark")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=["pages", "reports", "people", "files"])
    parser.add_argument("--project", default="Scale", help="its name, as it was filled")
    parser.add_argument("--users", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--only", default="", help="of `pages`, those with this in their name")
    options = parser.parse_args()
    project = Project.objects.get(name=options.project)
    if options.command == "pages":
        measure_pages(project, options.only)
    elif options.command == "reports":
        measure_reports(project)
    elif options.command == "people":
        measure_people(project, options.users, options.minutes)
    else:
        measure_files(project)


if __name__ == "__main__":
    main()

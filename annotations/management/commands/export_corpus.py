"""manage.py export_corpus: reviewed sentences to files, parsed back and compared before they appear."""

import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotations.actions.audit import Kind, write_audit
from annotations.actions.background import one_snapshot
from annotations.export.archive import pack
from annotations.export.build import NothingToExport, build_export
from annotations.export.files import ExportDamaged
from annotations.export.options import FORMATS, ExportOptions, parse_split
from annotations.languages import canonical_tag
from annotations.management.lookups import get_project
from workers.iob2 import SCHEMES


class Command(BaseCommand):
    help = (
        "Export what is reviewed (gold), and on request what is suggested (silver), one file per target "
        "language, with export.json beside it that says what the files hold and what they cannot say."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", help="number or name of the project")
        parser.add_argument(
            "output", type=Path, help="a folder, made if need be; or a file that ends in .zip"
        )
        parser.add_argument("--overwrite", action="store_true", help="replace files that are there")

        what = parser.add_argument_group("what")
        what.add_argument("--silver", action="store_true", help="with suggestions nobody has reviewed")
        what.add_argument("--language", action="append", default=[], metavar="TAG", help="repeatable")
        what.add_argument("--domain", action="append", default=[], help="repeatable")
        what.add_argument("--per-domain", action="store_true", help="a file for each domain")
        what.add_argument("--split", default="", metavar="80/10/10", help="train/dev/test by document")
        what.add_argument("--seed", type=int, default=0, help="of the split (default 0)")
        what.add_argument("--source", action="store_true", help="CoNLL: files of the source side, too")

        how = parser.add_argument_group("how")
        how.add_argument("--format", choices=list(FORMATS), default="conll2003")
        how.add_argument(
            "--scheme", choices=[*SCHEMES, "BIO"], default="IOB2", help="BIO is another name of IOB2"
        )
        how.add_argument("--no-header", action="store_true", help="CoNLL: no first line that says what it is")
        how.add_argument("--no-docstart", action="store_true", help="CoNLL: no -DOCSTART- lines")
        how.add_argument("--links", action="store_true", help="JSONL: with alignment links")
        how.add_argument("--reviewers", action="store_true", help="JSONL: with user names of reviewers")

    def handle(self, *args: Any, **options: Any) -> None:
        project = get_project(options["project"])
        chosen = _export_options(options)
        output: Path = options["output"]
        is_zip = output.suffix == ".zip"
        if is_zip and output.exists() and not options["overwrite"]:
            raise CommandError(f"{output} is there already; --overwrite replaces it")
        target = output.parent if is_zip else output
        target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target, prefix=".export-") as name:
            folder = Path(name)
            try:
                with one_snapshot():
                    report = build_export(project, chosen, folder, made_by="manage.py export_corpus")
            except (NothingToExport, ExportDamaged, ValueError) as error:
                raise CommandError(str(error)) from error
            if is_zip:
                pack(folder, output)
            else:
                self._move(folder, output, overwrite=options["overwrite"])
        contents = {name: getattr(chosen, name) for name in ("format", "silver", "reviewers")}
        write_audit(project, Kind.EXPORTED, None, export=None, **contents)
        self._say(report, output)

    def _move(self, folder: Path, output: Path, *, overwrite: bool) -> None:
        files = sorted(folder.iterdir())
        there = [file.name for file in files if (output / file.name).exists()]
        if there and not overwrite:
            raise CommandError(f"{output} has {', '.join(there)} already; --overwrite replaces them")
        for file in files:
            file.replace(output / file.name)

    def _say(self, report: dict[str, Any], output: Path) -> None:
        for file in report["files"]:
            self.stdout.write(
                f"{file['name']}: {file['sentences']:,} sentences ({file['gold']:,} gold, "
                f"{file['silver']:,} silver), {sum(file['entities'].values()):,} entities"
            )
        for loss in report["losses"]:
            self.stdout.write(f"{loss['n']:,} times: {loss['what']}")
        self.stdout.write(f"Parsed back and compared. Written to {output}.")


def _export_options(options: dict[str, Any]) -> ExportOptions:
    try:
        return ExportOptions(
            format=options["format"],
            scheme="IOB2" if options["scheme"] == "BIO" else options["scheme"],
            silver=options["silver"],
            languages=tuple(canonical_tag(tag) for tag in options["language"]),
            domains=tuple(options["domain"]),
            per_domain=options["per_domain"],
            split=parse_split(options["split"]) if options["split"] else {},
            seed=options["seed"],
            source=options["source"],
            header=not options["no_header"],
            docstart=not options["no_docstart"],
            links=options["links"],
            reviewers=options["reviewers"],
        )
    except ValueError as error:
        raise CommandError(str(error)) from error

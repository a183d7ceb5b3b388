"""manage.py import_corpus: bring a file, or a file for each side, into a project."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotations.actions.imports import PROBLEMS_KEPT, ImportRefused, Reading, import_records
from annotations.imports.detect import AUTO, FORMATS, KINDS, SCHEME_CHOICES, describe, open_records, settle
from annotations.imports.records import BadLine, ImportFiles, ImportOptions, InputFile, UnreadableFile
from annotations.imports.rejected import collecting
from annotations.languages import canonical_tag
from annotations.management.lookups import get_project, get_user
from annotations.models import Project


class Command(BaseCommand):
    help = (
        "Import sentence pairs: one JSONL or TSV file, or a source and a target file (CoNLL or plain text, "
        "paired by position), or one of the two. Nothing is imported when a line is bad, unless --keep-good."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", help="number or name of the project")
        parser.add_argument("pairs", nargs="?", type=Path, help="a JSONL or TSV file")
        parser.add_argument("--source", type=Path, metavar="FILE", help="sentences in the source language")
        parser.add_argument(
            "--target", type=Path, metavar="FILE", help="their translations, in the same order"
        )
        parser.add_argument("--source-language", metavar="TAG", help="default: the project's")
        parser.add_argument("--target-language", metavar="TAG", default="", help="BCP 47, for example sw")
        parser.add_argument("--user", help="who imports; default: whoever made the project")

        reading = parser.add_argument_group("how to read")
        reading.add_argument("--format", choices=[AUTO, *FORMATS], default=AUTO, help="of the file of pairs")
        reading.add_argument("--source-kind", choices=[AUTO, *KINDS], default=AUTO)
        reading.add_argument("--target-kind", choices=[AUTO, *KINDS], default=AUTO)
        reading.add_argument("--source-scheme", choices=[AUTO, *SCHEME_CHOICES], default=AUTO)
        reading.add_argument("--target-scheme", choices=[AUTO, *SCHEME_CHOICES], default=AUTO)
        reading.add_argument("--token-column", type=int, default=1, help="from 1; -1 is the last (default 1)")
        reading.add_argument("--tag-column", type=int, default=-1, help="0: there are no tags (default -1)")
        reading.add_argument("--tokenized", action="store_true", help="tokens are what stands between spaces")
        reading.add_argument("--one-sided", action="store_true", help="a pair may lack one of its sides")
        reading.add_argument("--max-tokens", type=int, default=1000, help="per sentence (default 1000)")
        reading.add_argument("--max-line-bytes", type=int, default=1_000_000)

        content = parser.add_argument_group("what to make of it")
        content.add_argument("--domain", default="", help="of lines that name none")
        content.add_argument(
            "--map-label",
            action="append",
            default=[],
            metavar="FROM=TO",
            help="rename a label; FROM= leaves its entities out; repeatable",
        )
        content.add_argument("--add-labels", action="store_true", help="give the project the labels it lacks")
        content.add_argument(
            "--keep-good", action="store_true", help="import the good lines when some are bad"
        )
        content.add_argument("--rejected", type=Path, metavar="ZIP", help="where to leave the bad lines")

    def handle(self, *args: Any, **options: Any) -> None:
        project = get_project(options["project"])
        user = get_user(options["user"]) if options["user"] else project.created_by
        files = _files(options)
        rejected: Path | None = options["rejected"]
        reading = Reading()
        try:
            settled = settle(files, _import_options(project, options))
            self.stdout.write(f"Reading {', '.join(files.names)}: {describe(settled, files)}.")
            with ExitStack() as stack:
                if rejected:
                    reading.on_problem = stack.enter_context(collecting(rejected)).add
                batch = import_records(
                    project,
                    open_records(files, settled),
                    user=user,
                    file_names=files.names,
                    format=settled.format,
                    options=settled,
                    keep_good=options["keep_good"],
                    reading=reading,
                )
        except UnreadableFile as error:
            raise CommandError(f"{error}. Nothing was imported.") from error
        except ImportRefused as error:
            self._show(error.problems, error.n_rejected)
            hint = "" if options["keep_good"] else " --keep-good imports the others."
            raise CommandError(
                f"{error.n_rejected:,} of {error.n_read:,} are bad. Nothing was imported.{hint}"
            ) from error
        self._show(reading.problems, reading.n_rejected)
        self.stdout.write(
            f"Read {batch.n_read:,}: {batch.n_imported:,} imported, {batch.n_duplicates:,} there already, "
            f"{batch.n_rejected:,} rejected."
        )

    def _show(self, problems: list[BadLine], n_rejected: int) -> None:
        for problem in problems:
            self.stderr.write(f"{problem.file}:{problem.line}: {problem.reason}")
        if n_rejected > len(problems):
            self.stderr.write(
                f"These are the first {PROBLEMS_KEPT} of {n_rejected:,}; --rejected ZIP keeps them all."
            )


def _files(options: dict[str, Any]) -> ImportFiles:
    pairs, source, target = options["pairs"], options["source"], options["target"]
    if bool(pairs) == bool(source or target):
        raise CommandError("Give one file of pairs, or --source and --target, or one of these two.")
    same_name = source and target and source.name == target.name
    return ImportFiles(
        *(
            InputFile(path, f"{side}/{path.name}" if same_name else path.name) if path else None
            for side, path in (("pairs", pairs), ("source", source), ("target", target))
        )
    )


def _import_options(project: Project, options: dict[str, Any]) -> ImportOptions:
    label_map = {}
    for rule in options["map_label"]:
        old, equals, new = rule.partition("=")
        if not equals or not old:
            raise CommandError(f"--map-label {rule}: write FROM=TO, or FROM= to leave a label out")
        label_map[old] = new
    source, target = options["source_language"] or project.source_language, options["target_language"]
    if not target and not options["pairs"]:
        raise CommandError("--target-language is needed; only JSONL lines can name it themselves.")
    try:
        source, target = canonical_tag(source), canonical_tag(target) if target else ""
    except ValueError as error:
        raise CommandError(str(error)) from error
    names = (
        *("format", "source_kind", "target_kind", "source_scheme", "target_scheme", "token_column"),
        *("tag_column", "tokenized", "one_sided", "domain", "add_labels", "max_tokens", "max_line_bytes"),
    )
    chosen: dict[str, Any] = {name: options[name] for name in names}
    return ImportOptions(source, target, label_map=label_map, **chosen)

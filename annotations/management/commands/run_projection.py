"""Launch a projection run from a terminal, and watch it to its end."""

import json
import time
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotations.actions.run_choices import FILTER_FIELDS, default_names
from annotations.actions.runs import launch_run
from annotations.management.lookups import get_project, get_user
from annotations.management.model_options import label_map
from annotations.models import PairCount, Project, ProjectionRun
from annotations.models.workforce import QUEUES
from annotations.progress import Progress, get_progress
from annotations.workforce import say_who_works
from workers.choices import known_names

POLL_S = 1.0
OPTION_ARGUMENTS = {
    "method_options": "option",
    "aligner_options": "aligner-option",
    "tagger_options": "tagger-option",
    "target_tagger_options": "target-tagger-option",
    "translator_options": "translator-option",
    "back_translator_options": "back-translator-option",
}
LABEL_MAPS = {"tagger_options": "label-map", "target_tagger_options": "target-label-map"}


class Command(BaseCommand):
    help = (
        "Launches a projection run and shows its progress until it ends. "
        "The exit code is 0 when the run is done, 1 when it failed or was cancelled."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        defaults = default_names()
        parser.add_argument("project", help="id or name of the project")
        parser.add_argument("--language", help="target language; may be left out when the project has one")
        for field, names in known_names().items():
            default = defaults.get(field) or "the route's"
            parser.add_argument(
                f"--{field.replace('_', '-')}", help=f"one of {', '.join(names)} (default: {default})"
            )
        for field in OPTION_ARGUMENTS.values():
            what = "method" if field == "option" else field.removesuffix("-option").replace("-", " ")
            parser.add_argument(
                f"--{field}",
                action="append",
                default=[],
                metavar="KEY=VALUE",
                help=f"an option of the {what}; VALUE is JSON, or text where it is not. May be repeated",
            )
        for field, argument in LABEL_MAPS.items():
            parser.add_argument(
                f"--{argument}",
                type=label_map,
                metavar="PERSON=PER,NORP=-",
                help=f"what the labels of the {field.removesuffix('_options')} become; - leaves one out",
            )
        parser.add_argument(
            "--queue", choices=QUEUES, help="whose workers do it (default: gpu where a worker of it reports)"
        )
        parser.add_argument("--scope", choices=ProjectionRun.Scope.values, default=ProjectionRun.Scope.ALL)
        parser.add_argument("--domain", help="with --scope filter: pairs of this domain")
        parser.add_argument("--document", help="with --scope filter: pairs of this document")
        parser.add_argument("--chunk-size", type=int, help="pairs that a worker takes at a time")
        parser.add_argument("--user", help="user name to launch as (default: who created the project)")
        parser.add_argument("--no-wait", action="store_true", help="launch the run and return at once")

    def handle(self, **options: Any) -> None:
        project = get_project(options["project"])
        choices: dict[str, Any] = {
            "scope": options["scope"],
            "scope_filter": {field: options[field] for field in FILTER_FIELDS if options[field]},
        }
        for field, argument in OPTION_ARGUMENTS.items():
            choices[field] = parse_options(options[argument.replace("-", "_")])
        for field, argument in LABEL_MAPS.items():
            if labels := options[argument.replace("-", "_")]:
                choices[field]["labels"] = labels
        for field in (*known_names(), "chunk_size", "queue"):
            if options[field] is not None:
                choices[field] = options[field]
        try:
            run = launch_run(
                project=project,
                user=get_user(options["user"]) if options["user"] else project.created_by,
                target_language=options["language"] or only_language(project),
                **choices,
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"Run {run.pk} of {project}: {run.method or run.route} into {run.target_language}")
        if not options["no_wait"]:
            self._watch(run)

    def _watch(self, run: ProjectionRun) -> None:
        line = notice = ""
        while True:
            run.refresh_from_db()
            progress = get_progress(run)
            if line != (line := describe(progress)):
                self.stdout.write(line)
                self.stdout.flush()
            if notice != (notice := say_who_works(progress)):
                self.stderr.write(notice)
            if not run.is_active:
                break
            time.sleep(POLL_S)
        if run.status != ProjectionRun.Status.DONE:
            raise CommandError(f"run {run.pk} {run.get_status_display().lower()}. {run.error}".strip())
        self.stdout.write(run.signature)


def describe(progress: Progress) -> str:
    """One line about where a run is."""
    run = progress.run
    parts = [f"{run.get_status_display()}: {run.n_done} of {run.n_pairs} pairs"]
    if progress.stages:
        parts.append(progress.stages_text)
    if run.n_failed:
        parts.append(f"{run.n_failed} with a problem")
    if progress.n_failed_chunks:
        parts.append(f"{progress.n_failed_chunks} failed chunks")
    if progress.pairs_per_s and run.is_active:
        parts.append(f"{progress.pairs_per_s:.1f} pairs/s")
    if progress.left_s is not None and run.is_active:
        parts.append(f"{progress.left_text} left")
    return ", ".join(parts)


def only_language(project: Project) -> str:
    rows = PairCount.objects.filter(project=project).totals_by("target_language")
    languages = [row["target_language"] for row in rows]
    if len(languages) != 1:
        known = ", ".join(sorted(languages)) or "none yet"
        raise CommandError(f"say which target language with --language; the project has {known}")
    return languages[0]


def parse_options(items: list[str]) -> dict[str, Any]:
    """["top_k=5", "filter=none"] to {"top_k": 5, "filter": "none"}."""
    options = {}
    for item in items:
        key, equals, value = item.partition("=")
        if not key or not equals:
            raise CommandError(f"option {item!r} must be KEY=VALUE")
        try:
            options[key] = json.loads(value)
        except json.JSONDecodeError:
            options[key] = value
    return options

"""Measure systems on noisy text of several domains. Needs no database unless a project is named."""

from __future__ import annotations

import shlex
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from annotations.actions.gap_reports import save_gap_report
from annotations.management.lookups import get_project
from annotations.management.model_options import add_model_options, configure_models, key_value

if TYPE_CHECKING:
    from workers.gap.request import GapRequest

NOISES = ("typos", "ocr", "asr", "diacritics", "entities")


class Command(BaseCommand):
    help = (
        "Score systems on every domain, clean and under every noise, by exact match; write gaps between a "
        "domain-specific and a general system, robustness and differences in differences with bootstrap "
        "intervals, pictures, and the sentences behind them."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--tagger", type=named, action="append", default=[], metavar="NAME=MODEL",
            help="a system: a token classifier's folder or id, or spacy-en:PIPELINE. May be repeated",
        )  # fmt: skip
        parser.add_argument(
            "--projection", type=named, action="append", default=[], metavar="NAME=METHOD[,KEY=VALUE...]",
            help="a system: a projection method with its options, for domains with a source. May be repeated",
        )  # fmt: skip
        parser.add_argument(
            "--target-tagger", metavar="MODEL",
            help="reads the target for the projection methods that take it, such as ner-candidates",
        )  # fmt: skip
        parser.add_argument(
            "--domain", type=named, action="append", required=True, metavar="NAME=GOLD.conll[,SOURCE.conll]",
            help="test sentences, with their source for projections and code-switching. May be repeated",
        )  # fmt: skip
        parser.add_argument(
            "--pair", type=pair, action="append", default=[], metavar="SPECIFIC,GENERAL",
            help="systems whose gap is asked for (default: the first two). May be repeated",
        )  # fmt: skip
        parser.add_argument(
            "--noise", nargs="+", default=list(NOISES), metavar="TYPE", help="see perturb_conll"
        )
        parser.add_argument("--severity", nargs="+", type=float, default=[0.1, 0.3], metavar="P")
        parser.add_argument("--where", default="both", help="entity, context or both (default: both)")
        parser.add_argument("--seed", nargs="+", type=int, default=[0])
        parser.add_argument(
            "--language", nargs="+", default=["und"], metavar="[NAME=]CODE",
            help="BCP 47 code of the tests, or of the domain NAME, for numbers in words",
        )  # fmt: skip
        parser.add_argument(
            "--source-language", default="en",
            help="BCP 47 code, for the packaged tagger that reads sources without tags (default: en)",
        )  # fmt: skip
        parser.add_argument(
            "--tagged-source", nargs="+", default=[], metavar="NAME",
            help="domains whose source has the tags of a tagger, which are no gold to judge it by",
        )  # fmt: skip
        parser.add_argument("--ignore", nargs="*", default=[], metavar="LABEL", help="labels not counted")
        parser.add_argument(
            "--limit", type=int, help="sentences of each domain, evenly spread (default: all)"
        )
        parser.add_argument("--bootstrap", type=int, default=2_000, help="resamples (default: 2000)")
        parser.add_argument("--project", help="also keep the report with this project, on its Training page")
        parser.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER")
        add_model_options(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        from workers.gap.request import run_request
        from workers.model_cache import ModelUnavailable

        try:
            configure_models(options)
            request = read_request(options)
            report, written = run_request(
                request,
                options["output"],
                command=command_line(request, options),
                on_cell=lambda key, *_of: self.stdout.write(" ".join(map(str, key))),
            )
        except (ValueError, OSError, ModelUnavailable) as error:
            raise CommandError(str(error)) from error
        if options["project"]:
            save_gap_report(
                project=get_project(options["project"]), name=options["output"].name, folder=options["output"]
            )
        for path in written:
            self.stdout.write(str(path))
        self.stdout.write(f"signature {report['signature']}; again with: {report['command']}")


def named(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def pair(text: str) -> tuple[str, str]:
    specific, comma, general = text.partition(",")
    if not (specific and comma and general):
        raise ArgumentTypeError(f"{text!r} is not SPECIFIC,GENERAL")
    return specific, general


def read_request(options: dict[str, Any]) -> GapRequest:
    """Raises ValueError for an option that does not fit."""
    from workers.gap.request import DomainFiles, GapRequest

    languages = domain_languages(options)
    tagged = options["tagged_source"]
    if unknown := [name for name in tagged if name not in languages]:
        raise ValueError(f"--tagged-source {unknown[0]}: there are {', '.join(languages)}")
    domains = []
    for name, files in options["domain"]:
        gold, _, source = files.partition(",")
        domains.append(DomainFiles(name, gold, source, languages[name], name in tagged))
    return GapRequest(
        domains=domains,
        noises=options["noise"],
        severities=options["severity"],
        taggers=options["tagger"],
        projections=[(name, *method_and_options(text)) for name, text in options["projection"]],
        target_tagger=options["target_tagger"] or "",
        pairs=options["pair"],
        where=options["where"],
        seeds=options["seed"],
        source_language=options["source_language"],
        ignore=options["ignore"],
        limit=options["limit"],
        n_bootstrap=options["bootstrap"],
    )


def domain_languages(options: dict[str, Any]) -> dict[str, str]:
    """The language of every domain. Raises ValueError for one that names no domain."""
    names = [name for name, _ in options["domain"]]
    found = dict.fromkeys(names, "und")
    for given in options["language"]:
        name, equals, code = given.partition("=")
        if not equals:
            found |= dict.fromkeys(names, given)
        elif name in found:
            found[name] = code
        else:
            raise ValueError(
                f"--language {given}: no domain is called {name!r}; there are {', '.join(names)}"
            )
    return found


def method_and_options(text: str) -> tuple[str, dict[str, Any]]:
    """METHOD[,KEY=VALUE...] of --projection. Raises ValueError for an option that is not KEY=VALUE."""
    method, *settings = text.split(",")
    try:
        return method, dict(key_value(setting) for setting in settings)
    except ArgumentTypeError as error:
        raise ValueError(f"--projection: {error}") from error


def command_line(request: GapRequest, options: dict[str, Any]) -> str:
    """The command that makes this report again."""
    words = ["manage.py", "gap_report", *request.words()]
    words += ["--project", options["project"]] if options["project"] else []
    return shlex.join([*words, "--output", str(options["output"])])

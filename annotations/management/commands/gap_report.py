"""Measure systems on noisy text of several domains. Needs no database unless a project is named."""

import shlex
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.actions.gap_reports import save_gap_report
from annotations.management.lookups import get_project
from annotations.management.model_options import add_model_options, configure_models, key_value

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
            help="a system: a token classifier's folder or Hugging Face id. May be repeated",
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
        parser.add_argument("--ignore", nargs="*", default=[], metavar="LABEL", help="labels not counted")
        parser.add_argument(
            "--limit", type=int, help="sentences of each domain, evenly spread (default: all)"
        )
        parser.add_argument("--bootstrap", type=int, default=2_000, help="resamples (default: 2000)")
        parser.add_argument("--project", help="also keep the report with this project, on its Training page")
        parser.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER")
        add_model_options(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        from workers.gap.files import write_report
        from workers.gap.matrix import GapSettings, fill_matrix
        from workers.gap.report import make_report
        from workers.model_cache import ModelUnavailable

        try:
            configure_models(options)
            settings = GapSettings(
                options["noise"], options["severity"], options["where"], options["seed"], options["bootstrap"]
            )
            domains = read_domains(options)
            systems = load_systems(options)
            matrix = fill_matrix(
                systems, domains, settings,
                foreign=foreign_words,
                on_cell=lambda key: self.stdout.write(" ".join(map(str, key))),
            )  # fmt: skip
            report = make_report(matrix, systems, domains, settings, pairs=options["pair"])
            report["command"] = command_line(options)
            written = write_report(options["output"], report, matrix)
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


def read_domains(options: dict[str, Any]) -> list[Any]:
    from workers.gap.files import read_domain
    from workers.tag import get_tagger_for

    languages = domain_languages(options)
    domains = []
    for name, files in options["domain"]:
        gold, _, source = files.partition(",")
        domains.append(
            read_domain(
                name, Path(gold), Path(source) if source else None,
                language=languages[name],
                ignore=options["ignore"],
                limit=options["limit"],
                tag_source=lambda sentences: get_tagger_for(options["source_language"]).tag(sentences),
            )
        )  # fmt: skip
    return domains


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


def load_systems(options: dict[str, Any]) -> list[Any]:
    from workers.align import get_aligner
    from workers.gap.memory import RememberingAligner, RememberingTagger
    from workers.gap.systems import ProjectionSystem, TaggerSystem
    from workers.tag import get_tagger

    systems: list[Any] = []
    for name, model in options["tagger"]:
        tagger = get_tagger("huggingface", model=model)
        labels = set(getattr(tagger, "labels", {}).values()) - set(options["ignore"])
        systems.append(TaggerSystem(name, RememberingTagger(tagger), frozenset(labels)))
    if options["projection"]:
        aligner, model = RememberingAligner(get_aligner()), options["target_tagger"]
        reader = RememberingTagger(get_tagger("huggingface", model=model)) if model else None
    for name, described in options["projection"]:
        method, *settings = described.split(",")
        systems.append(ProjectionSystem(name, method, aligner, method_options(settings), reader))
    if not systems:
        raise ValueError("name a system at least: --tagger NAME=MODEL or --projection NAME=METHOD")
    if len({system.name for system in systems}) < len(systems):
        raise ValueError("two systems have the same name")
    return systems


def method_options(settings: list[str]) -> dict[str, Any]:
    """KEY=VALUE of --projection. Raises ValueError for one that is not."""
    try:
        return dict(key_value(setting) for setting in settings)
    except ArgumentTypeError as error:
        raise ValueError(f"--projection: {error}") from error


def foreign_words(domain: Any) -> list[dict[int, str]]:
    """The source words that the target's words are linked with, one to one."""
    from workers.align import get_aligner
    from workers.noise.foreign import from_links

    if domain.source_tokens is None:
        raise ValueError(f"code-switch needs a source, which domain {domain.name!r} has not")
    pairs = list(zip(domain.source_tokens, domain.tokens, strict=True))
    return from_links(domain.source_tokens, [a.links.tolist() for a in get_aligner().align(pairs)])


def command_line(options: dict[str, Any]) -> str:
    """The command that makes this report again."""
    words = ["manage.py", "gap_report"]
    for option in ("tagger", "projection", "domain"):
        for name, value in options[option]:
            words += [f"--{option}", f"{name}={value}"]
    for specific, general in options["pair"]:
        words += ["--pair", f"{specific},{general}"]
    for option in ("noise", "severity", "seed", "language", "ignore"):
        words += [f"--{option}", *map(str, options[option])] if options[option] else []
    for option in (
        "target_tagger", "source_language", "where", "limit", "bootstrap", "project", "output",
    ):  # fmt: skip
        if options[option] is not None:
            words += [f"--{option.replace('_', '-')}", str(options[option])]
    return shlex.join(words)

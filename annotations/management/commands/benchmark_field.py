"""Run every available method over a folder of the field's corpora. Needs no database and no server."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.management.model_options import add_model_options, configure_models
from annotations.tokens import tokenize


class Command(BaseCommand):
    help = (
        "Score every method on every language of FOLDER (MasakhaNER 2.0, WikiANN, Europarl-NER, or plain "
        "CoNLL), and set the results beside the founding paper's figures."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--layout", default="auto", help="auto, masakhaner2, wikiann, europarl or conll (default: auto)"
        )
        parser.add_argument("--part", default="test", help="test, dev or train (default: test)")
        parser.add_argument("--languages", nargs="+", default=[], metavar="CODE", help="(default: all there)")
        parser.add_argument("--methods", nargs="+", default=[], metavar="NAME", help="(default: all)")
        parser.add_argument(
            "--ignore", nargs="*", metavar="LABEL", help="labels not counted, instead of the layout's own"
        )
        parser.add_argument("--source-language", default="en", help="BCP 47 code (default: en)")
        parser.add_argument(
            "--target-tagger", metavar="MODEL",
            help="token classifier of the target languages, for ner-candidates and model-transfer",
        )  # fmt: skip
        parser.add_argument(
            "--limit", type=int, help="sentences of each language, the first ones (default: all)"
        )
        parser.add_argument("-o", "--output", type=Path, help="write the table there as Markdown")
        parser.add_argument("--json", type=Path, help="write everything as JSON")
        add_model_options(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        from workers.conll import replace_file
        from workers.field.run import field_table
        from workers.model_cache import ModelUnavailable

        try:
            configure_models(options)
            rows = run(options, self.stderr)
            lines = field_table(rows) + ["", *not_run()]
            if options["output"]:
                with replace_file(options["output"]) as output:
                    output.write("\n".join(lines) + "\n")
            if options["json"]:
                with replace_file(options["json"]) as output:
                    output.write(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
        except (ValueError, OSError, ModelUnavailable) as error:
            raise CommandError(str(error)) from error
        for line in lines:
            self.stdout.write(line)


def run(options: dict[str, Any], progress: Any) -> list[dict[str, Any]]:
    from workers.align import get_aligner
    from workers.field.readers import guess_layout, read_field_folder
    from workers.field.run import METHODS, TRANSFER, FieldTools, run_language
    from workers.tag import get_tagger, get_tagger_for

    known = [*METHODS, TRANSFER]
    if unknown := [name for name in options["methods"] if name not in known]:
        raise ValueError(f"unknown method {unknown[0]!r}; known: {', '.join(known)}")
    layout = options["layout"] if options["layout"] != "auto" else guess_layout(options["folder"])
    corpora = read_field_folder(
        options["folder"], layout,
        part=options["part"], languages=options["languages"], ignore=options["ignore"],
    )  # fmt: skip
    target = options["target_tagger"]
    tools = FieldTools(
        get_aligner(),
        get_tagger_for(options["source_language"]),
        lambda line: words(line, options["source_language"]),
        get_tagger("huggingface", model=target) if target else None,
    )
    rows = []
    for corpus in corpora:
        for row in run_language(first(corpus, options["limit"]), layout, tools, options["methods"] or known):
            progress.write(f"{row['language']} {row['method']}")
            if options["limit"] and "not_run" not in row:
                row |= {"delta": None, "note": f"only the first {options['limit']} sentences"}
            rows.append(row)
    return rows


def first(corpus: Any, limit: int | None) -> Any:
    from dataclasses import replace

    return replace(
        corpus,
        tokens=corpus.tokens[:limit],
        gold=corpus.gold[:limit],
        source=corpus.source and corpus.source[:limit],
        source_lines=corpus.source_lines and corpus.source_lines[:limit],
    )


def words(line: str, language: str) -> list[str]:
    offsets = tokenize(line, language)
    return [line[start:end] for start, end in zip(offsets[::2], offsets[1::2], strict=True)]


def not_run() -> list[str]:
    from workers.field.published import PIPELINES_NOT_RUN

    return [f"Not run here: {name}: {reason}." for name, reason in PIPELINES_NOT_RUN.items()]

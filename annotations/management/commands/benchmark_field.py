"""Run every pipeline of the founding paper over a folder of corpora. Needs no database and no server."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.management.model_options import add_model_options, configure_models, key_value


class Command(BaseCommand):
    help = (
        "Score every pipeline of the founding paper, and ours, on every language of FOLDER (MasakhaNER 2.0, "
        "WikiANN, Europarl-NER, or plain CoNLL), and set the results beside the paper's figures. A pipeline "
        "that cannot run says what it needs."
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
            help="token classifier of the target languages, for tagger candidates and model transfer",
        )  # fmt: skip
        parser.add_argument(
            "--translator", metavar="MODEL",
            help="translates bare sentences into the source language, and labelled ones back",
        )  # fmt: skip
        parser.add_argument(
            "--back-translator", metavar="MODEL",
            help="another model for labelled translations, such as one trained on markers",
        )  # fmt: skip
        parser.add_argument(
            "--train-source", type=Path, metavar="FILE.conll",
            help="labelled source sentences, for markers: they are marked, translated and trained on",
        )  # fmt: skip
        parser.add_argument(
            "--training-option", type=key_value, action="append", default=[], metavar="KEY=VALUE",
            help="how the markers' tagger learns, as train_tagger has it: epochs=3. May be repeated",
        )  # fmt: skip
        parser.add_argument(
            "--limit", type=int, help="sentences of each language, the first ones (default: all)"
        )
        parser.add_argument("-o", "--output", type=Path, help="write the table there as Markdown")
        parser.add_argument("--json", type=Path, help="write everything as JSON")
        add_model_options(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        from workers.conll import replace_file
        from workers.field.published import published_means
        from workers.field.readers import guess_layout
        from workers.field.run import field_table
        from workers.model_cache import ModelUnavailable
        from workers.stages import RunBroken

        try:
            configure_models(options)
            layout = options["layout"] if options["layout"] != "auto" else guess_layout(options["folder"])
            tools = load_tools(options)
            rows = run(options, layout, tools, self.stderr)
            models = [f"{name}: {signature}" for name, signature in tools.signatures.items()]
            lines = [*field_table(rows), "", *published_means(layout), "", *models]
            if options["output"]:
                with replace_file(options["output"]) as output:
                    output.write("\n".join(lines) + "\n")
            if options["json"]:
                found = {"layout": layout, "models": tools.signatures, "rows": rows}
                with replace_file(options["json"]) as output:
                    output.write(json.dumps(found, ensure_ascii=False, indent=1) + "\n")
        except (ValueError, OSError, ModelUnavailable, RunBroken) as error:
            raise CommandError(str(error)) from error
        for line in lines:
            self.stdout.write(line)


def load_tools(options: dict[str, Any]) -> Any:
    """What the options give the pipelines. The translator writes both languages unless another is named."""
    from workers.align import get_aligner
    from workers.field.tools import FieldTools
    from workers.tag import get_tagger, get_tagger_for
    from workers.training.data import read_training_file
    from workers.training.options import TrainingOptions
    from workers.translate import get_translator

    def named(get: Any, option: str, kind: str) -> Any:
        return get(kind, model=options[option]) if options[option] else None

    translator = named(get_translator, "translator", "seq2seq")
    try:
        training = TrainingOptions(**dict(options["training_option"]))
    except TypeError as error:
        raise ValueError(f"--training-option: {error}") from error
    return FieldTools(
        aligner=get_aligner(),
        source_tagger=get_tagger_for(options["source_language"]),
        source_language=options["source_language"],
        target_tagger=named(get_tagger, "target_tagger", "huggingface"),
        translator=translator,
        back_translator=named(get_translator, "back_translator", "seq2seq") or translator,
        train_source=read_training_file(options["train_source"]) if options["train_source"] else (),
        training=training,
    )


def run(options: dict[str, Any], layout: str, tools: Any, progress: Any) -> list[dict[str, Any]]:
    from workers.field.pipelines import check_names
    from workers.field.readers import read_field_folder
    from workers.field.run import run_language

    names = check_names(options["methods"])
    corpora = read_field_folder(
        options["folder"], layout,
        part=options["part"], languages=options["languages"], ignore=options["ignore"],
    )  # fmt: skip
    rows = []
    for corpus in corpora:
        for row in run_language(first(corpus, options["limit"]), layout, tools, names):
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

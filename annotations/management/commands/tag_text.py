"""Tag the named entities of raw text. Needs no database and no server."""

from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.management.model_options import (
    add_model_options,
    configure_models,
    key_value,
    label_map,
)
from annotations.tokens import tokenize

BATCH_SENTENCES = 512


class Command(BaseCommand):
    help = (
        "Write the named entities of SOURCE, one sentence a line, as CoNLL: token and IOB2 tag, a blank line "
        "after every sentence. An empty line gives a blank line more."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", type=Path, help="raw text, one sentence a line")
        parser.add_argument("-o", "--output", type=Path, required=True, help="CoNLL with IOB2 tags")
        parser.add_argument("--language", default="en", help="BCP 47 code of the text (default: en)")
        parser.add_argument("--tagger", help="tagger (default: the packaged one for the language)")
        parser.add_argument("--model", help="model of the tagger: a package, a Hugging Face id, or a folder")
        parser.add_argument(
            "--option", action="append", default=[], type=key_value, metavar="KEY=VALUE",
            help="another option of the tagger; VALUE is JSON, or text where it is not. May be repeated",
        )  # fmt: skip
        parser.add_argument(
            "--label-map", type=label_map, metavar="PERSON=PER,NORP=-",
            help="what the tagger's labels become; - leaves one out",
        )  # fmt: skip
        parser.add_argument("--tokenized", action="store_true", help="tokens are already separated by spaces")
        parser.add_argument("--ignore", nargs="*", default=[], metavar="LABEL", help="leave these labels out")
        parser.add_argument(
            "--scores", type=Path,
            help="also write the entities' probabilities, one line a sentence, for project_conll --scores",
        )  # fmt: skip
        add_model_options(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        from workers.model_cache import ModelUnavailable
        from workers.tag import get_tagger_for
        from workers.text_lines import read_lines

        try:
            check_options(options)
            for _ in read_lines(options["source"]):
                pass  # complaints come before the work
            configure_models(options)
            given: dict[str, Any] = {"model": options["model"]} if options["model"] else {}
            if options["label_map"]:
                given["labels"] = options["label_map"]
            given |= dict(options["option"])
            tagger = get_tagger_for(options["language"], options["tagger"] or "", **given)
            n_sentences, n_entities = tag_file(tagger, options)
        except (ValueError, OSError, ModelUnavailable) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{n_sentences} sentences, {n_entities} entities")
        self.stdout.write(tagger.signature)


def check_options(options: Mapping[str, Any]) -> None:
    written = [path for path in (options["output"], options["scores"]) if path]
    for output in written:
        if output.resolve() == options["source"].resolve() or written.count(output) > 1:
            raise ValueError(f"{output} cannot be two of the command's files at once")
        if not output.parent.is_dir():
            raise ValueError(f"there is no folder {output.parent} to write {output.name} into")


def tag_file(tagger: Any, options: Mapping[str, Any]) -> tuple[int, int]:
    """Numbers of sentences and entities written."""
    from workers.conll import replace_file, write_conll
    from workers.entity_scores import write_scores

    n_sentences = n_entities = 0
    with ExitStack() as files:
        output = files.enter_context(replace_file(options["output"]))
        scores = files.enter_context(replace_file(options["scores"])) if options["scores"] else None
        for batch in batches(options):
            tagged = tagger.tag(batch)
            for tokens, entities in zip(batch, tagged, strict=True):
                kept = [entity for entity in entities if entity.label not in options["ignore"]]
                write_conll(output, [(tokens, kept)])
                if scores is not None and tokens:  # a blank line is no sentence of a CoNLL file
                    write_scores(scores, kept)
                n_sentences += 1
                n_entities += len(kept)
    return n_sentences, n_entities


def batches(options: Mapping[str, Any]) -> Iterator[list[list[str]]]:
    from workers.text_lines import read_lines

    sentences = (split(line, options) for _, line in read_lines(options["source"]))
    while batch := list(islice(sentences, BATCH_SENTENCES)):
        yield batch


def split(line: str, options: Mapping[str, Any]) -> list[str]:
    if options["tokenized"]:
        return [token for token in line.replace("\t", " ").split(" ") if token]
    offsets = tokenize(line, options["language"])
    return [line[start:end] for start, end in zip(offsets[::2], offsets[1::2], strict=True)]

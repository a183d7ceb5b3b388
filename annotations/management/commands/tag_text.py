"""Tag the named entities of raw text. Needs no database and no server."""

from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.management.model_options import add_model_options, configure_models, key_value
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
        parser.add_argument("--tagger", help="tagger (default: the packaged English one)")
        parser.add_argument("--model", help="model of the tagger: a package, a Hugging Face id, or a folder")
        parser.add_argument(
            "--option", action="append", default=[], type=key_value, metavar="KEY=VALUE",
            help="another option of the tagger; VALUE is JSON, or text where it is not. May be repeated",
        )  # fmt: skip
        parser.add_argument("--tokenized", action="store_true", help="tokens are already separated by spaces")
        parser.add_argument("--ignore", nargs="*", default=[], metavar="LABEL", help="leave these labels out")
        add_model_options(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        from workers.model_cache import ModelUnavailable
        from workers.tag import DEFAULT_TAGGER, get_tagger
        from workers.text_lines import read_lines

        try:
            check_options(options)
            for _ in read_lines(options["source"]):
                pass  # complaints come before the work
            configure_models(options)
            given = {"model": options["model"]} if options["model"] else {}
            tagger = get_tagger(options["tagger"] or DEFAULT_TAGGER, **given, **dict(options["option"]))
            n_sentences, n_entities = tag_file(tagger, options)
        except (ValueError, OSError, ModelUnavailable) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{n_sentences} sentences, {n_entities} entities")
        self.stdout.write(tagger.signature)


def check_options(options: Mapping[str, Any]) -> None:
    source, output = options["source"], options["output"]
    if not options["tagger"] and not options["model"] and options["language"].split("-")[0].lower() != "en":
        raise ValueError(
            f"the packaged tagger knows English, not {options['language']!r}: name a --tagger and its --model"
        )
    if output.resolve() == source.resolve():
        raise ValueError(f"{output} is read and cannot be written at the same time")
    if not output.parent.is_dir():
        raise ValueError(f"there is no folder {output.parent} to write {output.name} into")


def tag_file(tagger: Any, options: Mapping[str, Any]) -> tuple[int, int]:
    """Numbers of sentences and entities written."""
    from workers.conll import replace_file, write_conll

    n_sentences = n_entities = 0
    with replace_file(options["output"]) as output:
        for batch in batches(options):
            tagged = tagger.tag(batch)
            for tokens, entities in zip(batch, tagged, strict=True):
                kept = [entity for entity in entities if entity.label not in options["ignore"]]
                write_conll(output, [(tokens, kept)])
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

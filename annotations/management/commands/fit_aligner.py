"""Fit the space in which an encoder's vectors are compared. Needs no database and no server."""

import gettext
import random
import re
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
from django.core.management.base import BaseCommand, CommandError

from annotations.tokens import tokenize

PER_LANGUAGE = 140
WORDS = range(4, 41)
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|%%")
_MARKUP = re.compile(r"<[^>]+>|&\w+;")


class Command(BaseCommand):
    help = (
        "Fit the alignment space of an encoder on translations, without any word alignment: Django's own "
        "message catalogues in some ninety languages. The result is an option of the aligner 'fused'."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("-o", "--output", type=Path, required=True, help="the space (.npz)")
        parser.add_argument("--model", default="packaged", help="Hugging Face id or folder of an encoder")
        parser.add_argument("--layers", default="6,7", help="layers to put side by side (default: 6,7)")
        parser.add_argument("--width", type=int, default=512, help="dimensions to keep (default: 512)")

    def handle(self, *_args: Any, **options: Any) -> None:
        from workers.adapters.alignment_space import fit_space, save_space
        from workers.encode import Encoder
        from workers.model_cache import ModelUnavailable

        pairs = list(catalogue_pairs())
        self.stdout.write(f"{len(pairs)} messages with a translation")
        try:
            layers = [int(layer) for layer in options["layers"].split(",")]
            encoder = Encoder(options["model"], layers=layers, join_unspaced=True)
            name = f"django-{django.get_version()}-{len(pairs)}-{options['width']}"
            space = fit_space(encoder, pairs, width=options["width"], name=name)
            save_space(options["output"], space)
        except (ValueError, OSError, ModelUnavailable) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{options['output']}: {name}")


def catalogue_pairs() -> Iterator[tuple[list[str], list[str]]]:
    """English messages of Django and their translations as tokens, the same number of each language."""
    messages: dict[str, dict[str, str]] = {}
    for path in sorted(Path(django.__file__).parent.glob("**/locale/*/LC_MESSAGES/*.mo")):
        locale = path.parent.parent.name
        if not locale.startswith("en"):
            messages.setdefault(locale, {}).update(read_catalogue(path))
    chooser = random.Random(0)  # noqa: S311  (a sample, not a secret)
    for locale in sorted(messages):
        if "_" in locale and locale.split("_")[0] in messages:
            continue  # a country's variant of a language that is there
        found = sorted(item for item in messages[locale].items() if len(item[0].split()) in WORDS)
        for source, target in chooser.sample(found, min(PER_LANGUAGE, len(found))):
            yield words(source, "en"), words(target, locale.replace("_", "-"))


def read_catalogue(path: Path) -> Iterator[tuple[str, str]]:
    """Messages that are translated, plural forms as messages of their own, contexts left off."""
    with path.open("rb") as file:
        catalogue: dict[Any, str] = vars(gettext.GNUTranslations(file))["_catalog"]
    for key, translation in catalogue.items():
        message = key[0] if isinstance(key, tuple) else key
        message = message.rpartition("\x04")[2]
        if message and translation and message != translation:
            yield message, translation


def words(message: str, language: str) -> list[str]:
    text = _MARKUP.sub(" ", _PLACEHOLDER.sub("7", message))
    offsets = tokenize(text, language)
    return [text[start:end] for start, end in zip(offsets[::2], offsets[1::2], strict=True)]

"""Options of the commands that run models in their own process."""

import json
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from annotations.label_map import read_label_map


def add_model_options(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("where models run")
    group.add_argument("--device", help='"auto" (a GPU when there is one), "cpu", "cuda", "cuda:1"')
    group.add_argument("--dtype", help='"auto", "float32", "bfloat16", "float16"')
    group.add_argument("--threads", type=int, help="CPU threads (default: torch's own choice)")
    group.add_argument("--download", action="store_true", help="fetch models that are not on this machine")


def configure_models(options: Mapping[str, Any]) -> None:
    """Apply the options, and the settings where an option is not given. Raises ValueError on a bad value."""
    from workers import model_cache

    model_cache.configure(
        device=options["device"] or settings.MODEL_DEVICE,
        dtype=options["dtype"] or settings.MODEL_DTYPE,
        threads=options["threads"],
        downloads=options["download"] or settings.MODEL_DOWNLOADS,
    )


def label_map(text: str) -> dict[str, str]:
    """PERSON=PER,NORP=-"""
    try:
        return read_label_map(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


def key_value(text: str) -> tuple[str, Any]:
    """KEY=VALUE; VALUE is JSON, or text where it is not."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    try:
        return key.replace("-", "_"), json.loads(value)
    except json.JSONDecodeError:
        return key.replace("-", "_"), value

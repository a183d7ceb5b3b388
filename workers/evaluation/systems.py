"""The tagger of a model as it is evaluated."""

from pathlib import Path
from typing import Any

from workers.tag import Tagger, get_tagger
from workers.training.data import read_own_labels


def load_system(tagger: str, options: dict[str, Any]) -> Tagger:
    """The tagger called `tagger`; one that was trained here keeps the labels that it learnt.

    options: those of the tagger. Raises ValueError, or ModelUnavailable with the reason.
    """
    model = options.get("model", "")
    if tagger == "huggingface" and "labels" not in options:
        labels = read_own_labels(Path(model))
        if labels:
            return get_tagger(tagger, **options, labels={label: label for label in labels})
    return get_tagger(tagger, **options)

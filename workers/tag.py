"""Entity tagging: token sequences in, entities with probabilities out."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Protocol

from workers.spans import Entity


class Tagger(Protocol):
    """A named-entity tagger with its label map fixed."""

    name: str

    @property
    def signature(self) -> str:
        """Model with revision, label map and version in one line."""
        ...

    def tag(self, sentences: Sequence[Sequence[str]]) -> list[list[Entity]]:
        """Entities of each token sequence, sorted, not overlapping, spans over the tokens given."""
        ...


TAGGERS = {
    "spacy-en": "workers.adapters.spacy_tagger.SpacyTagger",
    "huggingface": "workers.adapters.hf_tagger.HfTagger",
}
DEFAULT_TAGGER = "spacy-en"
DEFAULT_TARGET_TAGGER = "huggingface"  # the one that takes any language; it needs a model named


def get_tagger(name: str = DEFAULT_TAGGER, **options: Any) -> Tagger:
    """The tagger called `name`. Raises ValueError for an unknown name or option."""
    if name not in TAGGERS:
        raise ValueError(f"unknown tagger {name!r}; known: {', '.join(TAGGERS)}")
    module, _, attribute = TAGGERS[name].rpartition(".")
    try:
        tagger: Tagger = getattr(import_module(module), attribute)(**options)
    except TypeError as error:
        raise ValueError(f"options {sorted(options)} do not fit tagger {name!r}: {error}") from error
    return tagger

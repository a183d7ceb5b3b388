"""What a machine has for the field's pipelines, and translations that are made once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from workers.align import Aligner
from workers.field.pipelines import NEEDS, Pipeline
from workers.field.readers import FieldCorpus
from workers.tag import Tagger
from workers.training.data import TrainingSentence
from workers.training.options import TrainingOptions
from workers.translate import Translation, TranslationKey, Translator


class MemoryCache:
    """Translations of this process; the pipelines of a language share them."""

    errors: tuple[type[Exception], ...] = ()

    def __init__(self) -> None:
        self._known: dict[TranslationKey, Translation] = {}

    def find(self, keys: Collection[TranslationKey]) -> Mapping[TranslationKey, Translation]:
        return {key: self._known[key] for key in keys if key in self._known}

    def save(self, translations: Mapping[TranslationKey, Translation]) -> None:
        self._known |= translations


@dataclass(frozen=True, slots=True)
class FieldTools:
    """target_tagger: reads the target languages. translator: writes the source language; back_translator: the
    target languages. train_source: labelled source sentences, for markers; training: how their tagger learns.
    """

    aligner: Aligner
    source_tagger: Tagger
    source_language: str = "en"
    target_tagger: Tagger | None = None
    translator: Translator | None = None
    back_translator: Translator | None = None
    train_source: Sequence[TrainingSentence] = ()
    training: TrainingOptions = field(default_factory=TrainingOptions)
    cache: MemoryCache = field(default_factory=MemoryCache)

    @property
    def signatures(self) -> dict[str, str]:
        """The models by what they are for; those that are not there are left out."""
        parts: dict[str, Aligner | Tagger | Translator | None] = {
            "aligner": self.aligner,
            "source tagger": self.source_tagger,
            "target tagger": self.target_tagger,
            "translator": self.translator,
            "back translator": self.back_translator,
        }
        return {name: part.signature for name, part in parts.items() if part is not None}

    def why_not(self, pipeline: Pipeline, corpus: FieldCorpus) -> str:
        """What the pipeline needs and this machine has not, "" when it can run."""
        has_source = corpus.source is not None or corpus.source_lines is not None
        there = {
            "source": has_source or self.translator is not None,
            "target_tagger": self.target_tagger is not None,
            "back_translator": self.back_translator is not None,
            "train_source": bool(self.train_source),
        }
        for need in pipeline.needs:
            if not there[need]:
                return NEEDS[need]
        try:
            if "source" in pipeline.needs and not has_source and self.translator:
                self.translator.check_languages(corpus.language, self.source_language)
            if "back_translator" in pipeline.needs and self.back_translator:
                self.back_translator.check_languages(self.source_language, corpus.language)
        except ValueError as error:
            return str(error)
        return ""

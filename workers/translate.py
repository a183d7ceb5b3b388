"""Translation: texts in, translations with scores out; translators by name; the keys of a cache."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib import import_module
from itertools import islice
from typing import Any, NamedTuple, Protocol

FLAGS = {
    "split": "the text was long and was translated sentence by sentence",
    "cut": "a sentence was too long for the model and was cut",
    "length-limit": "the model did not come to an end; the translation stops at its length limit",
    "no-output": "the model gave nothing for a part of the text",
    "no-back-translation": "the translation back could not be made; word alignment alone decided",
}


@dataclass(frozen=True, slots=True)
class TranslatedSentence:
    """What source text[start:end] (code points) became.

    score: mean natural-log probability of the n_subwords target subwords, the end mark included; <= 0.
    """

    start: int
    end: int
    text: str
    score: float
    n_subwords: int


@dataclass(frozen=True, slots=True)
class Translation:
    """The translation of one text.

    score: mean log-probability per target subword over all sentences, <= 0; comparable between texts of one
        model and language pair, not between models.
    flags: names of FLAGS. status: "" when translated, "empty" when there is nothing to translate, "failed"
        with the reason in `message`.
    """

    text: str
    score: float = 0.0
    sentences: tuple[TranslatedSentence, ...] = ()
    flags: tuple[str, ...] = ()
    status: str = ""
    message: str = ""


class Translator(Protocol):
    """A translation model with its options fixed."""

    name: str

    @property
    def signature(self) -> str:
        """Model with revision, beam size, precision and versions in one line."""
        ...

    def check_languages(self, source_language: str, target_language: str) -> None:
        """Raise LanguageNotServed, naming the nearest language, when the model lacks one of the two."""
        ...

    def translate(
        self, texts: Sequence[str], *, source_language: str, target_language: str
    ) -> list[Translation]:
        """One Translation per text, in order. Languages are BCP 47 tags.

        A text that cannot be translated is a status, not an error. Nothing is cut off: long text goes
        through in pieces. Raises LanguageNotServed for a language that the model lacks.
        """
        ...


TRANSLATORS = {
    "seq2seq": "workers.adapters.seq2seq_translator.Seq2SeqTranslator",
    "ctranslate2": "workers.adapters.ctranslate2_translator.CTranslate2Translator",
}
DEFAULT_TRANSLATOR = "seq2seq"
KEEP_EVERY = 128  # texts


def get_translator(name: str = DEFAULT_TRANSLATOR, **options: Any) -> Translator:
    """The translator called `name`. Raises ValueError for an unknown name or option."""
    if name not in TRANSLATORS:
        raise ValueError(f"unknown translator {name!r}; known: {', '.join(TRANSLATORS)}")
    module, _, attribute = TRANSLATORS[name].rpartition(".")
    try:
        translator: Translator = getattr(import_module(module), attribute)(**options)
    except TypeError as error:
        raise ValueError(f"options {sorted(options)} do not fit translator {name!r}: {error}") from error
    return translator


class TranslationKey(NamedTuple):
    """What a translation depends on; text_sha256 is 64 hexadecimal digits."""

    signature: str
    source_language: str
    target_language: str
    text_sha256: str


def translation_key(signature: str, source_language: str, target_language: str, text: str) -> TranslationKey:
    """The key under which the translation of `text`, code point for code point, is kept."""
    digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return TranslationKey(signature, source_language, target_language, digest)


class TranslationCache(Protocol):
    """Where translations are kept between runs. errors: what it raises when it cannot be reached."""

    errors: tuple[type[Exception], ...]

    def find(self, keys: Collection[TranslationKey]) -> Mapping[TranslationKey, Translation]:
        """The translations that are there."""
        ...

    def save(self, translations: Mapping[TranslationKey, Translation]) -> None:
        """Keep translations; one that is there already stays as it is."""
        ...


def translate_with_cache(
    translator: Translator,
    texts: Sequence[str],
    *,
    source_language: str,
    target_language: str,
    cache: TranslationCache,
) -> list[Translation]:
    """Like `translator.translate`, but each distinct text is translated once, ever.

    Translations that failed are not kept, so that the next run tries again. The others are kept every
    KEEP_EVERY texts, so that a worker that ends takes little with it.
    """
    keys = [translation_key(translator.signature, source_language, target_language, text) for text in texts]
    known = dict(cache.find(set(keys)))
    missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
    for start in range(0, len(missing), KEEP_EVERY):
        part = dict(islice(missing.items(), start, start + KEEP_EVERY))
        fresh = translator.translate(
            list(part.values()), source_language=source_language, target_language=target_language
        )
        new = dict(zip(part, fresh, strict=True))
        cache.save({key: translation for key, translation in new.items() if not translation.status})
        known |= new
    return [known[key] for key in keys]

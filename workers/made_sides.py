"""Sides that a run makes: sources and targets translated, plainly or with their entities marked."""

from collections.abc import Callable, Sequence

from workers.attempts import Failure, attempt
from workers.markers import MarkedTranslation, SourceSentence, translate_marked
from workers.pairs import Side, Work, tokenized_side, unfinished
from workers.routes import OFF
from workers.stages import Stages, needed
from workers.translate import (
    Translation,
    TranslationCache,
    TranslationKey,
    Translator,
    translate_with_cache,
    translation_key,
)

Translate = Callable[[Sequence[str]], list[Translation]]


def make_sources(work: Sequence[Work], stages: Stages, cache: TranslationCache | None) -> None:
    """Translate targets into the source language, where the source is open."""
    todo = _to_make(work, "source")
    _make_plainly(todo, "source", stages.target_language, stages.source_language, stages.translator, cache)


def make_targets(work: Sequence[Work], stages: Stages, cache: TranslationCache | None) -> None:
    """Translate sources into the target language, where the target is open; with markers if asked for."""
    todo = _to_make(work, "target")
    there, back = stages.source_language, stages.target_language
    marking = [one for one in todo if one.entities] if stages.markers != OFF else []
    plain = [one for one in todo if not marking or not one.entities]
    _make_plainly(plain, "target", there, back, stages.translator, cache)
    for one, marked in zip(
        marking, mark_and_translate(marking, stages.translator, stages, cache), strict=True
    ):
        if isinstance(marked, Failure):
            one.end("failed", marked.message)
            continue
        one.marked = marked
        one.flags += marked.marked.flags
        signature = needed(stages.translator, "translator").signature
        key = translation_key(signature, there, back, marked.source_text)
        _take(one, "target", marked.translation, tokenized_side(marked.marked.text, back), key)


def mark_and_translate(
    work: Sequence[Work],
    translator: Translator | None,
    stages: Stages,
    cache: TranslationCache | None,
    *,
    stage: str = "translation",
) -> list[MarkedTranslation | Failure]:
    """Sources translated into the target language with their entities marked, and every entity alone."""
    translator = needed(translator, "translator")
    translate = _translate(translator, stages.source_language, stages.target_language, cache)
    sentences = [SourceSentence(one.source.text, one.source.char_spans, one.known_entities) for one in work]
    return attempt(
        stage, lambda items: translate_marked(items, translate), sentences, raised=cache_errors(cache)
    )


def _to_make(work: Sequence[Work], name: str) -> list[Work]:
    given = "target" if name == "source" else "source"
    todo = [one for one in unfinished(work) if one.pair.open_side == name]
    return [one for one in todo if getattr(one, given).tokens]


def _make_plainly(
    todo: Sequence[Work],
    name: str,
    from_language: str,
    into_language: str,
    translator: Translator | None,
    cache: TranslationCache | None,
) -> None:
    if not todo:
        return
    translator = needed(translator, "translator")
    texts = [one.target.text if name == "source" else one.source.text for one in todo]
    translate = _translate(translator, from_language, into_language, cache)
    answers = attempt("translation", translate, texts, raised=cache_errors(cache))
    for one, text, made in zip(todo, texts, answers, strict=True):
        if isinstance(made, Failure):
            one.end("failed", made.message)
            continue
        key = translation_key(translator.signature, from_language, into_language, text)
        _take(one, name, made, tokenized_side(made.text, into_language), key)


def _take(one: Work, name: str, made: Translation, side: Side, key: TranslationKey) -> None:
    if made.status == "failed":
        one.end("failed", f"translation failed: {made.message}")
    elif not side.tokens:
        one.end("empty", "the translation has no words")
    else:
        one.make(name, side, key, made.flags)


def cache_errors(cache: TranslationCache | None) -> tuple[type[Exception], ...]:
    """What says that the cache cannot be reached, which is no sentence's failure."""
    return cache.errors if cache is not None else ()


def _translate(
    translator: Translator, source_language: str, target_language: str, cache: TranslationCache | None
) -> Translate:
    def translate(texts: Sequence[str]) -> list[Translation]:
        languages = {"source_language": source_language, "target_language": target_language}
        if cache is None:
            return translator.translate(texts, **languages)
        return translate_with_cache(translator, texts, cache=cache, **languages)

    return translate

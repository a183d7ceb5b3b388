"""What a run was asked to do, and the stages that do it, built once per worker process."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar

from workers.align import Aligner, get_aligner
from workers.project import Projector, get_projector
from workers.routes import BACK_TRANSLATIONS, DEFAULT_ROUTE, MARKERS, OFF, ROUTES
from workers.tag import Tagger, get_tagger
from workers.translate import Translator, get_translator
from workers.translation_batches import is_out_of_memory

T = TypeVar("T")


class RunBroken(RuntimeError):
    """No sentence of the run can be processed: a model does not load, or memory is not enough."""


@dataclass(frozen=True, slots=True)
class RunConfig:
    """What a run was asked to do. Equal configs give equal results.

    translator, markers, back_translation, target_tagger: "" or "off" where the route, or the run, has none.
    back_translator_options: where they differ from the translator's.
    source_language, target_language: BCP 47, of the project and the run.
    uses_tagger: whether some of the source sentences are unlabelled.
    labels: the taggers' entities with other labels are left out; None keeps all.
    statistics: what the method learnt from a sample of the run's own pairs, {} when it learns nothing.
    """

    route: str
    tagger: str
    aligner: str
    method: str
    translator: str = ""
    target_tagger: str = ""
    markers: str = OFF
    back_translation: str = OFF
    source_language: str = ""
    target_language: str = ""
    tagger_options: Mapping[str, Any] = field(default_factory=dict)
    aligner_options: Mapping[str, Any] = field(default_factory=dict)
    method_options: Mapping[str, Any] = field(default_factory=dict)
    translator_options: Mapping[str, Any] = field(default_factory=dict)
    back_translator_options: Mapping[str, Any] = field(default_factory=dict)
    target_tagger_options: Mapping[str, Any] = field(default_factory=dict)
    uses_tagger: bool = False
    labels: frozenset[str] | None = None
    statistics: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stages:
    """The stages of a run, ready to work; those that its route does not need are None.

    tagger: also None when every source sentence is labelled. target_tagger: what it finds is evidence for the
    method, but in "model-transfer", where it is the result. back_translator: from source to target, for the
    labelled translation back. source_language, target_language: BCP 47.
    """

    aligner: Aligner | None
    projector: Projector | None
    tagger: Tagger | None = None
    labels: frozenset[str] | None = None
    route: str = DEFAULT_ROUTE
    translator: Translator | None = None
    markers: str = OFF
    back_translation: str = OFF
    back_translator: Translator | None = None
    target_tagger: Tagger | None = None
    source_language: str = ""
    target_language: str = ""


def load_stages(config: RunConfig) -> Stages:
    """Build the stages of a run; models come from this process's cache.

    Raises RunBroken saying which stage could not be had and why, also when a translator lacks a language.
    """
    if config.route not in ROUTES:
        raise RunBroken(f"unknown route {config.route!r}; known: {', '.join(ROUTES)}")
    reads = ROUTES[config.route].fields
    aligner = projector = tagger = target_tagger = None
    if "aligner" in reads:
        aligner = _load(get_aligner, "aligner", config.aligner, config.aligner_options)
    if "method" in reads:
        options = dict(config.method_options)
        if config.statistics:
            options["statistics"] = config.statistics
        projector = _load(get_projector, "method", config.method, options)
    if "tagger" in reads and config.uses_tagger:
        tagger = _load(get_tagger, "tagger", config.tagger, config.tagger_options)
    if config.target_tagger or config.route == "model-transfer":
        target_tagger = _load(get_tagger, "target tagger", config.target_tagger, config.target_tagger_options)
    translator, back_translator = _load_translators(config)
    return Stages(
        aligner=aligner,
        projector=projector,
        tagger=tagger,
        labels=config.labels,
        route=config.route,
        translator=translator,
        markers=config.markers,
        back_translation=config.back_translation,
        back_translator=back_translator,
        target_tagger=target_tagger,
        source_language=config.source_language,
        target_language=config.target_language,
    )


def _load_translators(config: RunConfig) -> tuple[Translator | None, Translator | None]:
    """The translator and the one back, each with its languages checked."""
    made = ROUTES[config.route].translates
    if not made:
        return None, None
    if config.markers not in MARKERS or config.back_translation not in BACK_TRANSLATIONS:
        raise RunBroken(
            f"markers {config.markers!r}, back translation {config.back_translation!r}; known: "
            f"{', '.join(MARKERS)}; {', '.join(BACK_TRANSLATIONS)}"
        )
    there, back = config.source_language, config.target_language
    languages = (there, back) if made == "target" else (back, there)
    translator = _load_translator(config.translator, config.translator_options, *languages)
    if config.back_translation == OFF:
        return translator, None
    options = {**config.translator_options, **config.back_translator_options}
    return translator, _load_translator(config.translator, options, there, back)


def _load_translator(name: str, options: Mapping[str, Any], source: str, target: str) -> Translator:
    translator: Translator = _load(get_translator, "translator", name, options)
    try:
        translator.check_languages(source, target)
    except ValueError as error:
        raise RunBroken(f"translator {name}: {error}") from error
    return translator


def needed(part: T | None, what: str) -> T:
    """A stage that the route needs. Raises RunBroken when the run has none."""
    if part is None:
        raise RunBroken(f"the run has no {what}")
    return part


def _load(get: Callable[..., Any], what: str, name: str, options: Mapping[str, Any]) -> Any:
    # What a folder of weights can raise is not ours to list; a broken one must not end the worker.
    try:
        return _get_once(get, name, _Options(options))
    except Exception as error:
        lacking = "there is not enough memory: " if is_out_of_memory(error) else ""
        raise RunBroken(f"{what} {name} could not be loaded: {lacking}{describe(error)}") from error


class _Options(dict[str, Any]):
    """Options as a key of the cache."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(repr(sorted(self.items())))


@lru_cache(maxsize=32)  # of a few runs; the models themselves are in model_cache
def _get_once(get: Callable[..., Any], name: str, options: _Options) -> Any:
    return get(name, **options)


def describe(error: BaseException) -> str:
    """An exception in one line, fit for a page and for a PostgreSQL text column."""
    text = " ".join(str(error).replace("\0", "").split())[:500]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__

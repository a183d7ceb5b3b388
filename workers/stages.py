"""What a run was asked to do, and the stages that do it, built once per worker process."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from workers.align import Aligner, get_aligner
from workers.project import Projector, get_projector
from workers.routes import OFF, ROUTES
from workers.tag import Tagger, get_tagger


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
    """The stages of a run, ready to work. tagger is None when every source sentence is labelled."""

    aligner: Aligner
    projector: Projector
    tagger: Tagger | None = None
    labels: frozenset[str] | None = None


def load_stages(config: RunConfig) -> Stages:
    """Build the stages of a run; models come from this process's cache.

    Raises RunBroken saying which stage could not be had and why.
    """
    if config.route not in ROUTES:
        raise RunBroken(f"unknown route {config.route!r}; known: {', '.join(ROUTES)}")
    options = dict(config.method_options)
    if config.statistics:
        options["statistics"] = config.statistics
    tagger = None
    if config.uses_tagger:
        tagger = _load(get_tagger, "tagger", config.tagger, config.tagger_options)
    return Stages(
        aligner=_load(get_aligner, "aligner", config.aligner, config.aligner_options),
        projector=_load(get_projector, "method", config.method, options),
        tagger=tagger,
        labels=config.labels,
    )


def _load(get: Callable[..., Any], what: str, name: str, options: Mapping[str, Any]) -> Any:
    # What a folder of weights can raise is not ours to list; a broken one must not end the worker.
    try:
        return _get_once(get, name, _Options(options))
    except Exception as error:
        raise RunBroken(f"{what} {name} could not be loaded: {describe(error)}") from error


class _Options(dict[str, Any]):
    """Options as a key of the cache."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(repr(sorted(self.items())))


@lru_cache(maxsize=8)
def _get_once(get: Callable[..., Any], name: str, options: _Options) -> Any:
    return get(name, **options)


def describe(error: BaseException) -> str:
    """An exception in one line, fit for a page and for a PostgreSQL text column."""
    text = " ".join(str(error).replace("\0", "").split())[:500]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__

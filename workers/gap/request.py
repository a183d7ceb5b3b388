"""What a gap report is asked for, its command line, and making it: for the command and for the workers."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workers.gap.files import read_domain, write_report
from workers.gap.kept import KeptPredictions
from workers.gap.matrix import GapSettings, Key, count_cells, fill_matrix
from workers.gap.memory import RememberingAligner, RememberingTagger
from workers.gap.report import make_report
from workers.gap.systems import Domain, ProjectionSystem, TaggerSystem
from workers.spans import Entity


@dataclass(frozen=True, slots=True)
class DomainFiles:
    """CoNLL files of a test domain. tagged_source: the source's tags are a tagger's, not people's."""

    name: str
    gold: str
    source: str = ""
    language: str = "und"
    tagged_source: bool = False


@dataclass(frozen=True, slots=True)
class GapRequest:
    """taggers: (name, model); projections: (name, method, options); pairs: (specific, general).

    A model is a folder or Hugging Face id, or `spacy-en:PIPELINE`. source_language: of the packaged tagger
    that reads sources without tags. limit: sentences of each domain.
    """

    domains: Sequence[DomainFiles]
    noises: Sequence[str]
    severities: Sequence[float]
    taggers: Sequence[tuple[str, str]] = ()
    projections: Sequence[tuple[str, str, Mapping[str, Any]]] = ()
    target_tagger: str = ""
    pairs: Sequence[tuple[str, str]] = ()
    where: str = "both"
    seeds: Sequence[int] = (0,)
    source_language: str = "en"
    ignore: Sequence[str] = ()
    limit: int | None = None
    n_bootstrap: int = 2_000
    settings: GapSettings = field(init=False)

    def __post_init__(self) -> None:
        found = GapSettings(self.noises, self.severities, self.where, self.seeds, self.n_bootstrap)
        object.__setattr__(self, "settings", found)

    def words(self) -> list[str]:
        """The options of `manage.py gap_report` that ask for the same."""
        words = []
        for name, model in self.taggers:
            words += ["--tagger", f"{name}={model}"]
        for name, method, options in self.projections:
            settings = [f"{key}={_plain(value)}" for key, value in options.items()]
            words += ["--projection", f"{name}={','.join([method, *settings])}"]
        for domain in self.domains:
            files = f"{domain.gold},{domain.source}" if domain.source else domain.gold
            words += ["--domain", f"{domain.name}={files}"]
        for specific, general in self.pairs:
            words += ["--pair", f"{specific},{general}"]
        words += ["--noise", *self.noises, "--severity", *map(str, self.severities)]
        words += ["--seed", *map(str, self.seeds)]
        words += ["--language", *(f"{domain.name}={domain.language}" for domain in self.domains)]
        if tagged := [domain.name for domain in self.domains if domain.tagged_source]:
            words += ["--tagged-source", *tagged]
        words += ["--ignore", *self.ignore] if self.ignore else []
        words += ["--target-tagger", self.target_tagger] if self.target_tagger else []
        words += ["--source-language", self.source_language, "--where", self.where]
        words += ["--limit", str(self.limit)] if self.limit is not None else []
        return [*words, "--bootstrap", str(self.n_bootstrap)]


def run_request(
    request: GapRequest,
    output: Path,
    *,
    command: str,
    inputs: Path = Path(),
    kept: Path | None = None,
    on_cell: Callable[[Key, int, int], None] = lambda key, done, of: None,
) -> tuple[dict[str, Any], list[Path]]:
    """Make the report and write it to the folder `output`; returns its JSON and the files.

    command: the printed command that makes it again. inputs: where the domains' files lie, if they are
    relative. kept: a file that keeps what systems found, cell by cell, so that a report that was stopped goes
    on; it is removed at the end. on_cell: told of every finished cell, how many are done, and of how many.
    Raises ValueError, OSError and ModelUnavailable.
    """
    domains, systems = read_domains(request, inputs), load_systems(request)
    n_cells, done = count_cells(systems, domains, request.settings), 0

    def count(key: Key) -> None:
        nonlocal done
        done += 1
        on_cell(key, done, n_cells)

    predictions = KeptPredictions(kept, systems, domains) if kept else None
    matrix = fill_matrix(
        systems, domains, request.settings, foreign=foreign_words, on_cell=count, kept=predictions
    )
    report = make_report(matrix, systems, domains, request.settings, pairs=request.pairs)
    report["command"] = command
    written = write_report(output, report, matrix)
    if predictions is not None:
        predictions.remove()
    return report, written


def read_domains(request: GapRequest, folder: Path = Path()) -> list[Domain]:
    from workers.tag import get_tagger_for

    def tag_source(sentences: list[list[str]]) -> list[list[Entity]]:
        return get_tagger_for(request.source_language).tag(sentences)

    return [
        read_domain(
            domain.name,
            folder / domain.gold,
            folder / domain.source if domain.source else None,
            language=domain.language,
            ignore=request.ignore,
            limit=request.limit,
            tag_source=tag_source,
            is_tagged=domain.tagged_source,
        )
        for domain in request.domains
    ]


def load_systems(request: GapRequest) -> list[Any]:
    """Raises ValueError when none is named, or two have the same name."""
    from workers.align import get_aligner

    names = [name for name, *_ in (*request.taggers, *request.projections)]
    if not names:
        raise ValueError("name a system at least: --tagger NAME=MODEL or --projection NAME=METHOD")
    if len(set(names)) < len(names):
        raise ValueError("two systems have the same name")
    systems: list[Any] = []
    for name, model in request.taggers:
        tagger = load_tagger(model)
        labels = set(getattr(tagger, "labels", {}).values()) - set(request.ignore)
        systems.append(TaggerSystem(name, RememberingTagger(tagger), frozenset(labels)))
    if request.projections:
        aligner = RememberingAligner(get_aligner())
        reader = RememberingTagger(load_tagger(request.target_tagger)) if request.target_tagger else None
        systems += [
            ProjectionSystem(name, method, aligner, options, reader)
            for name, method, options in request.projections
        ]
    return systems


def load_tagger(model: str) -> Any:
    """The tagger of a model's folder or Hugging Face id, or of `ADAPTER:MODEL`."""
    from workers.tag import TAGGERS, get_tagger

    adapter, colon, rest = model.partition(":")
    if colon and adapter in TAGGERS:
        return get_tagger(adapter, model=rest)
    return get_tagger("huggingface", model=model)


def foreign_words(domain: Domain) -> list[dict[int, str]]:
    """The source words that the target's words are linked with, one to one."""
    from workers.align import get_aligner
    from workers.noise.foreign import from_links

    if domain.source_tokens is None:
        raise ValueError(f"code-switch needs a source, which domain {domain.name!r} has not")
    pairs = list(zip(domain.source_tokens, domain.tokens, strict=True))
    return from_links(domain.source_tokens, [a.links.tolist() for a in get_aligner().align(pairs)])


def _plain(value: Any) -> str:
    """An option's value as `KEY=VALUE` reads it again."""
    return value if isinstance(value, str) else json.dumps(value)

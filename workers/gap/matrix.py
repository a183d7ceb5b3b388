"""Run every system on every domain under every noise, and keep what is needed to judge it."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from workers.evaluate import sentence_counts
from workers.gap.kept import KeptPredictions
from workers.gap.measures import Counts
from workers.gap.stages import Prediction, find_faults
from workers.gap.systems import Domain, System
from workers.iob2 import entities_to_tags
from workers.noise import CODE_SWITCH, ENTITIES, NoiseSetting, moved_entities, perturb
from workers.noise.names import NamePool
from workers.spans import Entity

CLEAN = "clean"
Key = tuple[str, str, str, float]  # system, domain, noise, severity


@dataclass(frozen=True, slots=True)
class GapSettings:
    """noises at severities above 0, on tokens `where`, once for every seed; counts of seeds are added up."""

    noises: Sequence[str]
    severities: Sequence[float]
    where: str = "both"
    seeds: Sequence[int] = (0,)
    n_bootstrap: int = 2_000

    def __post_init__(self) -> None:
        for noise in self.noises:
            for severity in self.severities:
                NoiseSetting(noise, severity, self._where(noise))
        if not self.noises or not self.severities or not self.seeds:
            raise ValueError("a gap report needs a noise, a severity and a seed at least")
        if min(self.severities) <= 0 or len(set(self.severities)) < len(self.severities):
            raise ValueError(f"severities {list(self.severities)} must differ and be above 0")

    def noisy(self) -> Iterator[tuple[str, float]]:
        for noise in self.noises:
            for severity in sorted(self.severities):
                yield noise, severity

    def setting(self, noise: str, severity: float, seed: int, language: str) -> NoiseSetting:
        return NoiseSetting(noise, severity, self._where(noise), seed, language)

    def _where(self, noise: str) -> str:
        return "entity" if noise == ENTITIES else self.where


@dataclass(slots=True)
class GapMatrix:
    """counts: (sentences, 3) per cell; CLEAN at severity 0. stages: faults by stage per cell.

    sentences: what systems got wrong, for drilling down. changed: share of tokens that a noise changed.
    """

    counts: dict[Key, Counts] = field(default_factory=dict)
    stages: dict[Key, Counter[str]] = field(default_factory=dict)
    sentences: list[dict[str, Any]] = field(default_factory=list)
    changed: dict[tuple[str, str, float], float] = field(default_factory=dict)


def fill_matrix(
    systems: Sequence[System],
    domains: Sequence[Domain],
    settings: GapSettings,
    *,
    foreign: Callable[[Domain], Any] | None = None,
    on_cell: Callable[[Key], None] = lambda key: None,
    kept: KeptPredictions | None = None,
) -> GapMatrix:
    """foreign: the foreign words of a domain's tokens, for code-switching. on_cell: told of each of
    `count_cells`. kept: what was found before the report was stopped."""
    matrix = GapMatrix()
    for domain in domains:
        clean = [list(tokens) for tokens in domain.tokens]
        for system in systems:
            _judge(matrix, system, domain, (CLEAN, 0.0, 0), clean, domain.gold, kept)
            on_cell((system.name, domain.name, CLEAN, 0.0))
        labelled = list(zip(domain.tokens, domain.gold, strict=True))
        names = NamePool(labelled)
        words = foreign(domain) if foreign and CODE_SWITCH in settings.noises else None
        for noise, severity in settings.noisy():
            for seed in settings.seeds:
                setting = settings.setting(noise, severity, seed, domain.language)
                noisy, changes = perturb(labelled, setting, names=names, foreign=words)
                gold = moved_entities(labelled, changes)
                share = len(changes) / max(1, sum(map(len, clean))) / len(settings.seeds)
                key = (domain.name, noise, severity)
                matrix.changed[key] = matrix.changed.get(key, 0.0) + share
                for system in systems:
                    _judge(matrix, system, domain, (noise, severity, seed), noisy, gold, kept)
                    on_cell((system.name, *key))
    return matrix


def count_cells(systems: Sequence[System], domains: Sequence[Domain], settings: GapSettings) -> int:
    """How many times `fill_matrix` asks a system for a domain: once clean, once for every noise and seed."""
    n_noisy = len(settings.noises) * len(settings.severities) * len(settings.seeds)
    return len(systems) * len(domains) * (1 + n_noisy)


def _judge(
    matrix: GapMatrix,
    system: System,
    domain: Domain,
    cell: tuple[str, float, int],
    sentences: list[list[str]],
    wanted: Sequence[Sequence[Entity]],
    kept: KeptPredictions | None,
) -> None:
    """wanted: the gold entities over these sentences, which may have other tokens than the domain's."""
    noise, severity, seed = cell
    if kept is None:
        predictions = system.predict(domain, sentences)
    else:
        predictions = kept.recall(
            (system.name, domain.name, *cell), lambda: system.predict(domain, sentences)
        )
    gold = [entities_to_tags(entities, len(s)) for entities, s in zip(wanted, sentences, strict=True)]
    found = [entities_to_tags(p.entities, len(s)) for p, s in zip(predictions, sentences, strict=True)]
    key = (system.name, domain.name, noise, severity)
    counts = sentence_counts(gold, found)
    matrix.counts[key] = matrix.counts[key] + counts if key in matrix.counts else counts
    stages = matrix.stages.setdefault(key, Counter())
    for number, (tokens, prediction) in enumerate(zip(sentences, predictions, strict=True)):
        source = domain.source_entities[number] if domain.source_gold and domain.source_entities else None
        faults = find_faults(wanted[number], prediction, source)
        stages.update(fault.stage for fault in faults)
        if faults:
            matrix.sentences.append(_row(key, seed, number, tokens, wanted[number], prediction, faults))


def _row(
    key: Key,
    seed: int,
    number: int,
    tokens: list[str],
    gold: Sequence[Entity],
    prediction: Prediction,
    faults: Sequence[Any],
) -> dict[str, Any]:
    system, name, noise, severity = key
    return {
        "system": system,
        "domain": name,
        "noise": noise,
        "severity": severity,
        "seed": seed,
        "sentence": number,
        "tokens": tokens,
        "gold": [[e.start, e.end, e.label] for e in gold],
        "predicted": [[e.start, e.end, e.label] for e in prediction.entities],
        "faults": [
            {
                "stage": f.stage,
                "span": [f.entity.start, f.entity.end],
                "label": f.entity.label,
                "gold": f.in_gold,
            }
            for f in faults
        ],
    }

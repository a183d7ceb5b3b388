"""What went wrong with a sentence, and which stage is at fault, judged by oracles.

A stage is to blame when everything before it was right: an entity that the source does not offer cannot be
projected, one that was offered and not linked was lost by alignment, and so on.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from workers.spans import Entity

# of a projection
TRANSLATION = "translation"  # the gold source and the target do not name the same
SOURCE_TAGGER = "source tagger"
ALIGNMENT = "alignment"
BOUNDARY = "boundary"
ASSIGNMENT = "assignment"
# of a tagger on the target itself
MISSED, SPURIOUS, LABEL = "missed", "spurious", "label"


class Fault(NamedTuple):
    """An entity that gold has and the prediction has not, or the other way round, and the stage at fault."""

    stage: str
    entity: Entity
    in_gold: bool


@dataclass(frozen=True, slots=True)
class Prediction:
    """Entities of one target sentence. source: the source entities that were projected, None of a tagger.

    unaligned: labels of source entities that no link led anywhere.
    """

    entities: Sequence[Entity]
    source: Sequence[Entity] | None = None
    unaligned: Sequence[str] = ()


def find_faults(
    gold: Sequence[Entity], prediction: Prediction, gold_source: Sequence[Entity] | None = None
) -> list[Fault]:
    """Every difference between gold and prediction. gold_source: the source's gold entities, where known."""
    wanted = {(e.start, e.end, e.label): e for e in gold}
    found = {(e.start, e.end, e.label): e for e in prediction.entities}
    missing = [entity for key, entity in wanted.items() if key not in found]
    extra = [entity for key, entity in found.items() if key not in wanted]
    if prediction.source is None:
        return [Fault(_tagger_fault(e, extra, MISSED), e, True) for e in missing] + [
            Fault(SPURIOUS, e, False) for e in extra if not any(e.span.overlaps(o.span) for o in missing)
        ]
    short = Counter(e.label for e in gold) - Counter(e.label for e in prediction.source)
    surplus = Counter(e.label for e in prediction.source) - Counter(e.label for e in gold)
    lost: Counter[str] = Counter()
    added: Counter[str] = Counter()
    if gold_source is not None:
        lost = Counter(e.label for e in gold) - Counter(e.label for e in gold_source)
        added = Counter(e.label for e in gold_source) - Counter(e.label for e in gold)
    unaligned = Counter(prediction.unaligned)
    faults = []
    for entity in missing:
        overlapping = [other for other in extra if entity.span.overlaps(other.span)]
        if any(other.label == entity.label for other in overlapping):
            stage = BOUNDARY
        elif short[entity.label] > 0:
            short[entity.label] -= 1
            stage = TRANSLATION if lost[entity.label] > 0 else SOURCE_TAGGER
            lost[entity.label] -= 1
        elif unaligned[entity.label] > 0:
            unaligned[entity.label] -= 1
            stage = ALIGNMENT
        else:
            stage = ASSIGNMENT
        faults.append(Fault(stage, entity, True))
    for entity in extra:
        if any(entity.span.overlaps(other.span) and entity.label == other.label for other in missing):
            continue  # told with the missing one
        stage = ASSIGNMENT
        if surplus[entity.label] > 0:
            stage = TRANSLATION if added[entity.label] > 0 else SOURCE_TAGGER
        surplus[entity.label] -= 1
        added[entity.label] -= 1
        faults.append(Fault(stage, entity, False))
    return faults


def _tagger_fault(entity: Entity, extra: Sequence[Entity], otherwise: str) -> str:
    overlapping = [other for other in extra if entity.span.overlaps(other.span)]
    if not overlapping:
        return otherwise
    return BOUNDARY if any(other.label == entity.label for other in overlapping) else LABEL

"""Sentence pairs made by hand for the tests of the projection methods."""

import numpy as np

from workers.project import ProjectionInput
from workers.spans import Entity


def make_input(source, target, entities, links, **more):
    more.setdefault("target_entities", _as_a_tagger_would(entities, links))
    pairs = np.array(sorted(links), dtype=np.int32).reshape(-1, 2)
    return ProjectionInput(
        source.split(),
        target.split(),
        [Entity(*entity) for entity in entities],
        pairs,
        np.ones(len(pairs), dtype=np.float32),
        **more,
    )


def spans(projections):
    return [(p.span.start, p.span.end) if p.span else None for p in projections]


def _as_a_tagger_would(entities, links):
    """One target entity around the linked words of each source entity, where they do not overlap."""
    found = []
    for start, end, label in entities:
        words = [j for i, j in links if start <= i < end and j >= 0]
        if words and all(max(words) < other.start or other.end <= min(words) for other in found):
            found.append(Entity(min(words), max(words) + 1, label, 0.9))
    return found


ADA = make_input(
    "Ada met Bo Lee", "Bo Lee vio a Ada", [(0, 1, "PER"), (2, 4, "PER")], [(0, 4), (2, 0), (3, 1), (1, 2)]
)

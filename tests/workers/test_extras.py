"""What only a target tagger saw: likely, and no word of it in a projection."""

import pytest

from workers.pairs import PairInput, Work, tokenized_side
from workers.project import Projection
from workers.spans import Entity, Span


def work(seen: Entity) -> Work:
    """Of "Ana Ruiz", projected, and what a tagger saw."""
    side = tokenized_side("Ana Ruiz habite à Londres", "fr")
    done = Work.of(PairInput(1, side, side))
    done.projections = [Projection(Entity(0, 2, "PER"), Span(0, 2), 1.0, 0.9, 0.5)]
    done.target_entities = [seen]
    return done


@pytest.mark.parametrize(
    ("seen", "kept"),
    [
        (Entity(4, 5, "LOC", 0.9), True),
        (Entity(4, 5, "LOC", 0.5), True),
        (Entity(4, 5, "LOC", 0.49), False),  # it doubts that itself
        (Entity(1, 3, "PER", 0.9), False),  # shares a word with the projection
    ],
)
def test_extras(seen: Entity, kept: bool) -> None:
    assert list(work(seen).extras()) == ([seen] if kept else [])


def test_a_pair_that_failed_has_none() -> None:
    failed = work(Entity(4, 5, "LOC"))
    failed.end("failed", "the aligner gave up")
    assert list(failed.extras()) == []

"""Spans that come from elsewhere than word alignment, put together with what alignment gave.

A pin says where an entity stands: its markers came through a translation, or a translation back. The method
projects again around the pins, so that what they do not tell is found by alignment, and nothing overlaps.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from workers.markers import MarkedTranslation, char_span_to_tokens
from workers.pairs import ALIGNMENT, Side, Work
from workers.project import Projection, ProjectionInput
from workers.project.markers import match_marked_spans
from workers.spans import ScoredSpan, Span

MAX_ALTERNATIVES = 9


@dataclass(frozen=True, slots=True)
class Pin:
    """Where an entity stands by another way than alignment; strength in [0, 1] is how sure that way is."""

    span: Span
    strength: float


Pins = dict[int, Pin]  # by the number of the entity
Project = Callable[[Sequence[tuple[Work, ProjectionInput]]], None]


def marker_pins(marked: MarkedTranslation, side: Side) -> Pins:
    """The entities whose markers came through, over the tokens of the translation without its markers.

    strength: how much the marked words are like the entity's own translation. Of two entities that would
    claim the same token, the first has it.
    """
    matches = match_marked_spans(marked.marked.span_texts, marked.entity_texts, marked.entity_translations)
    pins: Pins = {}
    for number, match in enumerate(matches):
        if match.span is None:
            continue
        span = char_span_to_tokens(side.char_spans, *marked.marked.spans[match.span])
        if span is not None and not any(span.overlaps(pin.span) for pin in pins.values()):
            pins[number] = Pin(span, match.similarity)
    return pins


def with_pins(
    free: Sequence[Projection], pinned: Sequence[Projection], pins: Mapping[int, Pin], via: str
) -> tuple[list[Projection], list[str]]:
    """One projection an entity, with how each was found.

    free: as alignment gave them. pinned: given again around the pins; they count where there is no pin.
    """
    projections, ways = [], []
    for number, alone in enumerate(free):
        pin = pins.get(number)
        projections.append(pinned[number] if pin is None else agree(alone, pin))
        ways.append(ALIGNMENT if pin is None else via)
    return projections, ways


def agree(free: Projection, pin: Pin) -> Projection:
    """The pin as the answer. Two ways that agree are surer than one; where they differ, neither is sure.

    The confidence is a rule, not fitted on data: the greater of alignment's own and the mean of both where
    they agree, half the pin's strength where they do not.
    """
    if free.span == pin.span:
        return replace(free, confidence=max(free.confidence, (free.confidence + pin.strength) / 2))
    others = [free.span] if free.span else []
    alternatives = [
        *(ScoredSpan(span.start, span.end, free.score) for span in others),
        *(other for other in free.alternatives if Span(other.start, other.end) != pin.span),
    ]
    return replace(
        free,
        span=pin.span,
        score=pin.strength,
        confidence=pin.strength / 2,
        margin=0.0,
        alternatives=tuple(alternatives[:MAX_ALTERNATIVES]),
        reason="methods-disagree" if free.span else "no-link",
    )

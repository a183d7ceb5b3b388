"""Back-translation refinement: labelled translations back into the target language, as path or as evidence.

The source side's entities are marked and translated into the target language, which gives a second target
sentence with labels. As a path ("project"), entities go from that sentence to the given one, within one
language. As evidence, its words are looked for in the given sentence.
Source: `align_tgt` and `backtrans_candidates` of Politov et al. (2025), arXiv 2501.18750. As the only path
it loses F1 on average there, because markers get lost and two translations add up their errors.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from workers.attempts import Failure, attempt
from workers.made_sides import mark_and_translate
from workers.markers import MarkedTranslation
from workers.pairs import BACK_TRANSLATION, Side, Work, tokenized_side
from workers.project import Projection, ProjectionInput
from workers.project.forms import plain_form
from workers.second_opinion import MAX_ALTERNATIVES, Pin, Pins, marker_pins
from workers.spans import Entity, ScoredSpan, Span
from workers.stages import Stages, needed
from workers.translate import TranslationCache

LIKE = 0.85  # similarity of forms from which words are taken for the same name
ProjectAround = Callable[[Sequence[Work], Sequence[Pins], str], None]


def refine(
    work: Sequence[Work], stages: Stages, cache: TranslationCache | None, project_around: ProjectAround
) -> None:
    """Change the projections of pairs whose entities a translation back speaks about.

    project_around: projects pairs again around pins. Flags of the markers are added to each pair's.
    """
    todo = [one for one in work if one.projections]
    back = mark_and_translate(
        todo, stages.back_translator, stages, cache, stage="translation back into the target language"
    )
    usable = []
    for one, marked in zip(todo, back, strict=True):
        if isinstance(marked, Failure) or marked.translation.status:
            one.flags.append("no-back-translation")
            continue
        one.flags += marked.marked.flags
        usable.append((one, marked))
    as_path = stages.back_translation == "project"
    found = _pins_over(usable, stages) if as_path else [_pins_of_forms(one, marked) for one, marked in usable]
    pinned = [(one, pins) for (one, _), pins in zip(usable, found, strict=True) if pins]
    project_around([one for one, _ in pinned], [pins for _, pins in pinned], BACK_TRANSLATION)


def _pins_over(usable: Sequence[tuple[Work, MarkedTranslation]], stages: Stages) -> list[Pins]:
    """Align and project from each translation back to the given target."""
    aligner, projector = needed(stages.aligner, "aligner"), needed(stages.projector, "method")
    sides = [tokenized_side(marked.marked.text, stages.target_language) for _, marked in usable]
    numbered = [
        _numbered_entities(one, marker_pins(marked, side))
        for (one, marked), side in zip(usable, sides, strict=True)
    ]
    pairs = [(side.tokens, one.target.tokens) for (one, _), side in zip(usable, sides, strict=True)]
    alignments = attempt("alignment with the translation back", aligner.align, pairs)
    inputs: list[tuple[int, ProjectionInput]] = []
    for index, ((one, _), side, alignment) in enumerate(zip(usable, sides, alignments, strict=True)):
        if isinstance(alignment, Failure) or alignment.status or not numbered[index]:
            continue
        request = ProjectionInput(
            source_tokens=side.tokens,
            target_tokens=one.target.tokens,
            entities=[entity for _, entity in numbered[index]],
            links=alignment.links,
            link_scores=alignment.scores,
            similarity=alignment.similarity,
            target_entities=one.target_entities,
        )
        inputs.append((index, request))
    answers = attempt("projection", projector.project, [request for _, request in inputs])
    pins: list[Pins] = [{} for _ in usable]
    for (index, _), projections in zip(inputs, answers, strict=True):
        if not isinstance(projections, Failure):
            pins[index] = _pins_of(numbered[index], projections)
    return pins


def _numbered_entities(one: Work, pins: Pins) -> list[tuple[int, Entity]]:
    """The pair's entities where they stand in the translation back, in its order, with their numbers."""
    found = [
        (number, Entity(pin.span.start, pin.span.end, one.known_entities[number].label, pin.strength))
        for number, pin in pins.items()
    ]
    return sorted(found, key=lambda numbered: numbered[1])


def _pins_of(numbered: Sequence[tuple[int, Entity]], projections: Sequence[Projection]) -> Pins:
    pins: Pins = {}
    for (number, _), projection in zip(numbered, projections, strict=True):
        span = projection.span
        if span is not None and not any(span.overlaps(pin.span) for pin in pins.values()):
            pins[number] = Pin(span, projection.confidence)
    return pins


def _pins_of_forms(one: Work, marked: MarkedTranslation) -> Pins:
    """What the words of the translation back tell of each entity that stands in the given target.

    An entity that alignment lost is found there; one that it found is confirmed, or gets another candidate.
    """
    words = _marked_words(marked)
    taken = [projection.span for projection in one.projections if projection.span]
    pins: Pins = {}
    projections = list(one.projections)
    for number, projection in enumerate(projections):
        found = find_words(words[number], one.target)
        if found is None:
            continue
        if projection.span is None or projection.span == found.span:
            others = [span for span in taken if span != projection.span]
            if not any(found.span.overlaps(span) for span in others):
                pins[number] = found
                taken.append(found.span)
        else:
            projections[number] = _with_alternative(projection, found)
    one.projections = projections
    return pins


def _marked_words(marked: MarkedTranslation) -> list[tuple[str, ...]]:
    """For each entity, its words in the translation back, and those of its translation alone."""
    from workers.project.markers import match_marked_spans

    texts = marked.marked.span_texts
    matches = match_marked_spans(texts, marked.entity_texts, marked.entity_translations)
    return [
        ((texts[match.span], alone) if match.span is not None else (alone,))
        for match, alone in zip(matches, marked.entity_translations, strict=True)
    ]


def find_words(wanted: Sequence[str], side: Side) -> Pin | None:
    """The tokens of a sentence that are most like one of the texts, or None when none is LIKE it.

    Similarity is that of plain forms (see `plain_form`), 1 for equal ones; the first of equally good places.
    """
    from rapidfuzz import fuzz

    best: Pin | None = None
    for text in {text.strip() for text in wanted} - {""}:
        form, length = plain_form(text), len(text.split())
        for size in {max(1, length - 1), length, length + 1}:
            for start in range(len(side.tokens) - size + 1):
                first, last = side.offsets[2 * start], side.offsets[2 * (start + size) - 1]
                strength = fuzz.ratio(plain_form(side.text[first:last]), form, score_cutoff=100 * LIKE) / 100
                if strength >= LIKE and (best is None or strength > best.strength):
                    best = Pin(Span(start, start + size), strength)
    return best


def _with_alternative(projection: Projection, found: Pin) -> Projection:
    """The same answer, with the words of the translation back as its first alternative."""
    span = found.span
    others = [
        other for other in projection.alternatives if (other.start, other.end) != (span.start, span.end)
    ]
    first = ScoredSpan(span.start, span.end, projection.score)
    return replace(projection, alternatives=(first, *others)[:MAX_ALTERNATIVES])

"""One batch of sentence pairs through the stages of its route: translate, tag, align, project."""

import json
from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any

from workers.attempts import Failure, attempt
from workers.back_translation import refine
from workers.made_sides import make_sources, make_targets
from workers.pairs import ALIGNMENT, MARKERS, PairInput, PairOutput, Work, unfinished
from workers.project import Projection, ProjectionInput
from workers.routes import OFF, ROUTES
from workers.second_opinion import Pins, marker_pins, with_pins
from workers.spans import Entity, check_entities
from workers.stages import RunBroken, Stages, describe, needed
from workers.translate import TranslationCache

MAX_TOKENS = 32_767  # of a side; links are kept as 16-bit numbers
Report = Callable[[str], None]


def process(
    batch: Sequence[PairInput],
    stages: Stages,
    *,
    cache: TranslationCache | None = None,
    report: Report = lambda stage: None,
) -> list[PairOutput]:
    """Take every pair through the stages; one output per pair, in order.

    cache: where translations are kept. report: told the name of each stage when it begins; what it raises
    ends the work. A stage that raises on the batch is run again on smaller parts, so that one bad sentence is
    one recorded failure. Raises RunBroken when memory runs out or a model turns out not to load.
    """
    work = [Work.of(pair) for pair in batch]
    if stages.route == "model-transfer":
        report("tagging")
        _tag_targets(work, stages)
        return [one.output(direct=True) for one in work]
    _up_to_alignment(work, stages, cache, report)
    report("projecting")
    _project(work, stages)
    if stages.back_translation != OFF:
        report("translating back")
        refine(
            unfinished(work), stages, cache, lambda some, pins, via: _project_around(some, pins, via, stages)
        )
    return [one.output() for one in work]


def learn(
    sample: Sequence[PairInput],
    stages: Stages,
    *,
    cache: TranslationCache | None = None,
    report: Report = lambda stage: None,
) -> dict[str, Any]:
    """What the run's method wants to know about its pairs before it starts; {} when it learns nothing.

    It learns from the pairs of the sample that can be aligned. The answer is plain JSON, as it will be read
    back for every chunk. cache, report: as in `process`.
    """
    learner = getattr(stages.projector, "learn", None)
    if learner is None:
        return {}
    work = [Work.of(pair) for pair in sample]
    _up_to_alignment(work, stages, cache, report)
    report("learning")
    usable = [projection_input(one) for one in work if one.alignment is not None]
    try:
        statistics: dict[str, Any] = json.loads(json.dumps(learner(usable), allow_nan=False))
    except Exception as error:
        raise RunBroken(
            f"the method could not learn from a sample of the pairs: {describe(error)}"
        ) from error
    return statistics


def projection_input(one: Work, pins: Pins | None = None) -> ProjectionInput:
    """An aligned pair as the projection methods take it."""
    alignment = one.alignment
    if alignment is None:
        raise ValueError(f"pair {one.pair.pair_id} is not aligned")
    return ProjectionInput(
        source_tokens=one.source.tokens,
        target_tokens=one.target.tokens,
        entities=one.known_entities,
        links=alignment.links,
        link_scores=alignment.scores,
        similarity=alignment.similarity,
        target_entities=one.target_entities,
        pins={number: pin.span for number, pin in (pins or {}).items()},
    )


def _up_to_alignment(
    work: Sequence[Work], stages: Stages, cache: TranslationCache | None, report: Report
) -> None:
    """Make the side that is missing, tag, align; what has no status then can be projected."""
    made = ROUTES[stages.route].translates
    if made == "source":
        report("translating")
        make_sources(work, stages, cache)
    _refuse_empty(work, "source")
    if made != "target":
        _refuse_empty(work, "target")
    report("tagging")
    _tag_sources(work, stages)
    if made == "target":
        report("translating")
        make_targets(work, stages, cache)
    _refuse_empty(work, "target")
    if stages.target_tagger is not None:
        report("tagging targets")
        _tag_targets(work, stages)
    report("aligning")
    _align(work, stages)


def _refuse_empty(work: Sequence[Work], name: str) -> None:
    for one in unfinished(work):
        side = one.source if name == "source" else one.target
        if not side.tokens:
            one.end("empty", f"the {name} has no words")
        elif len(side.tokens) > MAX_TOKENS:
            one.end("failed", f"a side of {len(side.tokens)} tokens; at most {MAX_TOKENS} fit")


def _tag_sources(work: Sequence[Work], stages: Stages) -> None:
    """Entities for the sources that came unlabelled; all are checked, given or found."""
    unlabelled = [one for one in unfinished(work) if one.entities is None]
    tagger = stages.tagger
    if tagger is None:
        for one in unlabelled:
            one.end("failed", "the source is unlabelled and the run has no tagger")
    else:
        found = attempt("tagging", tagger.tag, [one.source.tokens for one in unlabelled])
        for one, entities in zip(unlabelled, found, strict=True):
            if isinstance(entities, Failure):
                one.end("failed", entities.message)
            else:
                one.entities = _with_labels(entities, stages.labels)
    for one in unfinished(work):
        try:
            check_entities(one.known_entities, len(one.source.tokens))
        except ValueError as error:
            one.entities = ()
            one.end("failed", str(error))


def _tag_targets(work: Sequence[Work], stages: Stages) -> None:
    tagger = needed(stages.target_tagger, "target tagger")
    _refuse_empty(work, "target")
    todo = unfinished(work)
    found = attempt("tagging the target", tagger.tag, [one.target.tokens for one in todo])
    for one, entities in zip(todo, found, strict=True):
        if isinstance(entities, Failure):
            one.end("failed", entities.message)
            continue
        try:
            check_entities(entities, len(one.target.tokens))
            one.target_entities = _with_labels(entities, stages.labels)
        except ValueError as error:
            one.end("failed", f"target {error}")


def _with_labels(entities: Sequence[Entity], labels: frozenset[str] | None) -> list[Entity]:
    return [entity for entity in entities if labels is None or entity.label in labels]


def _align(work: Sequence[Work], stages: Stages) -> None:
    aligner = needed(stages.aligner, "aligner")
    todo = unfinished(work)
    pairs = [(one.source.tokens, one.target.tokens) for one in todo]
    for one, alignment in zip(todo, attempt("alignment", aligner.align, pairs), strict=True):
        if isinstance(alignment, Failure):
            one.end("failed", alignment.message)
        elif alignment.status:
            one.end(alignment.status, alignment.message)
        else:
            one.alignment = alignment


def _project(work: Sequence[Work], stages: Stages) -> None:
    """Carry the entities over, by alignment and, where they came through, by markers."""
    todo = [one for one in unfinished(work) if one.entities]
    for one, projections in _projected(todo, [projection_input(one) for one in todo], stages):
        one.projections, one.via = projections, [ALIGNMENT] * len(projections)
    marked = [
        (one, pins)
        for one in todo
        if not one.status and one.marked and (pins := marker_pins(one.marked, one.target))
    ]
    _project_around([one for one, _ in marked], [pins for _, pins in marked], MARKERS, stages)


def _project_around(work: Sequence[Work], pins: Sequence[Pins], via: str, stages: Stages) -> None:
    """Project again around the pins, and put both together."""
    inputs = [projection_input(one, fixed) for one, fixed in zip(work, pins, strict=True)]
    pins_of = {id(one): fixed for one, fixed in zip(work, pins, strict=True)}
    for one, pinned in _projected(work, inputs, stages):
        one.projections, one.via = with_pins(one.projections, pinned, pins_of[id(one)], via)


def _projected(
    work: Sequence[Work], inputs: Sequence[ProjectionInput], stages: Stages
) -> list[tuple[Work, list[Projection]]]:
    """The method's answers; a pair without a good one ends as failed and is left out."""
    projector = needed(stages.projector, "method")
    answers: list[tuple[Work, list[Projection]]] = []
    for one, found in zip(work, attempt("projection", projector.project, inputs), strict=True):
        try:
            if isinstance(found, Failure):
                raise ValueError(found.message)
            check_projections(found, one.known_entities, len(one.target.tokens))
            answers.append((one, found))
        except ValueError as error:
            one.projections, one.via = (), ()
            one.end("failed", str(error))
    return answers


def check_projections(projections: Sequence[Projection], entities: Sequence[Entity], n_target: int) -> None:
    """Raise ValueError where a method's answer for one sentence breaks its contract."""
    if [projection.entity for projection in projections] != list(entities):
        raise ValueError(f"{len(projections)} projections do not answer the {len(entities)} entities")
    for number, projection in enumerate(projections):
        spans = [(span.start, span.end) for span in (projection.span, *projection.alternatives) if span]
        for start, end in spans:
            if not 0 <= start < end <= n_target:
                raise ValueError(
                    f"entity {number}: span [{start}, {end}) is outside {n_target} target tokens"
                )
        if not 0 <= projection.confidence <= 1:
            raise ValueError(f"entity {number}: confidence {projection.confidence} is outside [0, 1]")
        if not projection.margin >= 0:
            raise ValueError(f"entity {number}: margin {projection.margin} is negative or not a number")
        numbers = [projection.score, *(alternative.score for alternative in projection.alternatives)]
        if not all(isfinite(score) for score in numbers):
            raise ValueError(f"entity {number}: a score is not a number")
        if len(projection.alternatives) > 9:
            raise ValueError(f"entity {number}: {len(projection.alternatives)} alternatives; at most 9 fit")

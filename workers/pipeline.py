"""One batch of sentence pairs through the stages: tag where the source is unlabelled, align, project."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any, TypeVar

from workers.align import Alignment
from workers.model_cache import ModelUnavailable
from workers.project import Projection, ProjectionInput
from workers.spans import Entity, check_entities
from workers.stages import RunBroken, Stages, describe

T = TypeVar("T")
R = TypeVar("R")

STATUSES = ("done", "no-entities", "empty", "failed")
MAX_TOKENS = 32_767  # of a side; links are kept as 16-bit numbers


@dataclass(frozen=True, slots=True)
class PairInput:
    """One sentence pair. entities: sorted, not overlapping source spans, or None when it is unlabelled."""

    pair_id: int
    source_tokens: Sequence[str]
    target_tokens: Sequence[str]
    entities: Sequence[Entity] | None = None


@dataclass(frozen=True, slots=True)
class PairOutput:
    """What became of one pair.

    status: one of STATUSES; message: the reason when it is "empty" or "failed".
    entities: the source entities, given or, where `tagged`, found; projections: one for each, in their order.
    alignment: its links, also when the projection failed; None when there is none.
    """

    pair_id: int
    status: str
    message: str = ""
    entities: Sequence[Entity] = ()
    tagged: bool = False
    alignment: Alignment | None = None
    projections: Sequence[Projection] = ()


@dataclass(frozen=True, slots=True)
class _Failure:
    """Takes the place of a stage's result for one sentence."""

    message: str


def process(batch: Sequence[PairInput], stages: Stages) -> list[PairOutput]:
    """Take every pair through the stages; one output per pair, in order.

    A stage that raises on the batch is run again sentence by sentence, so that one bad sentence is one
    recorded failure. Raises RunBroken when memory runs out or a model turns out not to load.
    """
    outputs = _tag_and_align(batch, stages)
    todo = [k for k, output in enumerate(outputs) if output.status == "done"]
    projected = _each(
        "projection", stages.projector.project, [projection_input(batch[k], outputs[k]) for k in todo]
    )
    for k, projections in zip(todo, projected, strict=True):
        outputs[k] = _after_projection(batch[k], outputs[k], projections)
    return outputs


def learn(sample: Sequence[PairInput], stages: Stages) -> dict[str, Any]:
    """What the run's method wants to know about its pairs before it starts; {} when it learns nothing.

    It learns from the pairs of the sample that can be aligned. The answer is plain JSON, as it will be read
    back for every chunk.
    """
    learner = getattr(stages.projector, "learn", None)
    if learner is None:
        return {}
    outputs = _tag_and_align(sample, stages)
    usable = [
        projection_input(pair, output)
        for pair, output in zip(sample, outputs, strict=True)
        if output.alignment is not None
    ]
    try:
        statistics: dict[str, Any] = json.loads(json.dumps(learner(usable), allow_nan=False))
    except Exception as error:
        raise RunBroken(
            f"the method could not learn from a sample of the pairs: {describe(error)}"
        ) from error
    return statistics


def projection_input(pair: PairInput, output: PairOutput) -> ProjectionInput:
    """An aligned pair as the projection methods take it."""
    alignment = output.alignment
    if alignment is None:
        raise ValueError(f"pair {pair.pair_id} is not aligned")
    return ProjectionInput(
        source_tokens=pair.source_tokens,
        target_tokens=pair.target_tokens,
        entities=output.entities,
        links=alignment.links,
        link_scores=alignment.scores,
        similarity=alignment.similarity,
    )


def _tag_and_align(batch: Sequence[PairInput], stages: Stages) -> list[PairOutput]:
    """The outputs so far; status "done" means that the pair can be projected."""
    entities = _tag(batch, stages)
    alignments = _each(
        "alignment", stages.aligner.align, [(pair.source_tokens, pair.target_tokens) for pair in batch]
    )
    return [_before_projection(*row) for row in zip(batch, entities, alignments, strict=True)]


def _tag(batch: Sequence[PairInput], stages: Stages) -> list[Sequence[Entity] | _Failure]:
    """The entities of each pair: those it came with, or the tagger's."""
    unlabelled = [pair.source_tokens for pair in batch if pair.entities is None]
    answers = iter(_tag_unlabelled(unlabelled, stages))
    return [next(answers) if pair.entities is None else pair.entities for pair in batch]


def _tag_unlabelled(sentences: list[Sequence[str]], stages: Stages) -> Sequence[Sequence[Entity] | _Failure]:
    if stages.tagger is None:
        return [_Failure("the source is unlabelled and the run has no tagger") for _ in sentences]
    tagged = _each("tagging", stages.tagger.tag, sentences)
    return [_with_labels(entities, stages.labels) for entities in tagged]


def _with_labels(
    entities: Sequence[Entity] | _Failure, labels: frozenset[str] | None
) -> Sequence[Entity] | _Failure:
    if labels is None or isinstance(entities, _Failure):
        return entities
    return [entity for entity in entities if entity.label in labels]


def _before_projection(
    pair: PairInput, entities: Sequence[Entity] | _Failure, alignment: Alignment | _Failure
) -> PairOutput:
    output = PairOutput(pair.pair_id, "done", tagged=pair.entities is None)
    if not pair.source_tokens or not pair.target_tokens:
        side = "source" if not pair.source_tokens else "target"
        return replace(output, status="empty", message=f"the {side} has no words")
    longest = max(len(pair.source_tokens), len(pair.target_tokens))
    if longest > MAX_TOKENS:
        return replace(
            output, status="failed", message=f"a side of {longest} tokens; at most {MAX_TOKENS} fit"
        )
    if isinstance(entities, _Failure):
        return replace(output, status="failed", message=entities.message)
    try:
        check_entities(entities, len(pair.source_tokens))
    except ValueError as error:
        return replace(output, status="failed", message=str(error))
    output = replace(output, entities=tuple(entities))
    if isinstance(alignment, _Failure):
        return replace(output, status="failed", message=alignment.message)
    if alignment.status:
        return replace(output, status=alignment.status, message=alignment.message)
    return replace(output, alignment=alignment, status="done" if entities else "no-entities")


def _after_projection(
    pair: PairInput, output: PairOutput, projections: list[Projection] | _Failure
) -> PairOutput:
    if not isinstance(projections, _Failure):
        try:
            check_projections(projections, output.entities, len(pair.target_tokens))
            return replace(output, projections=tuple(projections))
        except ValueError as error:
            projections = _Failure(str(error))
    return replace(output, status="failed", message=projections.message)


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


def _each(stage: str, function: Callable[[list[T]], list[R]], items: list[T]) -> list[R | _Failure]:
    """`function` over all items at once or, when it raises, one by one with failures in their places."""
    if not items:
        return []
    try:
        results = function(items)
        if len(results) != len(items):
            raise ValueError(f"{len(results)} results for {len(items)} sentences")
        return list(results)
    except Exception as error:  # noqa: BLE001  (whatever a model raises is that sentence's failure)
        _stop_if_hopeless(stage, error)
        if len(items) == 1:
            return [_Failure(f"{stage} failed: {describe(error)}")]
    return [result for item in items for result in _each(stage, function, [item])]


def _stop_if_hopeless(stage: str, error: Exception) -> None:
    """Raise RunBroken for what would befall every other sentence as well."""
    if isinstance(error, ModelUnavailable):
        raise RunBroken(f"{stage}: {error}") from error
    out_of_memory = isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"
    if out_of_memory or "can't allocate memory" in str(error):
        raise RunBroken(f"{stage} ran out of memory: {describe(error)}") from error

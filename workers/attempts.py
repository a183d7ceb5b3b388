"""One stage over many sentences, so that what goes wrong stays as small as it is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from workers.language_codes import LanguageNotServed
from workers.model_cache import ModelUnavailable
from workers.stages import RunBroken, describe
from workers.translation_batches import is_out_of_memory

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Failure:
    """Takes the place of a stage's result for one sentence."""

    message: str
    out_of_memory: bool = False


def attempt(
    stage: str,
    function: Callable[[list[T]], Sequence[R]],
    items: Sequence[T],
    *,
    raised: tuple[type[Exception], ...] = (),
) -> list[R | Failure]:
    """`function` over all items at once; where it raises, over smaller parts, with failures in their places.

    Memory that runs out halves the batch; any other error has it done again one by one, but for those in
    `raised`, which have nothing to do with the sentences.
    Raises RunBroken for what every other sentence would meet as well: a model that does not load, a language
    that it lacks, memory that is not enough for any of them.
    """
    results = _attempt(stage, function, list(items), raised)
    if results and all(isinstance(result, Failure) and result.out_of_memory for result in results):
        raise RunBroken(results[0].message)  # type: ignore[union-attr]
    return results


def _attempt(
    stage: str,
    function: Callable[[list[T]], Sequence[R]],
    items: list[T],
    raised: tuple[type[Exception], ...],
) -> list[R | Failure]:
    if not items:
        return []
    try:
        results = function(items)
        if len(results) != len(items):
            raise ValueError(f"{len(results)} results for {len(items)} sentences")
        return list(results)
    except raised:
        raise
    except (ModelUnavailable, LanguageNotServed) as error:
        raise RunBroken(f"{stage}: {error}") from error
    except Exception as error:  # noqa: BLE001  (whatever a model raises is that sentence's failure)
        memory = is_out_of_memory(error)
        if len(items) == 1:
            said = "ran out of memory" if memory else "failed"
            return [Failure(f"{stage} {said}: {describe(error)}", memory)]
    n = (len(items) + 1) // 2 if memory else 1
    parts = [items[start : start + n] for start in range(0, len(items), n)]
    return [result for part in parts for result in _attempt(stage, function, part, raised)]

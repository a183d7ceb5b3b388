"""What goes wrong in a stage stays as small as it is."""

import pytest
import torch

from workers.attempts import Failure, attempt
from workers.encode import halving
from workers.language_codes import LanguageNotServed
from workers.stages import RunBroken, _load


def limited(most, error):
    """A stage that takes at most so many sentences at once, and notes how many it was given."""
    seen = []

    def work(items):
        seen.append(len(items))
        if len(items) > most:
            raise error
        return [item.upper() for item in items]

    return work, seen


@pytest.mark.parametrize(
    "error",
    [MemoryError(), torch.OutOfMemoryError("CUDA out of memory."), RuntimeError("can't allocate memory")],
)
def test_memory_that_runs_out_halves_the_batch(error):
    work, seen = limited(2, error)
    assert attempt("alignment", work, list("abcdefg")) == list("ABCDEFG")
    assert seen == [7, 4, 2, 2, 3, 2, 1]


def test_a_sentence_that_does_not_fit_alone_is_its_own_failure():
    def work(items):
        if "b" in items:
            raise MemoryError
        return items

    first, failed, *others = attempt("alignment", work, list("abcd"))
    assert (first, others) == ("a", ["c", "d"])
    assert failed == Failure("alignment ran out of memory: MemoryError", out_of_memory=True)


def test_memory_that_is_enough_for_none_ends_the_run():
    work, _ = limited(0, MemoryError())
    with pytest.raises(RunBroken, match="tagging ran out of memory: MemoryError"):
        attempt("tagging", work, list("abc"))


def test_any_other_error_is_looked_for_one_by_one():
    work, seen = limited(1, IndexError("no"))
    assert attempt("tagging", work, list("abc")) == list("ABC")
    assert seen == [3, 1, 1, 1]


def test_a_language_that_a_model_lacks_ends_the_run():
    def work(items):
        raise LanguageNotServed("model x has no Ghomala")

    with pytest.raises(RunBroken, match="translation: model x has no Ghomala"):
        attempt("translation", work, ["a", "b"])


def test_too_few_results_are_an_error_of_each():
    [failed] = attempt("tagging", lambda items: [], ["a"])
    assert failed == Failure("tagging failed: ValueError: 0 results for 1 sentences")


def test_the_encoder_halves_on_either_kind_of_memory_error():
    for error in (MemoryError(), torch.OutOfMemoryError("CUDA out of memory.")):
        work, seen = limited(1, error)
        assert halving(work, list("abc")) == list("ABC")
        assert seen == [3, 1, 2, 1, 1]


def test_what_has_nothing_to_do_with_the_sentences_is_raised():
    work, seen = limited(0, ConnectionError("the table is away"))
    with pytest.raises(ConnectionError):
        attempt("translation", work, ["a", "b"], raised=(ConnectionError,))
    assert seen == [2]


@pytest.mark.parametrize(
    "error", [MemoryError(), ImportError("cy.so: failed to map segment from shared object")], ids=repr
)
def test_a_model_that_does_not_fit_is_said_to_lack_memory(error):
    def get(name: str):
        raise error

    with pytest.raises(RunBroken, match="tagger big could not be loaded: there is not enough memory: "):
        _load(get, "tagger", "big", {})

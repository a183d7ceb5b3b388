"""Word translations learnt from unlabelled pairs, and the aligners that use them."""

import sys
from pathlib import Path

import numpy as np
import pytest

from tests.workers.tiny_models import tiny_xlmr
from workers.align import get_aligner, learn_from
from workers.lexical_learning import learn_table, sample_pairs
from workers.lexical_table import LexicalTable
from workers.model_cache import ModelUnavailable

# a language of our own: every word has one translation, adjectives follow their nouns
WORDS = {
    "red": "ru", "old": "ol", "house": "dako", "river": "mira", "dog": "wuf", "sees": "vida",
    "finds": "toka", "Ana": "Ana", "Kofi": "Kofi", "Lisbon": "Lisabo", "the": "le", "in": "na",
}  # fmt: skip
ADJECTIVES = ("red", "old")


def sentence(*words: str) -> tuple[list[str], list[str]]:
    order = list(words)
    for place, word in enumerate(order[:-1]):
        if word in ADJECTIVES and order[place + 1] not in ADJECTIVES:
            order[place], order[place + 1] = order[place + 1], word
            break
    return list(words), [WORDS[word] for word in order]


NOUNS = ("house", "river", "dog")
PAIRS = [
    sentence(person, verb, "the", *words, *place)
    for person in ("Ana", "Kofi")
    for verb in ("sees", "finds")
    for noun in NOUNS
    for words in ((noun,), ("red", noun), ("old", noun))
    for place in ((), ("in", "Lisbon"))
] + [
    sentence("the", *words, verb, "Ana")
    for words in (("red", "dog"), ("river",))
    for verb in ("sees", "finds")
]


@pytest.fixture(scope="module")
def table() -> LexicalTable:
    return learn_table(PAIRS)


def test_it_learns_what_words_become(table: LexicalTable) -> None:
    for source, target in (("red", "ru"), ("house", "dako"), ("sees", "vida"), ("Lisbon", "Lisabo")):
        forward, backward = table.chances([source], [target])
        assert forward[0, 0] > 0.8 and backward[0, 0] > 0.8, (source, target)
    assert table.evidence(["house"], ["dako"])[0, 0] > 2
    assert table.evidence(["house"], ["mira"])[0, 0] < table.evidence(["house"], ["dako"])[0, 0] / 2


def test_case_does_not_matter(table: LexicalTable) -> None:
    np.testing.assert_array_equal(table.evidence(["HOUSE"], ["Dako"]), table.evidence(["house"], ["dako"]))


def test_words_that_were_not_there_speak_only_for_themselves(table: LexicalTable) -> None:
    found = table.evidence(["Nairobi", "house"], ["Nairobi", "zzz"])
    assert found[0, 0] > 0 and found[0, 1] == found[1, 0] == found[1, 1] == 0


def test_equal_pairs_give_equal_tables_and_bytes(table: LexicalTable) -> None:
    again = learn_table(PAIRS)
    assert again.digest == table.digest and again.to_bytes() == table.to_bytes()
    assert learn_table(PAIRS[:-1]).digest != table.digest


def test_it_travels_as_bytes(table: LexicalTable) -> None:
    there = LexicalTable.from_bytes(table.to_bytes())
    assert there.digest == table.digest and repr(there) == repr(table)
    np.testing.assert_array_equal(there.evidence(*PAIRS[0]), table.evidence(*PAIRS[0]))


@pytest.mark.parametrize("data", [b"", b"nothing of the kind", b"x\x9c\x03\x00\x00\x00\x00\x01"])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        LexicalTable.from_bytes(data)


@pytest.mark.parametrize("pairs", [[], [([], ["x"]), (["x"], [])], [(["a"] * 500, ["b"])]])
def test_nothing_to_learn_from_is_an_empty_table(pairs: list[tuple[list[str], list[str]]]) -> None:
    table = LexicalTable.from_bytes(learn_table(pairs).to_bytes())
    assert table.evidence(["a", "b"], ["c"]).tolist() == [[0], [0]]
    aligner = get_aligner("statistical", table=table)
    assert aligner.align([(["a", "b"], ["c"])])[0].links.tolist() == []


def test_a_sample_is_bounded_in_order_and_the_same_every_time() -> None:
    pairs = [([str(number)], ["x"]) for number in range(1_000)]
    sample = sample_pairs(iter(pairs), 50)
    numbers = [int(source[0]) for source, _ in sample]
    assert len(numbers) == 50 and numbers == sorted(numbers) and numbers[-1] > 500
    assert sample == sample_pairs(iter(pairs), 50)
    assert sample_pairs(pairs[:20], 50) == pairs[:20]


def test_the_statistical_aligner_finds_the_words(table: LexicalTable) -> None:
    source, target = sentence("Kofi", "finds", "the", "old", "river", "in", "Lisbon")
    found = get_aligner("statistical", table=table).align([(source, target)])[0]
    wanted = {(0, 0), (1, 1), (2, 2), (3, 4), (4, 3), (5, 5), (6, 6)}
    links = {(i, j) for i, j in found.links.tolist()}
    assert {(0, 0), (4, 3), (6, 6)} <= links <= wanted
    assert found.scores.min() > 0.5


def test_an_aligner_that_has_not_learnt_says_so() -> None:
    with pytest.raises(ValueError, match="has not learnt yet"):
        get_aligner("statistical").align([(["a"], ["b"])])


def test_the_signature_names_what_was_learnt(table: LexicalTable) -> None:
    assert table.digest in get_aligner("statistical", table=table).signature
    assert "learnt=nothing" in get_aligner("statistical").signature


def test_without_thot_the_reason_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "thot.alignment", None)
    with pytest.raises(ModelUnavailable, match="sil-thot"):
        learn_table(PAIRS)


def test_the_voter_helps_an_encoder_that_knows_nothing(tmp_path: Path, table: LexicalTable) -> None:
    corpus = [" ".join(side) for pair in PAIRS for side in pair]
    model = str(tiny_xlmr(tmp_path, corpus, num_hidden_layers=2))
    given = {"model": model, "layers": [1, 2], "device": "cpu", "threshold": 0.3}
    source, target = sentence("Kofi", "finds", "the", "old", "river", "in", "Lisbon")
    wanted = {(0, 0), (1, 1), (2, 2), (3, 4), (4, 3), (5, 5), (6, 6)}
    alone = get_aligner("fused", **given)
    assert learn_from(alone, PAIRS) == {}
    voter = get_aligner("fused", voter=True, voter_weight=2, **given)
    learnt = learn_from(voter, PAIRS)
    assert learnt["table"].digest == table.digest
    helped = get_aligner("fused", voter=True, voter_weight=2, **given, **learnt)
    assert table.digest in helped.signature and "learnt" not in alone.signature
    weights = []
    for aligner in (alone, helped):
        found = aligner.align([(source, target)])[0]
        links = {(i, j): score for (i, j), score in zip(found.links.tolist(), found.scores, strict=True)}
        weights.append(sum(links.get(link, 0.0) for link in wanted))
    assert len(links.keys() & wanted) >= 5  # which pieces the toy encoder has differs between runs
    assert weights[1] > weights[0]
    with pytest.raises(ValueError, match="has not learnt yet"):
        voter.align([(source, target)])

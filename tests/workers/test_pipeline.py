"""One batch through the stages: statuses, failures one sentence wide, what ends a run."""

from types import SimpleNamespace

import numpy as np
import pytest

from workers.align import Alignment
from workers.model_cache import ModelUnavailable
from workers.pairs import PairInput, side_of
from workers.pipeline import learn, process
from workers.project import Projection, get_projector
from workers.signature import VERSION, run_signature
from workers.spans import Entity, ScoredSpan, Span
from workers.stages import RunBroken, RunConfig, Stages, load_stages
from workers.tokens import join_tokens

ANA = Entity(0, 1, "PER")


class Diagonal:
    """Links token k with token k; refuses sentences with the word "bad"."""

    name = signature = "diagonal"

    def align(self, pairs):
        if any("bad" in source for source, _ in pairs):
            raise IndexError("bad word")
        return [self.align_pair(*pair) for pair in pairs]

    def align_pair(self, source, target):
        n = min(len(source), len(target))
        links = np.stack([np.arange(n), np.arange(n)], axis=1).astype(np.int32)
        return Alignment(links, np.ones(n, np.float32), np.eye(len(source), len(target), dtype=np.float16))


class FirstWord:
    """Calls the first word of every sentence a person, and its last one a date."""

    name = signature = "first-word"

    def tag(self, sentences):
        return [
            [Entity(0, 1, "PER", 0.9), Entity(len(words) - 1, len(words), "DATE", 0.8)] for words in sentences
        ]


def stages(**changes):
    parts = {
        "aligner": Diagonal(),
        "projector": get_projector("word-to-word"),
        "tagger": None,
        "labels": None,
    }
    return Stages(**parts | changes)


def pair(source, target, entities=(), pair_id=1):
    return PairInput(pair_id, side(source), side(target), entities)


def side(text):
    return side_of(*join_tokens(text.split()))


@pytest.mark.parametrize(
    ("given", "status", "message"),
    [
        (pair("Ana sings", "Ana canta", [ANA]), "done", ""),
        (pair("She sings", "Ella canta"), "no-entities", ""),
        (pair("", "Ella canta"), "empty", "the source has no words"),
        (pair("She sings", ""), "empty", "the target has no words"),
        (pair("Ana bad", "Ana canta", [ANA]), "failed", "alignment failed: IndexError: bad word"),
        (pair("Ana sings", "Ana canta", [Entity(1, 3, "PER")]), "failed", "passes the end of 2 tokens"),
        (pair("Ana sings", "Ana canta", None), "failed", "unlabelled and the run has no tagger"),
        (pair("a " * 40_000, "b", [ANA]), "failed", "a side of 40000 tokens"),
    ],
)
def test_it_gives_every_pair_a_status(given, status, message):
    [output] = process([given], stages())
    assert output.status == status
    assert message in output.message and bool(output.message) == bool(message)


def test_one_bad_sentence_leaves_the_others_as_they_would_be_without_it():
    good = [pair("Ana sings", "Ana canta", [ANA], 1), pair("Eva runs", "Eva corre", [ANA], 3)]
    outputs = process([good[0], pair("Ana bad", "Ana mal", [ANA], 2), good[1]], stages())
    assert [output.pair_id for output in outputs] == [1, 2, 3]
    assert [output.status for output in outputs] == ["done", "failed", "done"]
    alone = process(good, stages())
    assert [output.projections for output in outputs if output.status == "done"] == [
        output.projections for output in alone
    ]


def test_it_tags_only_what_came_unlabelled_and_keeps_the_labels_of_the_project():
    given = [pair("Ana sings today", "Ana canta hoy", None), pair("Ana sings today", "Ana canta hoy", ())]
    tagged, labelled = process(given, stages(tagger=FirstWord(), labels=frozenset({"PER"})))
    assert tagged.tagged and list(tagged.entities) == [Entity(0, 1, "PER", 0.9)]
    assert tagged.projections[0].span == Span(0, 1)
    assert not labelled.tagged and labelled.status == "no-entities"


def test_pairs_without_entities_keep_their_links():
    [output] = process([pair("She sings", "Ella canta")], stages())
    assert output.alignment.links.tolist() == [[0, 0], [1, 1]]


def good_projection(**changes):
    fields = {"entity": ANA, "span": Span(0, 1), "score": 1.0, "confidence": 0.5, "margin": 1.0}
    return Projection(**fields | changes)


@pytest.mark.parametrize(
    ("projections", "message"),
    [
        ([], "0 projections do not answer the 1 entities"),
        ([good_projection(entity=Entity(0, 1, "LOC"))], "do not answer"),
        ([good_projection(span=Span(1, 3))], "span [1, 3) is outside 2 target tokens"),
        ([good_projection(alternatives=(ScoredSpan(2, 3, 0.1),))], "span [2, 3) is outside"),
        ([good_projection(confidence=float("nan"))], "confidence nan"),
        ([good_projection(confidence=1.5)], "confidence 1.5"),
        ([good_projection(score=float("inf"))], "a score is not a number"),
        ([good_projection(margin=-1.0)], "margin -1.0"),
        ([good_projection(alternatives=(ScoredSpan(0, 1, 0.1),) * 10)], "10 alternatives"),
    ],
)
def test_it_records_a_method_that_breaks_its_contract(projections, message):
    broken = SimpleNamespace(project=lambda batch: [list(projections) for _ in batch])
    [output] = process([pair("Ana sings", "Ana canta", [ANA])], stages(projector=broken))
    assert output.status == "failed"
    assert message in output.message


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (MemoryError(), "alignment ran out of memory: MemoryError"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: 8 GB"), "alignment ran out of memory"),
        (ModelUnavailable("cannot load model 'x'"), "alignment: cannot load model 'x'"),
    ],
)
def test_what_every_sentence_would_meet_ends_the_run(error, message):
    def align(_):
        raise error

    with pytest.raises(RunBroken, match=message):
        process([pair("Ana sings", "Ana canta", [ANA])], stages(aligner=SimpleNamespace(align=align)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"route": "telepathy"}, "unknown route 'telepathy'; known: bitext"),
        ({"method": "magic"}, "method magic could not be loaded: ValueError: unknown projection method"),
        ({"method_options": {"colour": 1}}, "method word-to-word could not be loaded: .*colour"),
        ({"uses_tagger": True, "tagger": "none"}, "tagger none could not be loaded: .*known: "),
        ({"aligner": "none"}, "aligner none could not be loaded"),
    ],
)
def test_a_stage_that_cannot_be_had_is_named(changes, message):
    config = {"route": "bitext", "tagger": "spacy-en", "aligner": "simalign", "method": "word-to-word"}
    with pytest.raises(RunBroken, match=message):
        load_stages(RunConfig(**config | changes))


def test_a_method_learns_from_the_pairs_that_can_be_aligned():
    seen = []
    learner = SimpleNamespace(learn=lambda batch: seen.extend(batch) or {"n": len(batch), "mean": (1, 2)})
    sample = [
        pair("Ana sings", "Ana canta", [ANA]),
        pair("Ana bad", "Ana mal", [ANA]),
        pair("", "Ana", ()),
        pair("She sings", "Ella canta"),
    ]
    assert learn(sample, stages(projector=learner)) == {"n": 2, "mean": [1, 2]}
    assert seen[0].links.tolist() == [[0, 0], [1, 1]]
    assert learn(sample, stages()) == {}


def test_learning_that_goes_wrong_ends_the_run():
    learner = SimpleNamespace(learn=lambda batch: {"mean": float("nan")})
    with pytest.raises(RunBroken, match="could not learn from a sample"):
        learn([pair("Ana sings", "Ana canta", [ANA])], stages(projector=learner))


def test_the_signature_follows_the_config():
    config = RunConfig("bitext", "spacy-en", "simalign", "word-to-word", labels=frozenset({"PER", "LOC"}))
    labelled = run_signature(config, stages(labels=config.labels))
    assert labelled.startswith(
        f"projector:{VERSION}|route:bitext|tagger:as imported|labels:all|aligner:diagonal"
    )
    tagged = run_signature(config, stages(tagger=FirstWord(), labels=config.labels))
    assert "|tagger:first-word|labels:LOC,PER|" in tagged
    learnt = RunConfig("bitext", "spacy-en", "simalign", "word-to-word", statistics={"a": 1.5, "b": 2})
    again = RunConfig("bitext", "spacy-en", "simalign", "word-to-word", statistics={"b": 2, "a": 1.5})
    assert run_signature(learnt, stages()) == run_signature(again, stages()) != labelled
    assert "numpy:" in labelled and "\n" not in labelled


def test_the_version_is_the_package_s():
    import tomllib
    from pathlib import Path

    text = (Path(__file__).parents[2] / "pyproject.toml").read_text()
    assert tomllib.loads(text)["project"]["version"] == VERSION

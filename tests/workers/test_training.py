"""Training: what is read, what counts how much, and a tiny model that learns, stops, goes on and is used."""

import json
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from tests.workers.tiny_models import tiny_xlmr
from workers.spans import Entity
from workers.tag import get_tagger
from workers.training.data import GOLD, TrainingSentence
from workers.training.options import TrainingOptions

PEOPLE = ["ana", "ben", "eva", "tom"]
PLACES = ["oslo", "rome", "lima", "bonn"]


def toy_sentences() -> list[TrainingSentence]:
    """Who sees whom where: names and places never change sides, so a few steps teach them."""
    entities = [Entity(0, 1, "PER"), Entity(2, 3, "PER"), Entity(4, 5, "LOC")]
    return [
        TrainingSentence([one, "sees", two, "in", place], entities)
        for one in PEOPLE
        for two in PEOPLE
        for place in PLACES
    ]


def write_conll(path: Path, sentences: list[TrainingSentence]) -> Path:
    blocks = ("\n".join(f"{t} {g}" for t, g in zip(s.tokens, s.tags, strict=True)) for s in sentences)
    path.write_text("\n\n".join(blocks) + "\n\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:

    corpus = [" ".join(sentence.tokens) for sentence in toy_sentences()]
    return str(tiny_xlmr(tmp_path_factory.mktemp("base"), corpus, labels=("O", "B-X", "I-X")))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("data")
    sentences = toy_sentences()
    return write_conll(folder / "train.conll", sentences[::2]), write_conll(
        folder / "dev.conll", sentences[1::2]
    )


SETTINGS = {"epochs": 25, "patience": 4, "learning_rate": 0.01, "batch_size": 8, "frozen_layers": 0}


def test_a_trained_folder_tags_at_once(base: str, files: tuple[Path, Path], tmp_path: Path) -> None:
    folder, output = tmp_path / "tagger", StringIO()
    call_command("train_tagger", files[0], dev=files[1], output=folder, model=base, stdout=output, **SETTINGS)
    assert {path.name for path in folder.iterdir()} >= {
        "model.safetensors", "config.json", "tokenizer.json", "README.md", "training.json"
    }  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["tagger"]
    record = json.loads((folder / "training.json").read_text())
    assert record["dev_scores"]["strict"]["f1"] == 1.0
    assert record["train"]["kinds"] == {GOLD: 32} and record["signature"] in output.getvalue()
    assert max(point["dev_f1"] for point in record["curve"] if "dev_f1" in point) == 1.0
    assert record["signature"] in (folder / "README.md").read_text()
    (entities,) = get_tagger("huggingface", model=str(folder)).tag([["tom", "sees", "ana", "in", "lima"]])
    assert [(e.start, e.end, e.label) for e in entities] == [(0, 1, "PER"), (2, 3, "PER"), (4, 5, "LOC")]
    with pytest.raises(CommandError, match="exists and is not empty"):
        call_command("train_tagger", files[0], dev=files[1], output=folder, model=base, **SETTINGS)


def test_a_stopped_training_goes_on_from_its_checkpoint(base: str, tmp_path: Path) -> None:
    from workers.training.fit import TrainingStopped, train

    sentences = toy_sentences()
    options = TrainingOptions(model=base, epochs=3, batch_size=8, learning_rate=0.01)
    steps: list[int] = []

    def stop_after_ten() -> bool:
        steps.append(1)
        return len(steps) >= 10

    folder = tmp_path / "tagger"
    with pytest.raises(TrainingStopped, match="after step 10"):
        train(options, sentences, sentences[:8], folder, should_stop=stop_after_ten)
    assert not folder.exists()
    result = train(options, sentences, sentences[:8], folder, should_stop=lambda: bool(steps.append(1)))
    assert len(steps) == 3 * 8  # the first ten steps were not taken again
    assert [point["step"] for point in result.curve] == sorted(point["step"] for point in result.curve)
    assert folder.is_dir() and not (tmp_path / "tagger.training").exists()


def test_a_checkpoint_that_was_not_finished_is_not_used(tmp_path: Path) -> None:
    from workers.training.fit import last_checkpoint

    for name, state in (("checkpoint-9", "{}"), ("checkpoint-10", '{"global_'), ("checkpoint-80", None)):
        (tmp_path / name).mkdir()
        if state:
            (tmp_path / name / "trainer_state.json").write_text(state)
    assert last_checkpoint(tmp_path) == str(tmp_path / "checkpoint-9")
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-9"]


def test_a_line_of_the_curve_that_was_not_finished_is_dropped(tmp_path: Path) -> None:
    from workers.training.callbacks import CurveKeeper

    path = tmp_path / "curve.jsonl"
    path.write_text('{"step": 1}\n{"ste')
    assert CurveKeeper(path, print).points == [{"step": 1}]
    assert path.read_text() == '{"step": 1}\n'


def test_the_same_seed_gives_the_same_weights(base: str, tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    from workers.training.fit import train

    sentences, options = toy_sentences(), TrainingOptions(model=base, epochs=1, batch_size=8)
    weights = [
        load_file(train(options, sentences, sentences[:8], tmp_path / name).folder / "model.safetensors")
        for name in ("one", "two")
    ]
    assert all(np.array_equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_a_long_sentence_is_cut_and_every_word_is_learnt_once(base: str) -> None:
    from transformers import AutoTokenizer

    from workers.encoder_models import fast_tokenizer
    from workers.training.examples import NO_TAG, make_examples

    splitter = fast_tokenizer(base, AutoTokenizer.from_pretrained(base))
    sentence = TrainingSentence(["ana", "sees", "lima"] * 30, [Entity(0, 1, "PER")])
    examples = make_examples(
        [sentence], ["O", "B-PER", "I-PER"], splitter, TrainingOptions(max_length=20), 64
    )
    labels = [label for example in examples for label in example["labels"] if label != NO_TAG]
    assert len(examples) > 1 and labels == [1, *[0] * 89]
    assert all(len(example["input_ids"]) <= 20 for example in examples)


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"weights": "none"}, "unknown weights 'none'; known: equal, confidence"),
        ({"left_out": "hide"}, "unknown left_out 'hide'; known: skip, count"),
        ({"sides": "source"}, "unknown sides 'source'; known: both, target"),
        ({"epochs": 0}, "epochs must be at least 1"),
        ({"learning_rate": 2.0}, "learning_rate must be between 0 and 1"),
        ({"silver_weight": 0.0}, "silver_weight must be above 0"),
    ],
)
def test_a_wrong_option_is_named(values: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        TrainingOptions(**values)  # type: ignore[arg-type]


def test_more_layers_than_there_are_is_an_error(base: str, files: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="has 2 layers, 3 were asked for"):
        call_command("train_tagger", files[0], dev=files[1], output=tmp_path / "t", model=base, layers=3)


@pytest.mark.slow
def test_the_packaged_encoder_leaves_as_a_folder_that_tags_alike(tmp_path: Path) -> None:
    """Packed embeddings and tokenizer come out as ordinary files; what was learnt survives the way."""
    from workers.training.fit import train

    sentences = toy_sentences()
    options = TrainingOptions(layers=2, epochs=2, batch_size=16, learning_rate=3e-3)
    result = train(options, sentences, sentences[:16], tmp_path / "tagger")
    best = max(point["dev_f1"] for point in result.curve if "dev_f1" in point)
    assert best > 0.5
    assert result.scores.strict.f1 == pytest.approx(best, abs=0.05)

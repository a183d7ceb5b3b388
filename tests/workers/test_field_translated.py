"""The field's pipelines that translate, with a translator that knows a few words of two languages."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.workers.tiny_models import tiny_xlmr
from workers.align import get_aligner
from workers.field.pipelines import PIPELINES, check_names
from workers.field.readers import FieldCorpus
from workers.field.run import field_table, make_pairs, run_language
from workers.field.tools import FieldTools
from workers.language_codes import LanguageNotServed
from workers.spans import Entity
from workers.training.data import TrainingSentence
from workers.training.options import TrainingOptions
from workers.translate import Translation

SPANISH = {"lives": "vive", "in": "en", "the": "el", "sees": "ve", "Madrid": "Madrid", "sea": "mar"}
ENGLISH = {spanish: english for english, spanish in SPANISH.items()}
NAMES = ("Ana", "Eva", "Luis", "Berta")


class WordBook:
    """Translates word by word; what it does not know, brackets too, stays as it is."""

    name = "words"
    signature = "words:1"

    def __init__(self, *, drops: str = "") -> None:
        self.drops = drops

    def check_languages(self, source_language: str, target_language: str) -> None:
        if {source_language, target_language} != {"en", "es"}:
            raise LanguageNotServed(f"words has no {target_language!r}")

    def translate(
        self, texts: Sequence[str], *, source_language: str, target_language: str
    ) -> list[Translation]:
        book = SPANISH if target_language == "es" else ENGLISH
        return [
            Translation(" ".join(book.get(word, word) for word in text.split() if word not in self.drops))
            for text in texts
        ]


class CapitalTagger:
    """In English, names are words with a capital letter."""

    name = "capitals"
    signature = "capitals:1"

    def tag(self, sentences: Sequence[Sequence[str]]) -> list[list[Entity]]:
        return [
            [
                Entity(k, k + 1, "LOC" if word == "Madrid" else "PER")
                for k, word in enumerate(tokens)
                if word[:1].isupper()
            ]
            for tokens in sentences
        ]


def corpus(language: str = "es") -> FieldCorpus:
    tokens = [[name, "vive", "en", "Madrid"] for name in NAMES]
    gold = [[Entity(0, 1, "PER"), Entity(3, 4, "LOC")] for _ in NAMES]
    return FieldCorpus(language, tokens, gold, ())


def tools(**parts: object) -> FieldTools:
    book = WordBook()
    given = {"translator": book, "back_translator": book, **parts}
    return FieldTools(get_aligner(), CapitalTagger(), **given)  # type: ignore[arg-type]


def run(names: list[str], have: FieldTools, language: str = "es") -> dict[str, dict[str, object]]:
    rows = run_language(corpus(language), "masakhaner2", have, names, n_bootstrap=20)
    return {str(row["method"]): row for row in rows}


def test_a_bare_corpus_is_translated_and_every_translating_pipeline_runs() -> None:
    names = ["word-to-word original", "align_tgt", "back-translated n-grams", "back-translation as evidence"]
    have = tools()
    (first, *_) = make_pairs(corpus(), have, None)
    assert first.source_tokens == ["Ana", "lives", "in", "Madrid"]
    rows = run(names, have)
    assert {name: rows[name]["f1"] for name in names} == dict.fromkeys(names, 100)


def test_align_tgt_knows_only_what_the_marks_tell() -> None:
    """A translation back that loses its marks leaves nothing to project, as in the paper."""
    rows = run(["align_tgt", "back-translation as evidence"], tools(back_translator=WordBook(drops="[]{}<>")))
    assert rows["align_tgt"]["f1"] == 0
    assert rows["back-translation as evidence"]["f1"] == 100


def test_what_a_pipeline_lacks_is_a_row() -> None:
    have = tools(translator=None, back_translator=None)
    rows = run(check_names([]), have)
    assert set(rows) == set(PIPELINES)
    assert all("not_run" in row for row in rows.values())
    assert "source.conll or source.txt" in str(rows["soft"]["not_run"])
    assert "--train-source" in str(rows["markers"]["not_run"])
    assert "--target-tagger" in str(rows["model-transfer"]["not_run"])
    assert "words has no" in str(run(["align_tgt"], tools(), "lug")["align_tgt"]["not_run"])
    assert any("not run" in line and "--translator" in line for line in field_table(list(rows.values())))


def test_markers_train_a_tagger_on_what_came_back(tmp_path: Path) -> None:
    words = " ".join([*SPANISH.values(), *NAMES, "[", "]"])
    base = tiny_xlmr(tmp_path / "base", [words] * 8)
    sentences = [
        TrainingSentence([name, verb, "in", "Madrid"], [Entity(0, 1, "PER"), Entity(3, 4, "LOC")])
        for name in NAMES
        for verb in ("lives", "sees")
    ] * 3
    options = TrainingOptions(model=str(base), epochs=1, batch_size=8)
    have = tools(train_source=sentences, training=options)
    assert "f1" in run(["markers"], have)["markers"]
    lost = tools(train_source=sentences, training=options, back_translator=WordBook(drops="[]{}<>"))
    assert "no entity in 0 sentences" in str(run(["markers"], lost)["markers"]["not_run"])


def test_an_unknown_pipeline_is_named() -> None:
    with pytest.raises(ValueError, match="unknown method 'x'; known: soft, ensemble"):
        check_names(["x"])

"""The whole translate-train route without the database, with a translator trained in seconds.

A tiny NLLB learns a toy fragment of English and Spanish (tests/workers/toy_language.py), then translates
sentences that it has not seen; their entities are carried over once by word alignment and once by markers.
"""

from pathlib import Path

import pytest
import torch

from tests.workers.tiny_models import tiny_nllb
from tests.workers.tiny_translators import train_translator
from tests.workers.toy_language import ToyPair, marked, name_lists, names, toy_pairs
from workers.align import get_aligner
from workers.pairs import PairInput, PairOutput, side_of
from workers.pipeline import process
from workers.project import get_projector
from workers.spans import Entity
from workers.stages import Stages
from workers.tag import get_tagger
from workers.tokens import join_tokens
from workers.translate import Translator, get_translator

pytestmark = pytest.mark.slow
LANGUAGES = {"source_language": "en", "target_language": "es"}


def held_back() -> list[ToyPair]:
    """One sentence of each template and three more, none of them trained on."""
    return toy_pairs(12, seed=3)


@pytest.fixture(scope="module")
def translator(tmp_path_factory: pytest.TempPathFactory) -> Translator:
    torch.set_num_threads(1)
    kept_back = {pair.source for pair in held_back() if pair.source_entities}
    pairs = [pair for pair in toy_pairs(3000, seed=1) if pair.source not in kept_back]
    texts = [(" ".join(pair.source), " ".join(pair.target)) for pair in pairs]
    texts += [
        (marked(pair.source, pair.source_entities), marked(pair.target, pair.target_entities))
        for pair in pairs
    ]
    texts += names() * 40 + name_lists(1500, seed=3)
    folder: Path = tiny_nllb(
        tmp_path_factory.mktemp("toy") / "translator",
        [text for pair in texts[::10] for text in pair],
        codes=("eng_Latn", "spa_Latn"),
        vocab_size=300,
        d_model=64,
        heads=4,
        layers=1,
        init_std=0.1,
    )
    train_translator(
        folder, texts, source="eng_Latn", target="spa_Latn", steps=160, batch_size=32, learning_rate=8e-3
    )
    return get_translator("seq2seq", model=str(folder), beams=2)


def test_it_translates_what_it_has_not_seen(translator: Translator) -> None:
    pairs = held_back()
    found = translator.translate([" ".join(pair.source) for pair in pairs], **LANGUAGES)
    assert [one.text for one in found] == [" ".join(pair.target) for pair in pairs]
    assert all(one.flags == () and -0.5 < one.score <= 0 for one in found)


def test_wrong_language_order_scores_worse(translator: Translator) -> None:
    """The score tells text that the model knows from text that it does not."""
    known, unknown = translator.translate(
        ["John Smith visited London on Monday .", "Monday on on London Smith . . the"], **LANGUAGES
    )
    assert unknown.score < known.score


def test_plain_translation_tagging_and_alignment_project_the_right_entities(translator: Translator) -> None:
    pairs = held_back()
    tagger = get_tagger("spacy-en")
    outputs = run_route(
        translator, pairs, labelled=False, tagger=tagger, labels=frozenset({"PER", "LOC", "ORG"})
    )
    assert [one.made.side.text for one in outputs if one.made] == [" ".join(pair.target) for pair in pairs]
    expected = {(number, entity) for number, pair in enumerate(pairs) for entity in pair.target_entities}
    found = {(number, entity) for number, one in enumerate(outputs) for entity in found_entities(one)}
    # tagger and aligner are general ones, not trained on the toy
    assert len(expected & found) >= 0.7 * max(len(expected), len(found))
    assert {way for one in outputs for way in one.via} == {"alignment"}


def test_markers_project_the_right_entities(translator: Translator) -> None:
    pairs = held_back()
    outputs = run_route(translator, pairs, labelled=True, markers="easyproject")
    assert [one.made.side.text for one in outputs if one.made] == [" ".join(pair.target) for pair in pairs]
    assert all(one.flags == () for one in outputs)
    assert [sorted(found_entities(one)) for one in outputs] == [list(pair.target_entities) for pair in pairs]
    assert {way for one in outputs for way in one.via} == {"markers"}


def run_route(
    translator: Translator, pairs: list[ToyPair], *, labelled: bool, **stages: object
) -> list[PairOutput]:
    """The pairs without their targets through translate-train."""
    batch = [
        PairInput(
            number,
            source=side_of(*join_tokens(pair.source)),
            target=side_of("", ()),
            entities=pair.source_entities if labelled else None,
            open_side="target",
        )
        for number, pair in enumerate(pairs)
    ]
    parts = {"source_language": "en", "target_language": "es", "route": "translate-train"}
    aligner, projector = get_aligner("simalign"), get_projector("word-to-word")
    return process(batch, Stages(aligner, projector, translator=translator, **parts | stages))  # type: ignore[arg-type]


def found_entities(output: PairOutput) -> list[Entity]:
    return [Entity(one.span.start, one.span.end, one.entity.label) for one in output.projections if one.span]

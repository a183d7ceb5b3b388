"""The whole translate-train route without the database, with a translator trained in seconds.

A tiny NLLB learns a toy fragment of English and Spanish (tests/workers/toy_language.py), then translates
sentences that it has not seen; their entities are carried over once by word alignment and once by markers.
"""

from pathlib import Path

import pytest
import torch

from tests.workers.tiny_models import tiny_nllb, train_translator
from tests.workers.toy_language import ToyPair, marked, name_lists, names, toy_pairs
from workers.align import get_aligner
from workers.markers import SourceSentence, char_span_to_tokens, translate_marked
from workers.project import ProjectionInput, get_projector
from workers.project.markers import match_marked_spans
from workers.spans import Entity
from workers.translate import Translation, Translator, get_translator

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
        vocab_size=1000,
        d_model=64,
        heads=4,
        layers=1,
        init_std=0.1,
    )
    train_translator(
        folder, texts, source="eng_Latn", target="spa_Latn", steps=280, batch_size=32, learning_rate=5e-3
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


def test_plain_translation_and_alignment_project_the_right_entities(translator: Translator) -> None:
    pairs = held_back()
    translations = translator.translate([" ".join(pair.source) for pair in pairs], **LANGUAGES)
    targets = [one.text.split() for one in translations]
    sources = [pair.source for pair in pairs]
    alignments = get_aligner("simalign").align(list(zip(sources, targets, strict=True)))
    projections = get_projector("word-to-word").project(
        [
            ProjectionInput(pair.source, target, pair.source_entities, found.links, found.scores)
            for pair, target, found in zip(pairs, targets, alignments, strict=True)
        ]
    )
    expected = [(number, entity) for number, pair in enumerate(pairs) for entity in pair.target_entities]
    found_entities = [
        (number, Entity(one.span.start, one.span.end, one.entity.label))
        for number, sentence in enumerate(projections)
        for one in sentence
        if one.span is not None
    ]
    right = set(expected) & set(found_entities)
    assert len(right) >= 0.8 * len(expected)  # the aligner is a general one, not trained on the toy
    assert len(right) >= 0.8 * len(found_entities)


def test_markers_project_the_right_entities(translator: Translator) -> None:
    pairs = held_back()
    sentences = [
        SourceSentence(" ".join(pair.source), offsets(pair.source), pair.source_entities) for pair in pairs
    ]

    def translate(texts: list[str]) -> list[Translation]:
        return translator.translate(texts, **LANGUAGES)

    found = translate_marked(sentences, translate)  # type: ignore[arg-type]
    assert [one.marked.text for one in found] == [" ".join(pair.target) for pair in pairs]
    assert all(one.marked.flags == () for one in found)
    for pair, one in zip(pairs, found, strict=True):
        matches = match_marked_spans(one.marked.span_texts, one.entity_texts, one.entity_translations)
        projected = []
        for entity, match in zip(pair.source_entities, matches, strict=True):
            assert match.span is not None
            span = char_span_to_tokens(offsets(pair.target), *one.marked.spans[match.span])
            assert span is not None
            projected.append(Entity(span.start, span.end, entity.label))
        assert sorted(projected) == list(pair.target_entities)


def offsets(tokens: tuple[str, ...]) -> list[tuple[int, int]]:
    """Where tokens joined by single spaces stand."""
    places, start = [], 0
    for token in tokens:
        places.append((start, start + len(token)))
        start += len(token) + 1
    return places

"""Translators at their limits: long text, endless models, odd characters, too little memory."""

from typing import Any

import pytest
import torch

from tests.workers.tiny_translators import TEXTS
from workers.translate import Translation, get_translator


def test_long_text_goes_through_in_sentences_and_nothing_is_lost(models: dict[str, str]) -> None:
    translator = get_translator("seq2seq", model=models["nllb"], beams=1, split_above=12)
    sentences = ["The mayor met Maria .", "Angela visited Lisbon .", "The mayor of New York ."]
    text = " ".join(sentences * 4)
    [translation] = translator.translate([text], source_language="en", target_language="es")
    assert "split" in translation.flags
    assert "cut" not in translation.flags
    assert [text[part.start : part.end] for part in translation.sentences] == sentences * 4
    alone = translator.translate(sentences, source_language="en", target_language="es")
    assert [part.text for part in translation.sentences] == [one.text for one in alone] * 4
    assert translation.text == " ".join(one.text for one in alone * 4)
    weights = [part.n_subwords for part in translation.sentences]
    mean = sum(part.score * part.n_subwords for part in translation.sentences) / sum(weights)
    assert translation.score == pytest.approx(mean)


def test_a_sentence_longer_than_the_model_is_cut_and_flagged(models: dict[str, str]) -> None:
    translator = get_translator("seq2seq", model=models["nllb"], beams=1)
    text = "the mayor of Lisbon met Maria , " * 20
    [translation] = translator.translate([text], source_language="en", target_language="es")
    assert {"split", "cut"} <= set(translation.flags)
    covered = "".join(text[part.start : part.end] for part in translation.sentences)
    assert covered.replace(" ", "") == text.replace(" ", "")
    assert all(text[part.start : part.end].endswith(",") for part in translation.sentences)


def test_lines_stay_lines(models: dict[str, str]) -> None:
    translator = get_translator("seq2seq", model=models["nllb"], beams=1)
    [translation] = translator.translate(
        ["Angela Merkel\n\nThe mayor ."], source_language="en", target_language="es"
    )
    assert translation.text.count("\n") == 2


def test_a_model_that_does_not_end_is_stopped_and_flagged(models: dict[str, str]) -> None:
    translator = get_translator("seq2seq", model=models["m2m100"], beams=1)
    translations = translator.translate(TEXTS, source_language="en", target_language="es")
    endless = [translation for translation in translations if "length-limit" in translation.flags]
    assert endless  # an untrained model seldom ends
    assert all(part.n_subwords <= 61 for translation in endless for part in translation.sentences)


def test_blank_text_is_empty_and_control_characters_do_no_harm(models: dict[str, str]) -> None:
    translator = get_translator("seq2seq", model=models["nllb"], beams=1)
    blank, newline, nothing = translator.translate(
        ["", " \n\t", ""], source_language="en", target_language="es"
    )
    assert blank == newline == nothing == Translation("", status="empty")
    assert translator.translate([], source_language="en", target_language="es") == []


def test_special_tokens_in_a_text_are_text(models: dict[str, str]) -> None:
    from workers.adapters.seq2seq_translator import Seq2SeqTranslator

    for family, text in (
        ("nllb", "a </s> b <pad> spa_Latn"),
        ("m2m100", "a </s> __fr__"),
        ("marian", ">>fra<<</s>"),
    ):
        tokens = Seq2SeqTranslator(models[family]).tokens
        [ids] = tokens.encode([text])
        special = {tokens.tokenizer.eos_token_id, tokens.tokenizer.pad_token_id, *tokens.codes.values()}
        assert not special & set(ids)


def test_running_out_of_memory_halves_the_batch_and_goes_on(
    models: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    translator: Any = get_translator("seq2seq", model=models["nllb"], beams=1)
    expected = translator.translate(TEXTS, source_language="en", target_language="es")
    generate, sizes = translator._generate, []

    def tight(rows: list[list[int]], pair: Any) -> Any:
        sizes.append(len(rows))
        if len(rows) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return generate(rows, pair)

    monkeypatch.setattr(translator, "_generate", tight)
    found = translator.translate(TEXTS, source_language="en", target_language="es")
    assert [translation.text for translation in found] == [translation.text for translation in expected]
    assert max(sizes) == len(TEXTS)
    sizes.clear()
    translator.translate(TEXTS, source_language="en", target_language="es")
    assert max(sizes) == 1  # it remembers


def test_one_text_too_large_for_memory_fails_alone(
    models: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    translator: Any = get_translator("seq2seq", model=models["nllb"], beams=1)
    generate = translator._generate

    def tight(rows: list[list[int]], pair: Any) -> Any:
        if any(len(row) > 20 for row in rows):
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return generate(rows, pair)

    monkeypatch.setattr(translator, "_generate", tight)
    found = translator.translate(TEXTS, source_language="en", target_language="es")
    failed = [index for index, translation in enumerate(found) if translation.status == "failed"]
    assert failed == [4]
    assert "does not fit in memory" in found[4].message


def test_other_errors_are_not_taken_for_memory(
    models: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    translator: Any = get_translator("seq2seq", model=models["nllb"])

    def broken(rows: object, pair: object) -> None:
        raise RuntimeError("shape mismatch")

    monkeypatch.setattr(translator, "_generate", broken)
    with pytest.raises(RuntimeError, match="shape mismatch"):
        translator.translate(TEXTS, source_language="en", target_language="es")

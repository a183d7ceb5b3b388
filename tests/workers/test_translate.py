"""Translators on tiny real models: languages, batches, scores, signatures, what cannot be loaded."""

import hashlib
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.workers.tiny_models import tiny_marian, tiny_nllb, tiny_xlmr
from tests.workers.tiny_translators import BUILDERS, TEXTS
from workers.language_codes import LanguageNotServed
from workers.model_cache import ModelUnavailable, forget_models, model_revision
from workers.translate import FLAGS, TRANSLATORS, Translation, get_translator, translation_key


@pytest.mark.parametrize("family", BUILDERS)
@pytest.mark.parametrize("beams", [1, 4])
def test_a_translation_does_not_depend_on_its_batch(models: dict[str, str], family: str, beams: int) -> None:
    translator = get_translator("seq2seq", model=models[family], beams=beams)
    together = translator.translate(TEXTS, source_language="en", target_language="es")
    assert [len(translation.text) > 0 for translation in together] == [True] * len(TEXTS)
    for text, translation in zip(TEXTS, together, strict=True):
        [alone] = translator.translate([text], source_language="en", target_language="es")
        assert alone.text == translation.text
        assert alone.score == pytest.approx(translation.score, abs=1e-4)


@pytest.mark.parametrize("family", BUILDERS)
@pytest.mark.parametrize("beams", [1, 3])
def test_text_and_score_are_those_of_plain_generate(
    models: dict[str, str], family: str, beams: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same sentence through the tokenizer's own language settings and one plain generate call."""
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(models[family])
    model = AutoModelForSeq2SeqLM.from_pretrained(models[family]).eval()
    forced: dict[str, int] = {}
    text = TEXTS[0]
    if family == "nllb":
        tokenizer.src_lang = "eng_Latn"
        forced = {"forced_bos_token_id": tokenizer.convert_tokens_to_ids("spa_Latn")}
    elif family == "m2m100":
        tokenizer.src_lang = "en"
        forced = {"forced_bos_token_id": tokenizer.get_lang_id("es")}
    else:
        text = f">>spa<<{text}"
    inputs = tokenizer(text, return_tensors="pt", return_token_type_ids=False)
    end = tokenizer.eos_token_id
    sequence = model.generate(**inputs, **forced, num_beams=beams, max_length=12, forced_eos_token_id=end)
    logits = model(**inputs, decoder_input_ids=sequence[:, :-1]).logits
    if family == "marian":
        logits[:, :, tokenizer.pad_token_id] = -torch.inf  # never generated
    log_probs = logits.log_softmax(-1)
    start = 1 + len(forced)
    steps = log_probs.gather(2, sequence[:, 1:, None])[0, start - 1 :, 0].detach()

    monkeypatch.setattr("workers.adapters.seq2seq_translator.target_limit", lambda *_: 11 - start)
    translator = get_translator("seq2seq", model=models[family], beams=beams)
    [translation] = translator.translate([TEXTS[0]], source_language="en", target_language="es")
    assert translation.text == tokenizer.decode(sequence[0, start:], skip_special_tokens=True).strip()
    assert translation.score == pytest.approx(float(steps.mean()), abs=1e-4)
    assert translation.sentences[0].n_subwords == len(steps)


def test_the_target_language_decides(models: dict[str, str]) -> None:
    translator = get_translator("seq2seq", model=models["nllb"], beams=1)
    texts = {
        target: translator.translate(TEXTS[:1], source_language="en", target_language=target)[0].text
        for target in ("es", "sw", "zh")
    }
    assert len(set(texts.values())) > 1


@pytest.mark.parametrize(
    ("family", "source", "target", "message"),
    [
        ("nllb", "en", "de", "has no German"),
        ("nllb", "pcm", "es", "has no Nigerian Pidgin"),
        ("m2m100", "en", "bm", "has no Bambara"),
        ("marian", "en", "fr", "all that it has: spa, swa"),
        ("marian", "de", "es", "source side"),
    ],
)
def test_a_language_that_the_model_lacks_is_named(
    models: dict[str, str], family: str, source: str, target: str, message: str
) -> None:
    translator = get_translator("seq2seq", model=models[family])
    with pytest.raises(LanguageNotServed, match=message):
        translator.check_languages(source, target)
    with pytest.raises(LanguageNotServed, match=message):
        translator.translate(["Hello"], source_language=source, target_language=target)


def test_a_marian_model_of_one_pair_takes_that_pair_only(tmp_path: Path) -> None:
    translator = get_translator("seq2seq", model=str(tiny_marian(tmp_path / "m", source="en", target="es")))
    translator.check_languages("en-GB", "es")
    with pytest.raises(LanguageNotServed, match="target side"):
        translator.check_languages("en", "fr")


def test_a_group_of_source_languages_is_let_through(tmp_path: Path) -> None:
    model = tiny_marian(tmp_path / "m", source="ROMANCE", target="en")
    get_translator("seq2seq", model=str(model)).check_languages("pt", "en")


def test_it_is_deterministic_and_loaded_once(models: dict[str, str]) -> None:
    one: Any = get_translator("seq2seq", model=models["nllb"])
    other: Any = get_translator("seq2seq", model=models["nllb"])
    assert one.model is other.model
    assert one.signature == other.signature
    before = one.translate(TEXTS, source_language="en", target_language="es")
    forget_models()
    again = get_translator("seq2seq", model=models["nllb"])
    assert again.translate(TEXTS, source_language="en", target_language="es") == before


def test_the_signature_pins_weights_and_settings(models: dict[str, str], tmp_path: Path) -> None:
    signature = get_translator("seq2seq", model=models["nllb"], beams=2).signature
    assert "beams=2" in signature
    assert "float32" in signature
    assert "transformers-" in signature
    changed = str(tiny_nllb(tmp_path / "other", d_model=64))
    revision = signature.split("@")[1].split()[0]
    assert revision not in get_translator("seq2seq", model=changed, beams=2).signature


def test_the_revision_of_a_folder_follows_its_sentencepiece_files(tmp_path: Path) -> None:
    folder = tiny_marian(tmp_path / "marian")
    before = model_revision(str(folder), None)
    with (folder / "source.spm").open("ab") as file:
        file.write(b"x")
    assert model_revision(str(folder), None) != before


def test_loading_and_translating_write_nothing(
    models: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    forget_models()
    translator = get_translator("seq2seq", model=models["nllb"], beams=1)
    translator.translate(["Lisbon"], source_language="en", target_language="es")
    assert capfd.readouterr() == ("", "")


def test_what_cannot_be_loaded_says_why(models: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="ownloads are off"):
        get_translator("seq2seq", model="nobody/has-this-model")
    with pytest.raises(ModelUnavailable, match="known translators: NLLB-200, M2M100, Marian"):
        get_translator("seq2seq", model=str(tiny_xlmr(tmp_path / "tagger")))
    pickled = tiny_nllb(tmp_path / "pickled")
    weights = pickled / "model.safetensors"
    torch.save({}, pickled / "pytorch_model.bin")
    weights.unlink()
    with pytest.raises(ModelUnavailable, match="safetensors"):
        get_translator("seq2seq", model=str(pickled))


def test_another_tokenizer_can_be_named(models: dict[str, str], tmp_path: Path) -> None:
    bare = tiny_nllb(tmp_path / "bare")
    for file in bare.glob("tokenizer*"):
        file.unlink()
    with_base = get_translator("seq2seq", model=str(bare), tokenizer=models["nllb"], beams=1)
    plain = get_translator("seq2seq", model=models["nllb"], beams=1)
    assert with_base.translate(TEXTS, source_language="en", target_language="es") == plain.translate(
        TEXTS, source_language="en", target_language="es"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"beams": 0}, "beams"),
        ({"split_above": 0}, "split_above"),
        ({"width": 3}, "options"),
        ({}, "options"),
    ],
)
def test_bad_options_are_refused(models: dict[str, str], options: dict[str, int], message: str) -> None:
    model = {"model": models["nllb"]} if options else {}
    with pytest.raises(ValueError, match=message):
        get_translator("seq2seq", **model, **options)


def test_an_unknown_translator_is_refused() -> None:
    with pytest.raises(ValueError, match=", ".join(TRANSLATORS)):
        get_translator("babelfish")


def test_every_flag_has_words() -> None:
    assert all(FLAGS.values())


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_the_gpu_translates_what_the_cpu_does(models: dict[str, str]) -> None:
    options = {"model": models["nllb"], "dtype": "float32", "beams": 2}
    texts = [
        [
            one.text
            for one in get_translator("seq2seq", device=device, **options).translate(
                TEXTS, source_language="en", target_language="es"
            )
        ]
        for device in ("cpu", "cuda")
    ]
    assert texts[0] == texts[1]


def test_the_key_is_of_the_text_code_point_for_code_point() -> None:
    composed, decomposed = (translation_key("m", "en", "es", text) for text in ("é", "e\u0301"))
    assert composed != decomposed
    assert composed.text_sha256 == hashlib.sha256("é".encode()).hexdigest()
    assert translation_key("m", "en", "es", "\ud800") != translation_key("m", "en", "es", "\ud801")
    assert not math.isnan(Translation("x").score)

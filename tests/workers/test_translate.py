"""Translators on tiny real models: languages, batches, long text, scores, memory, cache."""

import hashlib
import math
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.workers.tiny_models import tiny_m2m100, tiny_marian, tiny_nllb, tiny_xlmr
from workers.language_codes import LanguageNotServed
from workers.model_cache import ModelUnavailable, forget_models, model_revision
from workers.translate import (
    FLAGS,
    TRANSLATORS,
    Translation,
    TranslationKey,
    get_translator,
    translate_with_cache,
    translation_key,
)

TEXTS = [
    "The mayor of Lisbon met Maria Silva on Monday .",
    "Angela Merkel",
    "El alcalde",
    "北京 今天 很 冷 。",
    "a b c d e f g h i j k l m n o p q r s t u v",
]
BUILDERS: dict[str, Callable[[Path], Path]] = {
    "nllb": tiny_nllb,
    "m2m100": tiny_m2m100,
    "marian": lambda folder: tiny_marian(folder, target_tokens=[">>spa<<", ">>swa<<"]),
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("translators")
    return {name: str(build(folder / name)) for name, build in BUILDERS.items()}


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


def test_what_is_translated_is_kept_every_now_and_then(
    models: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that ends loses what it has in hand, not what it translated before."""
    monkeypatch.setattr("workers.translate.KEEP_EVERY", 2)
    cache = TableCache()
    kept: list[int] = []
    save = cache.save
    monkeypatch.setattr(cache, "save", lambda made: (kept.append(len(made)), save(made)))
    translator = get_translator("seq2seq", model=models["nllb"], beams=1)
    translate_with_cache(translator, TEXTS, source_language="en", target_language="es", cache=cache)
    assert kept == [2, 2, 1]


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


class TableCache:
    """A cache over one table, as the store has it."""

    errors = (ConnectionError,)

    def __init__(self) -> None:
        self.rows: dict[TranslationKey, Translation] = {}

    def find(self, keys: Collection[TranslationKey]) -> Mapping[TranslationKey, Translation]:
        return {key: self.rows[key] for key in keys if key in self.rows}

    def save(self, translations: Mapping[TranslationKey, Translation]) -> None:
        self.rows = {**translations, **self.rows}


def test_each_distinct_text_is_translated_once_ever(
    models: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    translator: Any = get_translator("seq2seq", model=models["nllb"], beams=1)
    cache = TableCache()
    languages = {"source_language": "en", "target_language": "es"}
    asked: list[list[str]] = []
    translate = translator.translate
    monkeypatch.setattr(
        translator, "translate", lambda texts, **rest: asked.append(texts) or translate(texts, **rest)
    )
    first = translate_with_cache(translator, [*TEXTS, TEXTS[0]], cache=cache, **languages)
    second = translate_with_cache(translator, [TEXTS[1], "new"], cache=cache, **languages)
    assert asked == [TEXTS, ["new"]]
    assert first[0] == first[-1]
    assert second[0] == first[1]
    translate_with_cache(translator, TEXTS[:1], cache=cache, source_language="en", target_language="sw")
    assert asked[2] == TEXTS[:1]  # another pair of languages is another translation


def test_failed_translations_are_tried_again(models: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    translator: Any = get_translator("seq2seq", model=models["nllb"], beams=1)
    cache = TableCache()
    failed = Translation("", status="failed", message="memory")
    monkeypatch.setattr(translator, "translate", lambda texts, **_: [failed for _ in texts])
    translate_with_cache(translator, ["a"], cache=cache, source_language="en", target_language="es")
    assert cache.rows == {}


def test_the_key_is_of_the_text_code_point_for_code_point() -> None:
    composed, decomposed = (translation_key("m", "en", "es", text) for text in ("é", "e\u0301"))
    assert composed != decomposed
    assert composed.text_sha256 == hashlib.sha256("é".encode()).hexdigest()
    assert translation_key("m", "en", "es", "\ud800") != translation_key("m", "en", "es", "\ud801")
    assert not math.isnan(Translation("x").score)

"""The batched encoder, on models of toy size that are loaded from disk as published ones are."""

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.workers.tiny_models import tiny_nllb, tiny_xlmr
from workers import encode, model_cache
from workers.encode import Encoder, SentenceTooLong, halving
from workers.model_cache import ModelUnavailable
from workers.subwords import Subwords, cut_windows, join_words, split_subwords

SENTENCES = [
    ["Angela", "Merkel", "visited", "the", "United", "Nations", "in", "New", "York", "."],
    ["Angela", "Merkel", "alitembelea", "Umoja", "wa", "Mataifa"],
    ["北京", "今天", "很", "冷", "。"],
    ["a"],
]


@pytest.fixture(scope="module")
def xlmr(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tiny_xlmr(tmp_path_factory.mktemp("xlmr"), num_hidden_layers=3))


def reference_states(folder: str, sentence: list[str], layer: int) -> torch.Tensor:
    """What transformers gives for the sentence alone, special tokens left out."""
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder).eval()
    if model.config.is_encoder_decoder:
        model = model.get_encoder()
    inputs = tokenizer(sentence, is_split_into_words=True, return_tensors="pt")
    with torch.no_grad():
        states = model(**inputs, output_hidden_states=True).hidden_states[layer][0]
    return states[[k for k, word in enumerate(inputs.word_ids()) if word is not None]]


@pytest.mark.parametrize("layer", [0, 1, 2, 3])
def test_it_gives_the_hidden_states_of_transformers(xlmr: str, layer: int) -> None:
    encoded = Encoder(xlmr, layers=(layer,), device="cpu").encode(SENTENCES)
    for sentence, found in zip(SENTENCES, encoded, strict=True):
        expected = reference_states(xlmr, sentence, layer)
        assert found.n_words == len(sentence)
        torch.testing.assert_close(found.vectors[0], expected, atol=1e-5, rtol=1e-4)


def test_it_uses_the_encoder_of_a_translator(tmp_path: Path) -> None:
    folder = str(tiny_nllb(tmp_path / "nllb"))
    for layer in (1, 2):
        (found,) = Encoder(folder, layers=(layer,), device="cpu").encode([SENTENCES[0]])
        expected = reference_states(folder, SENTENCES[0], layer)
        torch.testing.assert_close(found.vectors[0], expected, atol=1e-5, rtol=1e-4)


def test_it_keeps_several_layers_and_loads_no_later_ones(xlmr: str) -> None:
    encoder = Encoder(xlmr, layers=(1, 2), device="cpu")
    (found,) = encoder.encode([SENTENCES[0]])
    assert found.vectors.shape[0] == 2
    assert encoder.model.config.num_hidden_layers == 2
    torch.testing.assert_close(
        found.vectors[1], reference_states(xlmr, SENTENCES[0], 2), atol=1e-5, rtol=1e-4
    )


def test_it_encodes_a_sentence_once(xlmr: str, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = Encoder(xlmr, layers=(2,), device="cpu")
    rows: list[int] = []
    forward = encoder._forward
    monkeypatch.setattr(encoder, "_forward", lambda batch: rows.append(len(batch)) or forward(batch))
    first = encoder.encode([SENTENCES[0], SENTENCES[1], SENTENCES[0]])
    assert sum(rows) == 2
    assert first[0] is first[2]
    encoder.encode([SENTENCES[1]])
    assert sum(rows) == 2  # from the cache


def test_the_cache_is_bounded(xlmr: str) -> None:
    encoder = Encoder(xlmr, layers=(2,), device="cpu", cache_bytes=20_000)
    encoder.encode([[f"a{k}", "b", "c"] for k in range(200)])
    assert 0 < encoder._cache.n_bytes <= 20_000
    assert len(encoder._cache._entries) < 200


def test_batches_make_no_difference(xlmr: str) -> None:
    alone = Encoder(xlmr, layers=(2,), device="cpu", token_budget=1, cache_bytes=0).encode(SENTENCES)
    together = Encoder(xlmr, layers=(2,), device="cpu", token_budget=10_000, cache_bytes=0).encode(SENTENCES)
    for a, b in zip(alone, together, strict=True):
        torch.testing.assert_close(a.vectors, b.vectors, atol=1e-5, rtol=1e-4)


def test_a_long_sentence_is_read_through_windows(xlmr: str) -> None:
    """Every word keeps its vectors; words near a window's middle see what a window there would show."""
    tokens = [f"{'abcdefghij'[k % 10]}{k}" for k in range(300)]
    encoder = Encoder(xlmr, layers=(2,), device="cpu")
    (found,) = encoder.encode([tokens])
    assert set(found.words.tolist()) == set(range(300))
    assert found.vectors.shape[1] == len(found.words) > encoder.max_length
    assert torch.isfinite(found.vectors).all()


def test_a_sentence_past_all_bounds_is_refused_by_name(xlmr: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encode, "MAX_SUBWORDS", 20)
    with pytest.raises(SentenceTooLong, match=r"starts with 'zz a a a a' has \d+ subwords; at most 20"):
        Encoder(xlmr, layers=(2,), device="cpu").encode([["zz", *"a" * 100]])


@pytest.mark.parametrize("sentence", [[], [""], ["\u200b"], ["</s>", "<mask>"], [" "], ["😀", "x"]])
def test_odd_sentences_have_vectors_for_what_is_left(xlmr: str, sentence: list[str]) -> None:
    (found,) = Encoder(xlmr, layers=(2,), device="cpu").encode([sentence])
    assert found.vectors.shape[1] == len(found.words)
    assert found.n_words == len(sentence)


def test_running_out_of_memory_halves_the_batch() -> None:
    seen = []

    def forward(batch: list[int]) -> list[int]:
        seen.append(len(batch))
        if len(batch) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return [-item for item in batch]

    assert halving(forward, list(range(7))) == [-k for k in range(7)]
    assert seen[0] == 7 and max(seen[1:]) == 4


def test_one_sentence_that_does_not_fit_is_an_error() -> None:
    def forward(_batch: list[int]) -> list[int]:
        raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(torch.OutOfMemoryError):
        halving(forward, [1, 2])


def test_other_errors_are_not_retried() -> None:
    def forward(_batch: list[int]) -> list[int]:
        raise RuntimeError("shape mismatch")

    with pytest.raises(RuntimeError, match="shape mismatch"):
        halving(forward, [1, 2])


@pytest.mark.parametrize("n_ids", [5, 8, 9, 15, 16, 17, 100])
def test_windows_cover_every_subword_once(n_ids: int) -> None:
    ids = list(range(100, 100 + n_ids))
    everything = np.arange(n_ids)
    windows = cut_windows(3, Subwords(ids, [1], [2], everything, everything), 10)
    answered = []
    for window in windows:
        assert window.sentence == 3 and len(window.ids) <= 10
        assert (window.ids[0], window.ids[-1]) == (1, 2)
        kept = window.ids[window.first : window.first + window.n_kept]
        assert kept == ids[window.keep_from : window.keep_from + window.n_kept]
        answered += kept
    assert answered == ids


def test_inner_windows_answer_for_their_middle() -> None:
    ids = list(range(40))
    windows = cut_windows(0, Subwords(ids, [], [], np.arange(40), np.arange(40)), 10)
    for window in windows[1:-1]:
        assert window.first >= 2
        assert window.first + window.n_kept <= 8


@pytest.mark.parametrize(
    ("tokens", "texts"),
    [
        (["北京", "今天", "很", "冷", "。"], ["北京今天很冷。"]),
        (["iPhone", "が", "東京", "で", "2", "台"], ["iPhone", "が東京で", "2", "台"]),
        (["ไป", "โรงเรียน"], ["ไปโรงเรียน"]),
    ],
)
def test_words_without_spaces_are_joined(tokens: list[str], texts: list[str]) -> None:
    joined = join_words(tokens)
    assert joined is not None and joined.texts == texts


def test_spaced_words_are_left_alone() -> None:
    assert join_words(["서울", "은", "크다", "."]) is None
    assert join_words(["zwei", "Wörter"]) is None


def test_subwords_of_joined_words_know_their_words() -> None:
    """A piece that crosses a word boundary belongs to both of its words."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    names = ["<unk>", "▁", "北京", "今", "天很", "冷", "▁x"]
    pieces = [(name, -1.0) for name in names]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=0))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    (found,) = split_subwords(tokenizer, [["北京", "今天", "很", "冷", "x"]], join_unspaced=True)
    found_names = [names[found.ids[row]] for row in found.rows]
    assert list(zip(found_names, found.words.tolist(), strict=True)) == [
        ("▁", 0), ("北京", 0), ("今", 1), ("天很", 1), ("天很", 2), ("冷", 3), ("▁x", 4)
    ]  # fmt: skip


def test_a_layer_that_the_model_lacks_is_named(xlmr: str) -> None:
    with pytest.raises(ModelUnavailable, match="has 3 layers, layer 9 was asked for"):
        Encoder(xlmr, layers=(9,))


def test_a_model_that_is_not_here_is_named_and_not_fetched() -> None:
    with pytest.raises(ModelUnavailable, match=r"'nobody/no-such-model'.*[Dd]ownloads are off"):
        Encoder("nobody/no-such-model", layers=(2,))


def test_weights_that_are_not_safetensors_are_refused(xlmr: str, tmp_path: Path) -> None:
    for path in Path(xlmr).iterdir():
        if path.suffix != ".safetensors":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    torch.save({}, tmp_path / "pytorch_model.bin")
    with pytest.raises(ModelUnavailable, match="cannot load model"):
        Encoder(str(tmp_path), layers=(2,))


def test_a_model_is_loaded_once_and_reported(xlmr: str) -> None:
    model_cache.forget_models()
    one, other = Encoder(xlmr, layers=(2,), device="cpu"), Encoder(xlmr, layers=(1, 2), device="cpu")
    assert one.model is other.model
    (report,) = model_cache.loaded_models()
    assert (report.kind, report.name, report.device, report.dtype) == ("encoder", xlmr, "cpu", "float32")
    assert report.n_bytes == sum(p.nbytes for p in [*one.model.parameters(), *one.model.buffers()])


def test_the_signature_follows_the_weights(xlmr: str, tmp_path: Path) -> None:
    same = Encoder(xlmr, layers=(2,), device="cpu").signature
    other = tiny_xlmr(tmp_path / "other", hidden_size=16)
    revision = same.split("@")[1].split()[0]
    assert same == Encoder(xlmr, layers=(2,), device="cpu").signature
    assert revision not in Encoder(str(other), layers=(2,), device="cpu").signature


@pytest.mark.parametrize("change", [{"dtype": "int3"}, {"threads": 0}])
def test_a_bad_policy_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="unknown dtype|threads must be"):
        model_cache.configure(**change)

"""Every aligner of the registry keeps the contract; SimAlign's links are the simalign package's."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.workers.tiny_models import tiny_xlmr
from workers.adapters import pair_limits
from workers.adapters.alignment_space import SpaceFitter, fit_space, load_space, save_space
from workers.align import ALIGNERS, Aligner, Alignment, get_aligner, learn_from
from workers.encode import Encoder
from workers.encoder_models import PACKAGED, load_encoder

# our own sentences: word order, compounds, clitics, a script without spaces, repeated words, one word
PAIRS = [
    ("The mayor of Lisbon met Ana Sá on Monday .", "La alcaldesa de Lisboa se reunió con Ana Sá el lunes ."),
    ("Parliament rejected the Commission 's plan .", "Das Parlament lehnte den Kommissionsplan ab ."),
    ("We are waiting for rain , and for more rain .", "Tunasubiri mvua , na mvua zaidi ."),
    ("Beijing is very cold today .", "北京 今天 很 冷 。"),
    ("The minister visited Cairo in the evening .", "زار الوزير القاهرة في المساء ."),
    ("Hello", "Habari"),
    ("Thank you", "Asante sana sana"),
    ("no no no", "hapana"),
    ("Ámbéèrí — naïve coöperation , etc. … 3,5 %", "e.g. № 7 ½ ﬁne"),
]  # fmt: skip
WORDS = [(source.split(), target.split()) for source, target in PAIRS]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    corpus = [text for pair in PAIRS for text in pair]
    return str(tiny_xlmr(tmp_path_factory.mktemp("tiny"), corpus, num_hidden_layers=3))


def build(name: str, model: str) -> Aligner:
    if name == "statistical":
        return get_aligner(name, **learn_from(get_aligner(name), WORDS))
    layer: dict[str, Any] = {"layers": [1, 2]} if name == "fused" else {"layer": 2}
    return get_aligner(name, model=model, device="cpu", **layer)


@pytest.mark.parametrize("name", ALIGNERS)
def test_every_aligner_keeps_the_contract(name: str, tiny: str) -> None:
    aligner = build(name, tiny)
    alignments = aligner.align(WORDS)
    assert len(alignments) == len(WORDS)
    for (source, target), alignment in zip(WORDS, alignments, strict=True):
        n, m = len(source), len(target)
        assert alignment.status == ""
        assert alignment.links.dtype == np.int32 and alignment.links.shape[1] == 2
        links = alignment.links.tolist()
        assert links == sorted(links) and len(links) == len({tuple(link) for link in links})
        assert all(0 <= i < n and 0 <= j < m for i, j in links)
        assert alignment.scores.dtype == np.float32 and len(alignment.scores) == len(links)
        assert ((alignment.scores >= 0) & (alignment.scores <= 1)).all()
        assert alignment.similarity is not None
        assert alignment.similarity.dtype == np.float16 and alignment.similarity.shape == (n, m)
        assert np.isfinite(alignment.similarity).all()
        assert alignment.similarity.min() >= 0 and alignment.similarity.max() <= 1
    assert aligner.name == name and aligner.signature.startswith(f"{name}:")
    assert "\n" not in aligner.signature


@pytest.mark.parametrize("name", ALIGNERS)
def test_a_pair_aligns_alike_in_any_company(name: str, tiny: str) -> None:
    aligner = build(name, tiny)
    together = aligner.align(WORDS)
    alone = [build(name, tiny).align([pair])[0] for pair in WORDS]
    assert [a.links.tolist() for a in together] == [a.links.tolist() for a in alone]
    for a, b in zip(together, alone, strict=True):
        np.testing.assert_allclose(a.similarity, b.similarity, atol=2e-3)


@pytest.mark.parametrize("name", ALIGNERS)
def test_a_bad_pair_is_a_status(name: str, tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pair_limits, "MAX_TOKENS", 30)
    monkeypatch.setattr(pair_limits, "MAX_CHARACTERS", 500)
    cells = 600 if name == "statistical" else 6_000  # of words, of subwords
    monkeypatch.setattr(pair_limits, "MAX_CELLS", cells)
    good = WORDS[0]
    pairs = [
        good,
        ([], ["x"]),
        (["x"], []),
        (["a"] * 31, ["b"]),
        (["a" * 501], ["b"]),
        (["abcdefghijkl"] * 25, ["ghijklabcdef"] * 25),
        (["\u200b", "\u200d"], ["b"]),
        good,
    ]
    found = build(name, tiny).align(pairs)
    assert [a.status for a in found] == ["", "empty", "empty", "failed", "failed", "failed", "", ""]
    assert found[3].message == "a side of 31 tokens; at most 30 can be aligned"
    assert found[4].message == "a side of 501 characters; at most 500 can be aligned"
    assert re.search(f"at most {cells} (sub)?word pairs", found[5].message)
    assert all(len(a.links) == 0 for a in found if a.status)
    assert found[0].links.tolist() == found[7].links.tolist() != []


def test_nothing_gives_nothing(tiny: str) -> None:
    assert build("fused", tiny).align([]) == []


def their_aligner(model: str, layer: int, token_type: str, distortion: float) -> Any:
    """The simalign package's aligner on the same model and tokenizer, for the packaged model too."""
    from simalign.simalign import EmbeddingLoader, SentenceAligner
    from transformers import AutoModel, AutoTokenizer, PreTrainedTokenizerFast

    loader = EmbeddingLoader.__new__(EmbeddingLoader)
    if model == PACKAGED:
        loaded = load_encoder(PACKAGED, 12)
        loader.emb_model = loaded.model
        loader.emb_model.config.output_hidden_states = True
        loader.tokenizer = PreTrainedTokenizerFast(
            tokenizer_object=loaded.tokenizer, model_max_length=512, pad_token="<pad>", unk_token="<unk>"
        )
    else:
        loader.emb_model = AutoModel.from_pretrained(model, output_hidden_states=True).eval()
        loader.tokenizer = AutoTokenizer.from_pretrained(model)
    loader.model, loader.device, loader.layer = model, torch.device("cpu"), layer
    aligner = SentenceAligner.__new__(SentenceAligner)
    aligner.model, aligner.device, aligner.embed_loader = model, loader.device, loader
    aligner.token_type, aligner.distortion = token_type, distortion
    aligner.matching_methods = ["inter", "itermax", "mwmf"]
    return aligner


def assert_same_links(model: str, layer: int, token_type: str, distortion: float) -> None:
    theirs = their_aligner(model, layer, token_type, distortion)
    expected = [theirs.get_word_aligns(list(source), list(target)) for source, target in WORDS]
    for ours, name in (("argmax", "inter"), ("itermax", "itermax"), ("match", "mwmf")):
        aligner = get_aligner(
            "simalign", model=model, layer=layer, token_type=token_type, method=ours,
            distortion=distortion, device="cpu", dtype="float32",
        )  # fmt: skip
        found = [[tuple(link) for link in a.links.tolist()] for a in aligner.align(WORDS)]
        assert found == [pair[name] for pair in expected], ours


@pytest.mark.parametrize("distortion", [0.0, 0.5])
@pytest.mark.parametrize("token_type", ["bpe", "word"])
def test_the_links_are_those_of_the_simalign_package(token_type: str, distortion: float, tiny: str) -> None:
    assert_same_links(tiny, 2, token_type, distortion)


@pytest.mark.slow
@pytest.mark.parametrize("token_type", ["bpe", "word"])
def test_they_are_with_the_packaged_encoder_too(token_type: str) -> None:
    assert_same_links(PACKAGED, 7, token_type, 0.0)


@pytest.mark.slow
def test_the_default_aligner_finds_translations() -> None:
    gold = {0: "0-0 1-1 2-2 3-3 4-5 5-7 6-8 8-10 9-11", 3: "0-0 2-2 3-3 4-1 5-4"}
    found = get_aligner("fused", device="cpu").align(WORDS)
    for index, links in gold.items():
        expected = {tuple(map(int, link.split("-"))) for link in links.split()}
        mine = {tuple(link) for link in found[index].links.tolist()}
        assert len(mine & expected) / len(expected) > 0.75
        assert len(mine & expected) / len(mine) > 0.7


@pytest.mark.parametrize(
    ("name", "options", "complaint"),
    [
        ("simalign", {"method": "best"}, "unknown method 'best'; known: argmax, itermax, match"),
        ("simalign", {"token_type": "char"}, "unknown token type 'char'; known: bpe, word"),
        ("simalign", {"distortion": 2.0}, "distortion must be between 0 and 1"),
        ("awesome", {"method": "itermax"}, "unknown method 'itermax'; known: softmax, entmax15"),
        ("awesome", {"threshold": 1.5}, "threshold must be"),
        ("fused", {"threshold": 0.0}, "threshold must be between 0 and 1"),
        ("fused", {"depth": 3}, "options .*'depth'.* do not fit aligner 'fused'"),
        ("magic", {}, "unknown aligner 'magic'; known: fused, simalign"),
    ],
)
def test_a_wrong_option_is_named(name: str, options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        get_aligner(name, **options)


def test_options_show_in_the_signature(tiny: str) -> None:
    signatures = {
        get_aligner("simalign", model=tiny, device="cpu", **options).signature
        for options in ({"layer": 1}, {"layer": 2}, {"layer": 2, "method": "argmax"},
                        {"layer": 2, "token_type": "word"}, {"layer": 2, "distortion": 0.5})
    }  # fmt: skip
    assert len(signatures) == 5


def test_a_space_is_fitted_kept_and_read_again(tiny: str, tmp_path: Path) -> None:
    """The space makes translations nearer than it found them, and a file brings it back."""
    pairs = [
        ([f"{word}{k}" for word in "abcdefgh"], [f"{word}{k}" for word in "hgfedcba"]) for k in range(300)
    ]
    encoder = Encoder(tiny, layers=(1, 2), join_unspaced=True, device="cpu")
    space = fit_space(encoder, pairs, width=16, name="letters")
    assert space.projection is not None and space.projection.shape == (64, 16)
    save_space(tmp_path / "s.npz", space)
    again = load_space(tmp_path / "s.npz")
    assert again.name == "letters"
    torch.testing.assert_close(again.projection, space.projection, atol=1e-1, rtol=1e-2)
    options = {"model": tiny, "layers": [1, 2], "space": str(tmp_path / "s.npz"), "device": "cpu"}
    aligner = get_aligner("fused", **options)
    assert "space=letters" in aligner.signature
    alignment: Alignment = aligner.align([pairs[0]])[0]
    assert alignment.status == ""


def test_a_space_needs_enough_to_fit_on(tiny: str) -> None:
    encoder = Encoder(tiny, layers=(1,), device="cpu")
    with pytest.raises(ValueError, match="too few to fit 32 dimensions; at least 320"):
        fit_space(encoder, WORDS, width=8, name="small")


def test_a_space_for_another_encoder_is_refused(tiny: str, tmp_path: Path) -> None:
    fitter = SpaceFitter(3, 8)
    fitter.n_silver = 1_000
    fitter.within += torch.eye(24)
    fitter.all += 2 * torch.eye(24)
    save_space(tmp_path / "s.npz", fitter.fit(8, "other"))
    with pytest.raises(ValueError, match=r"the space is for \(3, 8\) .* the encoder gives \(2, 32\)"):
        get_aligner("fused", model=tiny, layers=[1, 2], space=str(tmp_path / "s.npz"))
    (tmp_path / "bad.npz").write_bytes(b"no")
    with pytest.raises(ValueError, match=r"bad\.npz is not an alignment space"):
        get_aligner("fused", model=tiny, layers=[1, 2], space=str(tmp_path / "bad.npz"))

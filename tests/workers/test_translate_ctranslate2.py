"""The CTranslate2 engine on converted tiny models: same translations, scores and flags as transformers."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.workers.tiny_models import tiny_m2m100, tiny_marian, tiny_nllb
from workers.language_codes import LanguageNotServed
from workers.model_cache import ModelUnavailable
from workers.translate import get_translator

pytest.importorskip("ctranslate2", reason="the optional engine is not installed")
from workers.convert_translator import convert_translator  # noqa: E402

TEXTS = [
    "The mayor of Lisbon met Maria Silva on Monday .",
    "Angela Merkel",
    "El alcalde",
    "北京 今天 很 冷 。",
    "",
]
PROJECT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module", params=["nllb", "m2m100", "marian"])
def pair_of_models(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, str]:
    """A model's folder, and that of its conversion."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp(request.param)
    build: Any = {
        "nllb": tiny_nllb,
        "m2m100": tiny_m2m100,
        "marian": lambda path: tiny_marian(path, target_tokens=[">>spa<<", ">>swa<<"]),
    }[request.param]
    model = build(folder / "model")
    convert_translator(str(model), folder / "converted")
    return str(model), str(folder / "converted")


@pytest.mark.parametrize("beams", [1, 3])
def test_it_translates_as_transformers_does(pair_of_models: tuple[str, str], beams: int) -> None:
    model, converted = pair_of_models
    options: Any = {"source_language": "en", "target_language": "es"}
    expected = get_translator("seq2seq", model=model, beams=beams).translate(TEXTS, **options)
    found = get_translator("ctranslate2", model=converted, beams=beams).translate(TEXTS, **options)
    for one, other in zip(found, expected, strict=True):
        assert one.status == other.status
        assert one.score == pytest.approx(other.score, abs=1e-3)
        if beams == 1:
            assert (one.text, one.flags) == (other.text, other.flags)


def test_languages_are_checked(pair_of_models: tuple[str, str]) -> None:
    translator = get_translator("ctranslate2", model=pair_of_models[1])
    translator.check_languages("en", "sw")
    with pytest.raises(LanguageNotServed, match="Bambara"):
        translator.check_languages("en", "bm")


def test_long_text_is_split_and_cut_by_the_same_rules(pair_of_models: tuple[str, str]) -> None:
    model, converted = pair_of_models
    text = "The mayor met Maria . " * 6 + "the mayor of Lisbon met Maria , " * 12
    options: Any = {"source_language": "en", "target_language": "es"}
    [expected] = get_translator("seq2seq", model=model, beams=1).translate([text], **options)
    [found] = get_translator("ctranslate2", model=converted, beams=1).translate([text], **options)
    assert {"split", "cut"} <= set(found.flags)
    assert found.text == expected.text


def test_the_signature_pins_the_conversion(pair_of_models: tuple[str, str], tmp_path: Path) -> None:
    model, converted = pair_of_models
    signature = get_translator("ctranslate2", model=converted).signature
    assert "float32 ctranslate2-" in signature
    convert_translator(model, tmp_path / "int8", quantization="int8")
    other = get_translator("ctranslate2", model=str(tmp_path / "int8")).signature
    assert signature.split("@")[1] != other.split("@")[1]
    assert "int8" in other


def test_what_is_not_converted_says_how_to(tmp_path: Path) -> None:
    model = tiny_nllb(tmp_path / "model")
    with pytest.raises(ModelUnavailable, match="python -m workers.convert_translator"):
        get_translator("ctranslate2", model=str(model))
    with pytest.raises(ValueError, match="int8_float16"):
        get_translator("ctranslate2", model=str(model), compute_type="int4")
    (tmp_path / "there").mkdir()
    with pytest.raises(FileExistsError, match="new folder"):
        convert_translator(str(model), tmp_path / "there")


def test_the_command_converts_and_refuses_in_one_line(tmp_path: Path) -> None:
    model = tiny_nllb(tmp_path / "model")

    def convert(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "workers.convert_translator", *arguments]
        return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=120, check=False)

    done = convert(str(model), str(tmp_path / "new"), "--quantization", "int8")
    assert done.returncode == 0, done.stderr
    assert "is ready" in done.stdout
    translator = get_translator("ctranslate2", model=str(tmp_path / "new"), beams=1)
    assert translator.translate(["The mayor"], source_language="en", target_language="es")[0].text
    again = convert(str(model), str(tmp_path / "new"))
    assert again.returncode == 1
    assert again.stderr.strip().endswith("give a new folder")

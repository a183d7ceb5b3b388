"""Folders that a process may load models from."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from workers import model_cache
from workers.encode import Encoder
from workers.model_cache import ModelUnavailable, check_folder
from workers.tag import get_tagger


@pytest.fixture(autouse=True)
def allowed(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "models" / "mine").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    before = model_cache.policy()
    model_cache.configure(folders=(tmp_path / "models",))
    yield tmp_path / "models"
    model_cache.configure(folders=before.folders)


def test_a_folder_below_an_allowed_one_may_be_loaded(allowed: Path) -> None:
    check_folder(str(allowed / "mine"))
    check_folder("packaged")
    check_folder("nobody/nothing")  # an id of the hub


@pytest.mark.parametrize("name", ["elsewhere", "models/../elsewhere", "not-there"])
def test_other_folders_are_refused_with_those_that_are_allowed(allowed: Path, name: str) -> None:
    with pytest.raises(ModelUnavailable, match="MODEL_FOLDERS: .*models"):
        check_folder(str(allowed.parent / name))


def test_a_link_out_of_an_allowed_folder_is_refused(allowed: Path) -> None:
    (allowed / "link").symlink_to(allowed.parent / "elsewhere")
    with pytest.raises(ModelUnavailable, match="is not where models may lie"):
        check_folder(str(allowed / "link"))


def test_encoders_and_taggers_ask(allowed: Path) -> None:
    elsewhere = str(allowed.parent / "elsewhere")
    for load in (
        lambda: Encoder(elsewhere),
        lambda: get_tagger("huggingface", model=elsewhere),
        lambda: get_tagger("spacy-en", model=elsewhere),
    ):
        with pytest.raises(ModelUnavailable, match="is not where models may lie"):
            load()


def test_without_a_rule_any_folder_will_do(allowed: Path) -> None:
    model_cache.configure(folders=None)
    check_folder(str(allowed.parent / "elsewhere"))


def test_code_that_comes_with_a_model_is_never_run(allowed: Path) -> None:
    """A folder whose configuration names its own code, under a type that nobody knows and one that all do."""
    from transformers import AutoConfig, AutoModel, AutoTokenizer

    ran = allowed / "ran"
    for kind in ("theirs", "bert"):
        folder = allowed / kind
        folder.mkdir()
        names = {"AutoConfig": "code.Config", "AutoModel": "code.Model", "AutoTokenizer": ["code.T", None]}
        (folder / "config.json").write_text(json.dumps({"model_type": kind, "auto_map": names}))
        (folder / "tokenizer_config.json").write_text(json.dumps({"auto_map": names}))
        (folder / "code.py").write_text(f"open({str(ran)!r}, 'w')\nclass Config: ...\nclass Model: ...\n")
        for auto_class in (AutoConfig, AutoModel, AutoTokenizer):
            with suppress(ModelUnavailable):
                model_cache.load_pretrained(auto_class, str(folder))
    with pytest.raises(ModelUnavailable):
        model_cache.load_pretrained(AutoConfig, str(allowed / "theirs"))
    assert not ran.exists()

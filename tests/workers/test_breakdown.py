"""Scores by bucket against hand counts, and the command that prints them."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.workers.tiny_models import tiny_xlmr
from workers.breakdown import break_down

TOKENS = [["Ana", "Ruiz", "saw", "Rome"], ["Bob", "left"]]
GOLD = [["B-PER", "I-PER", "O", "B-LOC"], ["B-PER", "O"]]
FOUND = [["B-PER", "I-PER", "O", "B-ORG"], ["O", "B-PER"]]


def test_scores_are_split_by_what_entities_are_like() -> None:
    parts = break_down(
        TOKENS, GOLD, FOUND, seen={("Ana", "Ruiz"): 12, ("Rome",): 1}, groups={"domain": ["news", "web"]}
    )
    by_length = parts["length"]
    assert list(by_length) == ["1 word", "2 words"]
    assert (by_length["1 word"].f1, by_length["1 word"].support) == (0, 2)
    assert by_length["2 words"].f1 == 1
    assert parts["frequency"]["seen 10 times or more"].recall == 1
    assert parts["frequency"]["seen once or twice"].support == 1
    assert parts["frequency"]["unseen"].support == 1  # Bob; the wrong "left" is unseen too
    assert parts["domain"]["news"].precision == 0.5
    assert parts["domain"]["web"].f1 == 0
    assert list(parts["sentence length"]) == ["up to 10 words"]


def test_a_group_of_another_length_is_an_error() -> None:
    with pytest.raises(ValueError, match="1 values of 'domain' for 2 sentences"):
        break_down(TOKENS, GOLD, FOUND, groups={"domain": ["news"]})


def write(path: Path, tags: list[list[str]]) -> Path:
    sentences = zip(TOKENS, tags, strict=True)
    blocks = ("\n".join(f"{t} {g}" for t, g in zip(*one, strict=True)) for one in sentences)
    path.write_text("\n\n".join(blocks) + "\n\n", encoding="utf-8")
    return path


def test_a_prediction_is_scored_against_a_baseline(tmp_path: Path) -> None:
    gold, found = write(tmp_path / "gold.conll", GOLD), write(tmp_path / "found.conll", FOUND)
    out = StringIO()
    call_command(
        "evaluate_tagger", str(gold), "--predicted", str(found), "--baseline", str(gold), "--json",
        "--bootstrap", "50", "--train", str(gold), stdout=out,
    )  # fmt: skip
    result = json.loads(out.getvalue())
    assert result["entity_exact"] == pytest.approx(1 / 3)
    assert result["differences"]["strict_f1"]["value"] < 0
    assert set(result["breakdown"]) == {"label", "length", "sentence length", "frequency"}


def test_a_tagger_is_scored_and_its_prediction_kept(tmp_path: Path) -> None:
    model = tiny_xlmr(tmp_path / "model", [" ".join(tokens) for tokens in TOKENS])
    gold, kept, out = write(tmp_path / "gold.conll", GOLD), tmp_path / "kept.conll", StringIO()
    call_command("evaluate_tagger", str(gold), "--tagger", str(model), "--save", str(kept), stdout=out)
    assert "by length" in out.getvalue() and "sentence exact match" in out.getvalue()
    again = StringIO()
    call_command("evaluate_tagger", str(gold), "--predicted", str(kept), stdout=again)
    assert again.getvalue() == out.getvalue()


def test_gold_and_run_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="give a gold file, or --run"):
        call_command("evaluate_tagger", "--predicted", str(tmp_path / "x"))

"""Noise: what each kind does to a word, that spans stay valid, and that every change can be made again."""

import json
import unicodedata
from pathlib import Path
from random import Random

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.conll import read_conll
from workers.noise import NOISES, TOKEN_NOISES, NoiseSetting, apply_changes, moved_entities, perturb
from workers.noise.foreign import from_links
from workers.noise.letters import plain_letters, strip_marks, strip_tones, title_case, vary_apostrophes
from workers.noise.names import NamePool
from workers.noise.scanning import misread
from workers.noise.spacing import SPACING
from workers.noise.speech import speak
from workers.noise.typing import graphemes, key_neighbours, mistype
from workers.spans import Entity

SENTENCES = [
    (["Wọ́n", "rí", "Adé", "Òjó", "ní", "Èkó", "lónìí", "."], [Entity(2, 4, "PER"), Entity(5, 6, "LOC")]),
    (["Musa", "ya", "je", "Kano", "a", "2019"], [Entity(0, 1, "PER"), Entity(3, 4, "LOC")]),
    (["Ben", "Ali", "saw", "Lagos", "and", "N'Djamena", "ŋaŋ"], [Entity(0, 2, "PER"), Entity(3, 4, "LOC")]),
]
FOREIGN = [{0: "they", 4: "in"}, {1: "did"}, {}]


def chance() -> Random:
    return Random(1)


@pytest.mark.parametrize(
    ("change", "token", "expected"),
    [
        (strip_marks, "Wọ́n", "Won"),
        (strip_tones, "Wọ́n", "Wọn"),
        (strip_marks, "مُحَمَّد", "محمد"),
        (strip_marks, "हिन्दी", "हिन्दी"),  # vowel signs are no accents
        (strip_marks, "e\u0301", "e"),
        (strip_marks, "plain", "plain"),
        (plain_letters, "ɓeer", "beer"),
        (plain_letters, "ŋaam", "ngaam"),
        (plain_letters, "é", "é"),  # an accent is left to `diacritics`
        (plain_letters, "жук", "жук"),
        (title_case, "n'djamena", "N'djamena"),
        (speak, "U.S.", "us"),
        (speak, ".", "mm"),
        (speak, "2019", "2019"),  # no language is known
    ],
)
def test_a_word_is_changed(change: object, token: str, expected: str) -> None:
    assert change(token, chance(), "und") == expected  # type: ignore[operator]


def test_numbers_are_spoken_in_the_language() -> None:
    assert speak("21", chance(), "en") == "twenty-one"
    assert speak("21", chance(), "fr") == "vingt-et-un"
    assert speak("21", chance(), "lug") == "21"


def test_apostrophes_become_another_one_and_only_they() -> None:
    changed = vary_apostrophes("N'Djamena", chance(), "und")
    assert changed != "N'Djamena" and changed[0] == "N" and changed[2:] == "Djamena"


def test_neighbouring_keys_touch_in_some_layout() -> None:
    assert set("qweasdzx") & set(key_neighbours("s")) >= set("wadzx")
    assert "P" in key_neighbours("O") and "p" not in key_neighbours("O")
    assert "ц" in key_neighbours("й")
    assert key_neighbours("日") == ()


def test_a_typing_error_never_tears_a_mark_off_its_letter() -> None:
    word = "ọ̀rọ̀ẹ́kọ́"
    letters = set(graphemes(word))
    for seed in range(200):
        changed = mistype(word, Random(seed), "und")
        assert changed != word
        new = [g for g in graphemes(changed) if g not in letters]
        assert len(new) <= 1
        assert not unicodedata.combining(changed[0])


def test_misreading_takes_a_shape_for_its_like() -> None:
    found = {misread("modern", Random(seed), "und") for seed in range(100)}
    assert "modem" in found and "modern" not in found
    assert misread("×", chance(), "und") == "×"


def changes_at(noise: str, severity: float, where: str = "both", seed: int = 3) -> list[tuple[str, ...]]:
    setting = NoiseSetting(noise, severity, where, seed)
    names = NamePool([(["Ada", "Obi"], [Entity(0, 2, "PER")]), (["Jos", "Zinder"], [Entity(0, 1, "LOC")])])
    noisy, changes = perturb(SENTENCES, setting, names=names, foreign=FOREIGN)
    if noise not in SPACING:
        assert [len(tokens) for tokens in noisy] == [len(tokens) for tokens, _ in SENTENCES]
    assert apply_changes([tokens for tokens, _ in SENTENCES], changes) == noisy
    assert all(token and not any(c.isspace() for c in token) for tokens in noisy for token in tokens)
    return changes  # type: ignore[return-value]


@pytest.mark.parametrize("noise", NOISES)
def test_every_noise_is_repeatable_and_grows_with_severity(noise: str) -> None:
    most = changes_at(noise, 1.0)
    assert most == changes_at(noise, 1.0)
    assert changes_at(noise, 0.0) == []
    some = changes_at(noise, 0.4)
    assert set(some) <= set(most)
    assert most


@pytest.mark.parametrize(("where", "inside"), [("entity", True), ("context", False)])
def test_noise_stays_where_it_is_wanted(where: str, inside: bool) -> None:
    changes = changes_at("typos", 1.0, where)
    assert changes
    for sentence, token, *_ in changes:
        entities = SENTENCES[sentence][1]  # type: ignore[index]
        assert any(e.start <= token < e.end for e in entities) is inside  # type: ignore[operator]


def test_a_name_is_replaced_by_one_of_its_label_and_length() -> None:
    assert {(change[0], change[3], change[4]) for change in changes_at("entities", 1.0)} == {
        (0, "Adé", "Ada"), (0, "Òjó", "Obi"), (0, "Èkó", "Jos"), (1, "Kano", "Jos"),
        (2, "Ben", "Ada"), (2, "Ali", "Obi"), (2, "Lagos", "Jos"),
    }  # fmt: skip


def test_names_of_the_training_data_are_not_drawn() -> None:
    pool = NamePool([(["Jos", "Zinder"], [Entity(0, 1, "LOC"), Entity(1, 2, "LOC")])], without={("Jos",)})
    assert pool.draw(["Kano"], "LOC", chance()) == ("Zinder",)
    assert pool.draw(["Zinder"], "LOC", chance()) == ("Zinder",)


def test_only_links_of_one_word_to_one_switch_the_language() -> None:
    assert from_links([["a", "b", "c"]], [[(0, 0), (1, 1), (1, 2), (2, 3), (0, 4)]]) == [{3: "c"}]


@settings(max_examples=150, deadline=None)
@given(token=st.text(min_size=1, max_size=12), seed=st.integers(0, 50))
def test_no_noise_empties_a_word(token: str, seed: int) -> None:
    for noise in TOKEN_NOISES.values():
        assert noise(token, Random(seed), "en")


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        (("smoke", 0.1), "unknown noise 'smoke'; known: typos"),
        (("typos", 1.5), "severity must be between 0 and 1"),
        (("typos", 0.5, "nowhere"), "unknown place 'nowhere'"),
        (("entities", 0.5, "context"), "nothing to do in the context"),
    ],
)
def test_a_wrong_setting_is_named(values: tuple[object, ...], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        NoiseSetting(*values)  # type: ignore[arg-type]


def test_a_log_of_another_text_is_refused() -> None:
    changes = changes_at("typos", 1.0)
    with pytest.raises(ValueError, match="sentence 0, token 0 is 'other'"):
        apply_changes([["other"] * 9] * 3, changes)  # type: ignore[arg-type]


def spaced(noise: str, severity: float = 1.0) -> list[tuple[list[str], list[str]]]:
    """For each sentence its words after the noise, and the words of its names."""
    noisy, changes = perturb(SENTENCES, NoiseSetting(noise, severity, seed=3))
    moved = moved_entities(SENTENCES, changes)
    return [
        (words, [" ".join(words[e.start : e.end]) for e in entities])
        for words, entities in zip(noisy, moved, strict=True)
    ]


def test_words_fall_apart_and_their_names_keep_all_pieces() -> None:
    clean = [(tokens, [tokens[e.start : e.end] for e in entities]) for tokens, entities in SENTENCES]
    for (words, names), (tokens, wanted) in zip(spaced("split"), clean, strict=True):
        assert "".join(words) == "".join(tokens) and len(words) > len(tokens)
        assert [name.replace(" ", "") for name in names] == ["".join(name) for name in wanted]


def test_words_run_together_but_not_over_the_edge_of_a_name() -> None:
    assert spaced("merge")[2] == (["BenAli", "saw", "Lagos", "and", "N'Djamenaŋaŋ"], ["BenAli", "Lagos"])


@settings(max_examples=100, deadline=None)
@given(
    words=st.lists(st.text("abç ẹ́1.", min_size=1, max_size=6).map(lambda w: w.replace(" ", "_")), max_size=9),
    edges=st.sets(st.integers(0, 9), max_size=4),
    noise=st.sampled_from(sorted(SPACING)),
    severity=st.floats(0, 1),
)
def test_spans_stay_valid_whatever_the_spaces_do(
    words: list[str], edges: set[int], noise: str, severity: float
) -> None:
    bounds = sorted(edge for edge in edges if edge <= len(words))
    entities = [Entity(a, b, "PER") for a, b in zip(bounds[::2], bounds[1::2], strict=False)]
    noisy, changes = perturb([(words, entities)], NoiseSetting(noise, severity))
    (moved,) = moved_entities([(words, entities)], changes)
    for before, after in zip(entities, moved, strict=True):
        assert "".join(noisy[0][after.start : after.end]) == "".join(words[before.start : before.end])
        assert after.start < after.end


def write(path: Path) -> Path:
    lines = ["Musa B-PER", "went O", "to O", "Kano B-LOC", "", "Ben B-PER", "Ali I-PER", "slept O", ""]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_the_command_keeps_tags_and_its_log_makes_the_same_file(tmp_path: Path) -> None:
    clean = write(tmp_path / "in.conll")
    noisy, again, log = tmp_path / "a.conll", tmp_path / "b.conll", tmp_path / "log.jsonl"
    call_command("perturb_conll", clean, output=noisy, type="typos", severity=0.8, seed=5, log=log)
    call_command("perturb_conll", clean, output=again, replay=log)
    assert noisy.read_text() == again.read_text() != clean.read_text()
    tags = [[line.split(" ")[1:] for line in path.read_text().splitlines()] for path in (clean, noisy)]
    assert tags[0] == tags[1]
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    assert rows and set(rows[0]) == {"sentence", "token", "noise", "before", "after"}


@pytest.mark.parametrize("noise", sorted(SPACING))
def test_the_command_moves_tags_with_the_spaces(tmp_path: Path, noise: str) -> None:
    clean = write(tmp_path / "in.conll")
    noisy, again, log = tmp_path / "a.conll", tmp_path / "b.conll", tmp_path / "log.jsonl"
    call_command("perturb_conll", clean, output=noisy, type=noise, severity=1.0, log=log)
    call_command("perturb_conll", clean, output=again, replay=log)
    assert noisy.read_text() == again.read_text()
    names = [
        "".join(sentence.tokens[e.start : e.end]) for sentence in read_conll(noisy) for e in sentence.entities
    ]
    assert names == ["Musa", "Kano", "BenAli"]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({}, "either --type or --replay"),
        ({"type": "code-switch"}, "code-switch needs --lexicon"),
        ({"type": "typos", "severity": 2.0}, "severity must be"),
    ],
)
def test_the_command_says_what_is_wrong(tmp_path: Path, options: dict[str, object], complaint: str) -> None:
    clean = write(tmp_path / "in.conll")
    with pytest.raises(CommandError, match=complaint):
        call_command("perturb_conll", clean, output=tmp_path / "out.conll", **options)
    assert not (tmp_path / "out.conll").exists()

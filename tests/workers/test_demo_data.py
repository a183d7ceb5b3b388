"""The demo corpus keeps what its README promises. The data is read as files; no database is needed."""

import json
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from workers.spans import Entity

FOLDER = Path(__file__).parents[2] / "annotations" / "demo"
AT_LEAST = {"es": 62, "de": 42, "sw": 42, "yo": 42, "ar": 32, "zh": 32}
LABELS = {"PER", "LOC", "ORG", "MISC"}
DIRECTION_MARKS = {"\u200e", "\u200f"}
INVISIBLE_ALLOWED = DIRECTION_MARKS | {"\u200c"}
WHITE_SPACE = set(" \t\n\r\u00a0\u202f\u3000")

EVERYWHERE = {
    "reordering",
    "coordinated-head",
    "repeated-name",
    "dropped-entity",
    "long-entity",
    "no-entity",
    "title-name",
    "demonym",
    "quote-edge",
    "punctuation-edge",
    "number-in-name",
    "initials",
    "hyphenated-name",
    "acronym",
    "emoji",
    "all-caps",
}
ALSO = {
    "es": {"article-edge", "contraction-edge", "exonym", "label-shift"},
    "de": {
        "article-edge",
        "contraction-edge",
        "compounding",
        "inflected-name",
        "exonym",
        "label-shift",
    },
    "sw": {"article-edge", "inflected-name", "prefixed-name", "exonym", "label-shift"},
    "yo": {"contraction-edge", "exonym", "label-shift", "nfd"},
    "ar": {"prefixed-name", "transliterated-name", "bidi-mark"},
    "zh": {"transliterated-name", "label-shift"},
}


def read_pairs(language: str) -> list[dict]:
    lines = (FOLDER / f"en-{language}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


PAIRS = {language: read_pairs(language) for language in AT_LEAST}
EVERY_PAIR = [pair for pairs in PAIRS.values() for pair in pairs]
each_language = pytest.mark.parametrize("language", AT_LEAST)


def names(pair: dict, side: str) -> list[str]:
    return [" ".join(pair[side][start:end]) for start, end, _ in pair[f"{side}_entities"]]


def gaps(text: str, tokens: list[str]) -> list[str]:
    """What stands before, between and after the tokens; fails where a token is not next in the text."""
    found, position = [], 0
    for token in tokens:
        start = text.index(token, position)
        found.append(text[position:start])
        position = start + len(token)
    return [*found, text[position:]]


@each_language
def test_it_has_enough_pairs_in_texts_of_three_to_six_sentences(language):
    pairs = PAIRS[language]
    assert len(pairs) >= AT_LEAST[language]
    sentences = Counter(pair["document"] for pair in pairs)
    assert all(3 <= n <= 6 for n in sentences.values()), sentences
    assert all(pair["document"].startswith(f"{language}-{pair['domain']}-") for pair in pairs)
    assert len({pair["domain"] for pair in pairs}) >= 6


@each_language
def test_about_one_sentence_in_eight_has_no_entity(language):
    share = sum(not pair["source_entities"] for pair in PAIRS[language]) / len(PAIRS[language])
    assert 0.09 <= share <= 0.17


@each_language
def test_at_least_half_of_its_english_sentences_are_its_own(language):
    seen = Counter(pair["source_text"] for pair in EVERY_PAIR)
    assert sum(seen[pair["source_text"]] == 1 for pair in PAIRS[language]) >= len(PAIRS[language]) / 2


@each_language
def test_no_english_sentence_comes_twice_in_one_language(language):
    assert len({pair["source_text"] for pair in PAIRS[language]}) == len(PAIRS[language])


@each_language
def test_it_has_every_hard_case_that_makes_sense_in_the_language(language):
    present = {tag for pair in PAIRS[language] for tag in pair["phenomena"]}
    assert not (EVERYWHERE | ALSO[language]) - present


@each_language
def test_every_label_occurs_on_both_sides(language):
    for side in ("source", "target"):
        found = {label for pair in PAIRS[language] for _, _, label in pair[f"{side}_entities"]}
        assert found == LABELS


def test_ids_are_unique():
    assert not [key for key, n in Counter(pair["id"] for pair in EVERY_PAIR).items() if n > 1]


def test_every_tag_used_is_explained():
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert not [tag for pair in EVERY_PAIR for tag in pair["phenomena"] if f"`{tag}`" not in readme]


def test_the_readme_counts_the_pairs():
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    for language, pairs in PAIRS.items():
        row = next(line for line in readme.splitlines() if line.startswith(f"| `en-{language}.jsonl`"))
        assert row.split("|")[3].strip() == str(len(pairs))


@each_language
def test_its_tokens_stand_in_the_text(language):
    for pair in PAIRS[language]:
        for side in ("source", "target"):
            assert all(token and not set(token) & WHITE_SPACE for token in pair[side]), pair["id"]
            between = "".join(gaps(pair[f"{side}_text"], pair[side]))
            assert set(between) <= {" "} | DIRECTION_MARKS, pair["id"]
        if pair["target_language"] == "zh":
            assert " " not in pair["target_text"], pair["id"]


@each_language
def test_its_spans_are_sorted_in_range_and_apart(language):
    for pair in PAIRS[language]:
        for side in ("source", "target"):
            entities = [Entity(*entity) for entity in pair[f"{side}_entities"]]
            assert all(entity.end <= len(pair[side]) for entity in entities), pair["id"]
            assert {entity.label for entity in entities} <= LABELS, pair["id"]
            assert all(a.end <= b.start for a, b in zip(entities, entities[1:], strict=False)), pair["id"]


@each_language
def test_its_links_join_each_entity_at_most_once(language):
    for pair in PAIRS[language]:
        links = pair["entity_links"]
        assert all(0 <= k < len(pair["source_entities"]) for k, _ in links), pair["id"]
        assert all(0 <= m < len(pair["target_entities"]) for _, m in links), pair["id"]
        assert len({k for k, _ in links}) == len({m for _, m in links}) == len(links), pair["id"]
        assert len(links) == len(pair["target_entities"]), pair["id"]


@each_language
def test_its_names_do_not_begin_or_end_with_what_the_conventions_leave_outside(language):
    for pair in PAIRS[language]:
        outside = set('"“”„«»《》（）()，。、؛؟،:;!?¡¿') | {"the", "'s", "Dr.", "Mr."}
        outside |= {"es": {"del", "al", "el", "la", "los", "las", "de"}, "yo": {"l'", "ní"}}.get(
            pair["target_language"], set()
        )
        for side in ("source", "target"):
            for start, end, _ in pair[f"{side}_entities"]:
                assert not outside & {pair[side][start], pair[side][end - 1]}, pair["id"]


@each_language
def test_its_characters_are_the_ones_promised(language):
    for pair in PAIRS[language]:
        text = pair["source_text"] + pair["target_text"]
        odd = {character for character in text if unicodedata.category(character).startswith("C")}
        assert odd <= INVISIBLE_ALLOWED, pair["id"]
        assert bool(odd) == ("bidi-mark" in pair["phenomena"]), pair["id"]
        assert unicodedata.is_normalized("NFC", pair["source_text"]), pair["id"]
        form = "NFD" if "nfd" in pair["phenomena"] else "NFC"
        assert unicodedata.is_normalized(form, pair["target_text"]), pair["id"]
        if pair["target_language"] != "zh":
            assert "/" not in text and "\\" not in text, pair["id"]


@each_language
def test_its_tags_say_what_the_data_shows(language):
    for pair in PAIRS[language]:
        source, links = names(pair, "source"), [m for _, m in sorted(pair["entity_links"])]
        shown = {
            "no-entity": not source,
            "repeated-name": len(set(source)) < len(source),
            "dropped-entity": len(links) < len(source),
            "reordering": links != sorted(links),
            "label-shift": any(
                pair["source_entities"][k][2] != pair["target_entities"][m][2]
                for k, m in pair["entity_links"]
            ),
            "long-entity": any(
                end - start >= 6
                for side in ("source", "target")
                for start, end, _ in pair[f"{side}_entities"]
            ),
            "number-in-name": any(c.isdigit() for name in source + names(pair, "target") for c in name),
            "all-caps": pair["source_text"].isupper(),
            "emoji": any(unicodedata.category(c) == "So" for c in pair["source_text"]),
        }
        assert {tag for tag, is_shown in shown.items() if is_shown} == shown.keys() & set(
            pair["phenomena"]
        ), pair["id"]

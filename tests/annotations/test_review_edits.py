"""Edits as pure functions: a table of (items, edit, what the item becomes)."""

from dataclasses import replace

import pytest

from annotations.edits import Edit, EditRefused, Sentence
from annotations.items import ACCEPTED, PENDING, REJECTED, Item, Snapshot
from annotations.review_edits import accept_all, apply_edit

#                    0   1    2    3  4
TOKENS = ["Ana", "Ruiz", "vive", "en", "Madrid"]
TEXT = " ".join(TOKENS)
OFFSETS = [0, 3, 4, 8, 9, 13, 14, 16, 17, 23]
SENTENCE = Sentence(
    TEXT, OFFSETS, ["PER", "LOC"], {0: {0: (0, 1), 1: (0, 2)}, 1: {0: (4, 5)}, 2: {0: None, 1: (2, 3)}}
)

ana = Item(0, PENDING, 0, 1, "PER", candidate=10, source_entity=20)
madrid = Item(1, ACCEPTED, 4, 5, "LOC", candidate=11, source_entity=21)
missing = Item(2, PENDING, None, None, "LOC", candidate=12, source_entity=22)
rejected = Item(3, REJECTED, 2, 3, "PER")
REVIEW = Snapshot("open", False, "", (ana, madrid, missing, rejected))

FITS = [
    ("end-out", 0, replace(ana, end=2, state=ACCEPTED)),
    ("label:LOC", 0, replace(ana, label="LOC", state=ACCEPTED)),
    ("label:PER", 2, replace(missing, label="PER")),  # still asks for its words
    ("pick:1", 0, replace(ana, end=2, state=ACCEPTED)),
    ("pick:1", 2, replace(missing, start=2, end=3, state=ACCEPTED)),
    ("pick:0", 2, missing),
    ("start-out", 1, replace(madrid, start=3)),
    ("accept", 0, replace(ana, state=ACCEPTED)),
    ("reject", 0, replace(ana, state=REJECTED)),
    ("reject", 3, replace(rejected, state=ACCEPTED)),
    ("none", 1, replace(madrid, start=None, end=None)),
]


@pytest.mark.parametrize(("word", "position", "expected"), FITS)
def test_it_changes_one_item(word: str, position: int, expected: Item) -> None:
    verb, _, value = word.partition(":")
    after = apply_edit(REVIEW, Edit(verb, value, position), SENTENCE)
    assert after.item(position) == expected
    assert [item for item in after.items if item.position != position] == [
        item for item in REVIEW.items if item.position != position
    ]


REFUSED = [
    ("start-out", 0, {}, "ends here"),
    ("end-out", 1, {}, "ends here"),
    ("end-in", 0, {}, "One word is left"),
    ("end-out", 2, {}, "no words yet"),
    ("label:ORG", 0, {}, "not a label"),
    ("pick:7", 0, {}, "no alternative"),
    ("pick:x", 0, {}, "no alternative"),
    ("none", 3, {}, "no source"),
    ("place", 2, {}, "Select the words"),
    ("place", 2, {"first": 3, "last": 4}, "holds a word"),
    ("place", 2, {"first": 3, "last": 5}, "only 5 words"),
    ("add:LOC", None, {"first": 4, "last": 4}, "holds a word"),
    ("add:XXX", None, {"first": 2, "last": 2}, "not a label"),
    ("accept", 9, {}, "Choose an entity"),
    ("explode", 0, {}, "no edit called"),
]


@pytest.mark.parametrize(("word", "position", "where", "message"), REFUSED)
def test_it_refuses_what_does_not_fit(word: str, position: int, where: dict, message: str) -> None:
    verb, _, value = word.partition(":")
    with pytest.raises(EditRefused, match=message):
        apply_edit(REVIEW, Edit(verb, value, position, **where), SENTENCE)


def test_it_adds_an_item_at_the_end_whichever_way_the_words_were_selected() -> None:
    after = apply_edit(REVIEW, Edit("add", "LOC", first=3, last=2), SENTENCE)
    assert after.items[-1] == Item(4, ACCEPTED, 2, 4, "LOC")


def test_it_places_a_missing_item_and_labels_it() -> None:
    after = apply_edit(REVIEW, Edit("place", "PER", 2, first=2, last=3), SENTENCE)
    assert after.item(2) == replace(missing, start=2, end=4, label="PER", state=ACCEPTED)


def test_it_accepts_everything_pending_and_keeps_what_was_rejected() -> None:
    after = accept_all(REVIEW, SENTENCE)
    assert after.status == "done"
    assert [item.state for item in after.items] == [ACCEPTED, ACCEPTED, ACCEPTED, REJECTED]


def test_it_does_not_accept_two_items_that_share_a_word() -> None:
    review = replace(REVIEW, items=(ana, replace(ana, position=1, end=2)))
    with pytest.raises(EditRefused, match="change or reject") as refused:
        accept_all(review, SENTENCE)
    assert refused.value.position == 0


def test_it_leaves_nothing_pending_in_a_finished_review() -> None:
    done = replace(REVIEW, status="done", items=(replace(ana, state=ACCEPTED),))
    sentence = replace(SENTENCE, suggestions={0: {0: None, 1: (0, 2)}})
    assert apply_edit(done, Edit("pick", "0", 0), sentence).items[0].state == ACCEPTED

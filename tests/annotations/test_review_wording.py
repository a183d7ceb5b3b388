"""Words split, merged and rewritten: everything that counts tokens moves along, and can be undone."""

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from annotations.models import (
    Candidate,
    PairResult,
    Project,
    ReferenceSpan,
    Review,
    ReviewEvent,
    SentencePair,
    SourceEntity,
    User,
    WordingChange,
)
from factories import make_pair

ARABIC = "قال وليد إن المدرسة بعيدة ."


def reword(client: Client, pair: SentencePair, kind: str, *, version: int = 0, text: int = 0, **data):
    url = reverse("annotations:review_wording", args=[pair.pk])
    data = {"kind": kind, "side": "target", "version": version, "run": pair.shown_run_id, "text": text} | data
    return client.post(url, data, headers={"HX-Request": "true"})


def edit(client: Client, pair: SentencePair, word: str, version: int, **data):
    data = {"edit": word, "version": version, "run": pair.shown_run_id, **data}
    return client.post(reverse("annotations:review_edit", args=[pair.pk]), data)


def undo(client: Client, pair: SentencePair, name: str = "undo"):
    return client.post(reverse(f"annotations:{name}", args=[pair.project_id]))


def items(user: User) -> list[tuple]:
    review = Review.objects.get(reviewer=user)
    return list(review.items.order_by("position").values_list("state", "start", "end"))


def links() -> set[tuple]:
    result = PairResult.objects.get()
    return set(zip(result.link_sources, result.link_targets, strict=True))


@pytest.fixture
def glued(project: Project) -> SentencePair:
    """The target reads AnaRuiz as one word."""
    return make_pair(
        project,
        target="vive AnaRuiz en Madrid .",
        suggestions=[((0, 2), (1, 2), "PER"), ((4, 5), (3, 4), "LOC")],
        links=[(0, 1), (1, 1), (2, 0), (4, 3)],
    )


def test_a_split_moves_spans_links_and_candidates(glued: SentencePair, ana: User, sign_in) -> None:
    client = sign_in(ana)
    assert reword(client, glued, "split", first=1, part="Ana").status_code == 200
    pair = SentencePair.objects.get()
    assert pair.target_text == "vive AnaRuiz en Madrid ."  # as imported, to the code point
    assert pair.target_tokens == ["vive", "Ana", "Ruiz", "en", "Madrid", "."]
    assert items(ana) == [("pending", 1, 3), ("pending", 4, 5)]
    assert list(Candidate.objects.order_by("pk").values_list("start", "end")) == [(1, 3), (4, 5)]
    assert links() == {(0, 1), (0, 2), (1, 1), (1, 2), (2, 0), (4, 4)}
    change = WordingChange.objects.get()
    assert (change.text_version, change.kind, change.actor) == (1, "split", ana)


def test_a_merge_is_the_way_back(glued: SentencePair, ana: User, sign_in) -> None:
    client = sign_in(ana)
    reword(client, glued, "split", first=1, part="Ana")
    reword(client, glued, "merge", version=1, text=1, first=1, last=2)
    assert SentencePair.objects.get().target_tokens == ["vive", "AnaRuiz", "en", "Madrid", "."]
    assert items(ana) == [("pending", 1, 2), ("pending", 3, 4)]
    assert links() == {(0, 1), (1, 1), (2, 0), (4, 3)}


def test_the_similarity_moves_along(glued: SentencePair, ana: User, sign_in) -> None:
    matrix = np.arange(30, dtype="<f2").reshape(6, 5) / 32
    PairResult.objects.update(similarity=matrix.tobytes())
    reword(sign_in(ana), glued, "split", first=1, part="Ana")
    moved = np.frombuffer(PairResult.objects.get().similarity, dtype="<f2").reshape(6, 6)
    assert np.array_equal(moved, matrix[:, [0, 1, 1, 2, 3, 4]])


def test_a_source_word_splits_with_its_entity(pair: SentencePair, ana: User, sign_in) -> None:
    reword(sign_in(ana), pair, "split", side="source", first=4, part="Mad")
    assert SentencePair.objects.get().source_tokens[4:6] == ["Mad", "rid"]
    assert SourceEntity.objects.get(label="LOC").end == 6
    assert {(4, 4), (5, 4)} <= links()


@pytest.mark.parametrize(
    ("kind", "data", "words"),
    [
        ("split", {"first": 1, "part": "Ruiz"}, "cannot be cut"),
        ("split", {"first": 1, "part": "AnaRuiz"}, "cannot be cut"),
        ("split", {"first": 9, "part": "A"}, "no such word"),
        ("merge", {"first": 0, "last": 1}, "space between"),
        ("merge", {"first": 4, "last": 5}, "no such word"),
    ],
)
def test_what_does_not_fit_is_refused(
    glued: SentencePair, ana: User, sign_in, kind: str, data: dict, words: str
) -> None:
    response = reword(sign_in(ana), glued, kind, **data)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert SentencePair.objects.get().text_version == 0


def test_letters_beyond_the_basic_plane_count_once(project: Project, ana: User, sign_in) -> None:
    pair = make_pair(project, "Hi Ana", "🎉🎉𝒜𝓃𝒶 x", [((1, 2), (0, 1), "PER")])
    reword(sign_in(ana), pair, "split", first=0, part="🎉🎉")
    assert SentencePair.objects.get().target_tokens == ["🎉🎉", "𝒜𝓃𝒶", "x"]


def test_an_arabic_clitic_is_split(project: Project, ana: User, sign_in) -> None:
    pair = make_pair(project, "Walid said", ARABIC, [((0, 1), (1, 2), "PER")], language="ar")
    reword(sign_in(ana), pair, "split", first=1, part="و")
    assert SentencePair.objects.get().target_tokens[1:3] == ["و", "ليد"]
    assert items(ana) == [("pending", 1, 3)]


def test_everybodys_review_moves_and_stale_writes_are_told(
    glued: SentencePair, ana: User, ben: User, sign_in
) -> None:
    anas, bens = sign_in(ana), sign_in(ben)
    edit(bens, glued, "label:ORG", 0, position=1)
    reword(anas, glued, "split", first=1, part="Ana")
    assert items(ben) == [("pending", 1, 3), ("accepted", 4, 5)]
    assert edit(bens, glued, "end-out", 1, position=1).status_code == 409  # saw the words as they were
    event = ReviewEvent.objects.filter(review__reviewer=ben).last()
    assert (event.actor, event.action) == (ana, "reworded")
    history = anas.get(reverse("annotations:history", args=[glued.pk])).content.decode()
    assert "words “AnaRuiz” made “Ana · Ruiz”" in history


def test_a_first_write_that_saw_other_words_is_stale(
    glued: SentencePair, ana: User, ben: User, sign_in
) -> None:
    reword(sign_in(ana), glued, "split", first=1, part="Ana")
    response = edit(sign_in(ben), glued, "end-out", 0, position=0, text=0)
    assert response.status_code == 409
    assert not Review.objects.filter(reviewer=ben).exists()


def test_accepted_neighbours_are_never_glued(project: Project, ana: User, ben: User, sign_in) -> None:
    pair = make_pair(
        project,
        target="安娜 马德里",
        text="安娜马德里",
        suggestions=[((0, 2), (0, 1), "PER"), ((4, 5), (1, 2), "LOC")],
        language="zh",
    )
    bens = sign_in(ben)
    edit(bens, pair, "accept", 0, position=0)
    edit(bens, pair, "accept", 1, position=1)
    response = reword(sign_in(ana), pair, "merge", first=0, last=1)
    assert response.status_code == 422
    assert "two accepted entities" in response.content.decode()
    assert SentencePair.objects.get().target_tokens == ["安娜", "马德里"]


def test_an_imported_annotation_keeps_its_words(project: Project, ana: User, sign_in) -> None:
    pair = make_pair(project, target="安娜 马德里", text="安娜马德里", suggestions=[], language="zh")
    ReferenceSpan.objects.create(pair=pair, start=0, end=1, label="PER")
    assert reword(sign_in(ana), pair, "merge", first=0, last=1).status_code == 422
    assert reword(sign_in(ana), pair, "split", first=0, part="安").status_code == 200
    assert ReferenceSpan.objects.get().end == 2


def test_undo_and_redo_of_a_split_with_edits_around_it(glued: SentencePair, ana: User, sign_in) -> None:
    client = sign_in(ana)
    edit(client, glued, "label:ORG", 0, position=1)
    reword(client, glued, "split", version=1, first=1, part="Ana")
    edit(client, glued, "end-in", 2, position=0)
    assert items(ana)[0] == ("accepted", 1, 2)
    undo(client, glued)
    assert items(ana)[0] == ("pending", 1, 3)
    undo(client, glued)
    assert SentencePair.objects.get().target_tokens == ["vive", "AnaRuiz", "en", "Madrid", "."]
    assert items(ana) == [("pending", 1, 2), ("accepted", 3, 4)]
    undo(client, glued)
    assert items(ana)[1] == ("pending", 3, 4)
    for _ in range(3):
        undo(client, glued, "redo")
    assert SentencePair.objects.get().target_tokens == ["vive", "Ana", "Ruiz", "en", "Madrid", "."]
    assert items(ana) == [("accepted", 1, 2), ("accepted", 4, 5)]
    assert Review.objects.get().items.get(position=1).label == "ORG"


def test_an_edit_before_anothers_split_is_undone_in_the_new_words(
    glued: SentencePair, ana: User, ben: User, sign_in
) -> None:
    anas = sign_in(ana)
    edit(anas, glued, "end-out", 0, position=1)
    reword(sign_in(ben), glued, "split", first=1, part="Ana")
    assert items(ana)[1] == ("accepted", 4, 6)
    undo(anas, glued)
    assert items(ana) == [("pending", 1, 3), ("pending", 4, 5)]


@pytest.fixture
def machine_made(project: Project) -> SentencePair:
    return make_pair(project, alternatives={0: [(0, 1)]}, translated_side="target")


def test_an_edited_translation_keeps_what_survives(machine_made: SentencePair, ana: User, sign_in) -> None:
    client = sign_in(ana)
    response = reword(client, machine_made, "rewrite", words="Ana Ruiz  reside en Barcelona .")
    assert response.status_code == 200
    pair = SentencePair.objects.get()
    assert pair.target_text == "Ana Ruiz reside en Barcelona ."
    assert (pair.translation_edited_by, pair.text_version) == (ana, 1)
    assert items(ana) == [("pending", 0, 2), ("pending", None, None)]
    assert Review.objects.get().items.get(position=1).lost_words == "Madrid"
    assert links() == {(0, 0), (1, 1), (3, 3), (5, 5)}
    page = response.content.decode()
    assert "“Madrid” is gone from the translation" in page
    assert "Ana Ruiz vive en Madrid ." in page  # how it was


def test_what_went_stale_must_be_decided(machine_made: SentencePair, ana: User, sign_in) -> None:
    client = sign_in(ana)
    reword(client, machine_made, "rewrite", words="Ana Ruiz vive en Barcelona .")
    accept = {"version": 1, "run": machine_made.shown_run_id}
    url = reverse("annotations:review_accept", args=[machine_made.pk])
    assert client.post(url, accept).status_code == 422
    edit(client, machine_made, "place", 1, position=1, first=4, last=4)
    assert client.post(url, accept | {"version": 2}).status_code == 302
    review = Review.objects.gold().get()
    assert [item.lost_words for item in review.items.all()] == ["", ""]


def test_gold_that_lost_its_words_is_open_again_until_it_is_undone(
    machine_made: SentencePair, ana: User, ben: User, sign_in
) -> None:
    bens, anas = sign_in(ben), sign_in(ana)
    bens.post(
        reverse("annotations:review_accept", args=[machine_made.pk]),
        {"version": 0, "run": machine_made.shown_run_id},
    )
    reword(anas, machine_made, "rewrite", words="Ana vive en Madrid .")
    pair = SentencePair.objects.get()
    assert (pair.status, Review.objects.gold().exists()) == ("suggested", False)
    undo(anas, machine_made)
    pair.refresh_from_db()
    assert pair.target_text == "Ana Ruiz vive en Madrid ."
    assert (pair.status, Review.objects.gold().get().reviewer) == ("reviewed", ben)
    assert items(ben) == [("accepted", 0, 2), ("accepted", 4, 5)]
    assert list(Candidate.objects.order_by("rank", "pk").values_list("start", "end")) == [
        (0, 2),
        (4, 5),
        (0, 1),
    ]
    assert (1, 1) in links()


def test_only_machine_translations_are_everybodys_to_edit(
    pair: SentencePair, ana: User, adam: User, sign_in
) -> None:
    assert reword(sign_in(ana), pair, "rewrite", words="Ana vive en Madrid .").status_code == 404
    assert reword(sign_in(adam), pair, "rewrite", words="Ana vive en Madrid .").status_code == 200
    assert reword(sign_in(adam), pair, "rewrite", side="source", words="x").status_code == 404


def test_a_small_edit_leaves_the_other_tokens_alone(project: Project, ana: User, sign_in) -> None:
    pair = make_pair(
        project,
        target="Ana-Ruiz do n't live",
        suggestions=[((0, 1), (0, 1), "PER")],
        translated_side="target",
    )
    reword(sign_in(ana), pair, "rewrite", words="Ana-Ruiz do n't sleep")
    assert SentencePair.objects.get().target_tokens == ["Ana-Ruiz", "do", "n't", "sleep"]

"""What the queue offers: reasons to look, several reviews of a share, search, the pair that comes next."""

from collections import Counter

import pytest
from django.test import Client
from django.urls import reverse

from annotations.actions.claims import Queue, claim_ahead, claim_following, claim_next, release_claim
from annotations.models import NameUse, Project, Review, SentencePair, User
from factories import make_pair, make_user


def accept(client: Client, pair: SentencePair) -> None:
    data = {"version": 0, "run": pair.shown_run_id}
    assert client.post(reverse("annotations:review_accept", args=[pair.pk]), data).status_code == 302


def found(client: Client, project: Project, **query) -> list[SentencePair]:  # noqa: ANN003
    return client.get(reverse("annotations:pairs", args=[project.pk]), query).context["pairs"]


def test_it_offers_only_pairs_with_a_reason_to_look(project: Project, ana: User) -> None:
    make_pair(project)
    missing = make_pair(project, suggestions=[((4, 5), None, "LOC")])
    disputed = make_pair(project)
    disputed.candidates.filter(label="PER").update(reason="methods-disagree")
    assert claim_next(Queue(project.pk, doubt="missing"), ana) == missing
    assert claim_next(Queue(project.pk, doubt="disputed"), ana) == disputed


def test_without_a_disputed_name_there_is_none_to_offer(project: Project, ana: User) -> None:
    make_pair(project)
    assert claim_next(Queue(project.pk, doubt="names"), ana) is None


def test_it_offers_names_that_are_decided_differently_elsewhere(
    project: Project, ana: User, ben: User, sign_in
) -> None:
    done, _other = make_pair(project), make_pair(project, "Bob runs .", "Bob corre .", [], confidence=0.1)
    again = make_pair(project, confidence=0.9)
    accept(sign_in(ana), done)
    NameUse.objects.create(
        project=project, language="es", name="ana ruiz", pair=done, review=Review.objects.get(), position=0
    )
    assert claim_next(Queue(project.pk, doubt="names"), ben) == again


@pytest.fixture
def overlapping(project: Project) -> Project:
    project.overlap_percent, project.overlap_people = 100, 3
    project.save()
    return project


def test_it_serves_a_pair_to_k_people_and_never_twice_to_one(overlapping: Project, sign_in) -> None:
    pairs = [make_pair(overlapping) for _ in range(4)]
    people = [make_user() for _ in range(5)]
    for user in people:
        overlapping.memberships.create(user=user, role="annotator")
    served: Counter[tuple[int, int]] = Counter()
    for _round in range(8):
        for user in people:
            pair = claim_next(Queue(overlapping.pk), user)
            if pair is None:
                continue
            served[pair.pk, user.pk] += 1
            accept(sign_in(user), pair)
    assert set(served.values()) == {1}
    assert Counter(pair for pair, _ in served) == {pair.pk: 3 for pair in pairs}
    assert Review.objects.gold().count() == 4
    assert not SentencePair.objects.filter(more_reviews__gt=0).exists()


def test_a_second_reviewer_sees_nothing_of_the_first(
    overlapping: Project, ana: User, ben: User, sign_in
) -> None:
    pair = make_pair(overlapping)
    anas, bens = sign_in(ana), sign_in(ben)
    data = {"edit": "label:ORG", "position": 0, "version": 0, "run": pair.shown_run_id}
    anas.post(reverse("annotations:review_edit", args=[pair.pk]), data)
    anas.post(reverse("annotations:review_accept", args=[pair.pk]), {"version": 1, "run": pair.shown_run_id})
    page = bens.get(reverse("annotations:pair", args=[pair.pk])).content.decode()
    assert "ana" not in page.replace("Ana Ruiz", "").lower().split("<main")[1].split("</main")[0].split()
    assert 'value="label:PER" title="People" aria-pressed="true"' in page
    history = bens.get(reverse("annotations:history", args=[pair.pk])).content.decode()
    assert "ORG" not in history
    accept(bens, pair)
    assert Review.objects.get(reviewer=ben).items.get(position=0).label == "PER"
    assert Review.objects.gold().get().reviewer == ana


def test_undo_of_the_first_review_takes_the_wish_for_more_back(
    overlapping: Project, ana: User, sign_in
) -> None:
    pair = make_pair(overlapping)
    client = sign_in(ana)
    accept(client, pair)
    assert SentencePair.objects.get().more_reviews == 2
    client.post(reverse("annotations:undo", args=[overlapping.pk]))
    assert SentencePair.objects.get().more_reviews == 0


def test_a_share_is_a_share(project: Project) -> None:
    project.overlap_percent = 20
    assert 150 < sum(project.wants_overlap(pk) for pk in range(1000)) < 250


def test_the_pair_ahead_is_leased_and_comes_next(project: Project, ana: User, ben: User) -> None:
    first, second, third = (make_pair(project, confidence=c) for c in (0.1, 0.2, 0.3))
    queue = Queue(project.pk)
    assert claim_next(queue, ana) == first
    assert claim_ahead(queue, ana, first) == second
    assert claim_next(queue, ben) == third
    release_claim(third.pk, ben)
    assert claim_following(queue, ana, first, ahead=second.pk) == second


def test_a_pair_ahead_that_another_has_now_is_passed_over(project: Project, ana: User, ben: User) -> None:
    first, second, third = (make_pair(project, confidence=c) for c in (0.1, 0.2, 0.3))
    queue = Queue(project.pk)
    claim_next(queue, ana)
    claim_ahead(queue, ana, first)
    ana.claims.filter(pair=second).update(reviewer=ben)
    assert claim_following(queue, ana, first, ahead=second.pk) == third


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Madrid", [0]),
        ("madr", [0]),  # a word that is only begun
        ("vive en madrid", [0]),
        ("madrid vive", []),
        ("lives in", [0, 1]),
        ("马德里", [2]),
        ("德里", [2]),
        ("里德", []),
        ("القاهرة", [3]),
        ("&|!<->'", []),
    ],
)
def test_search_finds_words_of_either_side(
    project: Project, ana: User, sign_in, words: str, expected: list[int]
) -> None:
    pairs = [
        make_pair(project),
        make_pair(project, target="Ana Ruiz vive en Sevilla ."),
        make_pair(project, "Capital", "马德里 是 首都", [], text="马德里是首都", language="zh"),
        make_pair(project, "Cairo", "القاهرة مدينة", [], language="ar"),
    ]
    pairs[0].source_text, pairs[0].source_offsets = "Ana lives in Madrid", [0, 3, 4, 9, 10, 12, 13, 19]
    pairs[0].save()
    pairs[1].source_text = "Ana Ruiz lives in Seville ."
    pairs[1].save()
    assert found(sign_in(ana), project, q=words) == [pairs[k] for k in expected]


def test_search_by_label_reviewer_and_run(project: Project, ana: User, ben: User, sign_in) -> None:
    first = make_pair(project, suggestions=[((0, 2), (0, 2), "ORG")], language="ar")
    second = make_pair(project)
    accept(sign_in(ben), second)
    client = sign_in(ana)
    assert found(client, project, label="ORG") == [first]
    assert found(client, project, label="LOC", status="reviewed") == [second]
    assert found(client, project, reviewer="ben") == [second]
    assert found(client, project, run=first.shown_run_id) == [first]


def test_who_has_done_their_part_is_told_that_others_are_awaited(
    overlapping: Project, ana: User, sign_in
) -> None:
    pair = make_pair(overlapping)
    client = sign_in(ana)
    address = reverse("annotations:review_next", args=[overlapping.pk])
    accept(client, pair)
    page = client.get(address).content.decode()
    assert (
        "Nothing is left in this queue" in page and "1 of the reviewed ones wait for one more person" in page
    )


def test_a_queue_that_has_not_begun_says_what_is_missing(
    project: Project, olga: User, ana: User, sign_in
) -> None:
    address = reverse("annotations:review_next", args=[project.pk])
    page = sign_in(olga).get(address).content.decode()
    assert "Nothing to review yet" in page and reverse("annotations:run_launch", args=[project.pk]) in page
    page = sign_in(ana).get(address).content.decode()
    assert "has to launch a projection" in page and "is left in this queue" not in page

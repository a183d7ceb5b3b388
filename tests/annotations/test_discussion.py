"""Comments, verdicts and flags of a pair."""

import pytest
from django.test import Client
from django.urls import reverse

from annotations.models import Comment, Project, Review, SentencePair, User, Verdict
from factories import make_pair


def comment(client: Client, pair: SentencePair, text: str = "Is it a river?", **headers):  # noqa: ANN003
    return client.post(reverse("annotations:comments", args=[pair.pk]), {"text": text}, headers=headers)


def test_it_keeps_a_thread(pair: SentencePair, ana: User, ben: User, sign_in) -> None:
    comment(sign_in(ana), pair)
    page = comment(sign_in(ben), pair, "No, <b>a town</b>.", **{"HX-Request": "true"}).content.decode()
    assert page.index("Is it a river?") < page.index("No, &lt;b&gt;a town&lt;/b&gt;.")
    pair.refresh_from_db()
    assert pair.n_comments == 2


def test_an_empty_comment_is_refused(pair: SentencePair, ana: User, sign_in) -> None:
    assert comment(sign_in(ana), pair, "  ").status_code == 200
    assert not Comment.objects.exists()


def test_the_author_takes_a_comment_back_and_its_place_stays(
    pair: SentencePair, ana: User, ben: User, adam: User, sign_in
) -> None:
    comment(sign_in(ana), pair)
    address = reverse("annotations:comment_remove", args=[Comment.objects.get().pk])
    assert sign_in(ben).post(address).status_code == 404
    for person in (ana, adam):  # the second time changes nothing
        assert sign_in(person).post(address).status_code == 302
    pair.refresh_from_db()
    assert (pair.n_comments, Comment.objects.get().text) == (0, "")
    page = sign_in(ben).get(reverse("annotations:comments", args=[pair.pk])).content.decode()
    assert "taken back" in page


def test_the_review_page_says_how_many_comments_there_are(pair: SentencePair, ana: User, sign_in) -> None:
    comment(sign_in(ana), pair)
    page = sign_in(ana).get(reverse("annotations:pair", args=[pair.pk])).content.decode()
    assert '<span class="badge accent">1</span>' in page


def name_fault(client: Client, pair: SentencePair, kind: str, position: int | None = None):
    data = {"verdict": kind} | ({} if position is None else {"position": position})
    return client.post(reverse("annotations:verdict", args=[pair.pk]), data, headers={"HX-Request": "true"})


def test_a_verdict_names_the_fault_of_an_entity(pair: SentencePair, ana: User, sign_in) -> None:
    page = name_fault(sign_in(ana), pair, "too-long", 1).content.decode()
    verdict = Verdict.objects.get()
    assert (verdict.position, verdict.kind, verdict.label, verdict.run) == (
        1,
        "too-long",
        "LOC",
        pair.shown_run,
    )
    assert page.count('aria-pressed="true">✓ Boundary too long') == 1
    assert not Review.objects.exists()


def test_a_verdict_is_taken_back_by_the_same_chip(pair: SentencePair, ana: User, sign_in) -> None:
    for expected in (1, 0):
        name_fault(sign_in(ana), pair, "bad-translation")
        pair.refresh_from_db()
        assert (Verdict.objects.count(), pair.n_verdicts) == (expected, expected)


def test_verdicts_of_two_people_stand_beside_each_other(
    pair: SentencePair, ana: User, ben: User, sign_in
) -> None:
    name_fault(sign_in(ana), pair, "dropped")
    sign_in(ana).post(reverse("annotations:claim_release", args=[pair.pk]))
    page = name_fault(sign_in(ben), pair, "wrong-label", 0).content.decode()
    assert Verdict.objects.count() == 2
    assert ("✓ Wrong label" in page, "✓ Dropped" in page) == (True, False)


@pytest.mark.parametrize(("kind", "position", "status"), [("silly", None, 400), ("dropped", 7, 422)])
def test_a_verdict_on_nothing_is_refused(
    pair: SentencePair, ana: User, sign_in, kind: str, position: int | None, status: int
) -> None:
    assert name_fault(sign_in(ana), pair, kind, position).status_code == status
    assert not Verdict.objects.exists()


def test_the_flag_list_says_who_and_why_a_page_at_a_time(
    project: Project, ana: User, vera: User, sign_in, monkeypatch, django_assert_max_num_queries
) -> None:
    monkeypatch.setattr("annotations.views.discussion.PAGE_SIZE", 2)
    pairs = [make_pair(project, external_id=f"s{number}") for number in range(3)]
    for pair in pairs:
        seen = {"version": 0, "run": pair.shown_run_id, "note": f"odd {pair}"}
        sign_in(ana).post(reverse("annotations:review_flag", args=[pair.pk]), seen)
    client = sign_in(vera)
    address = reverse("annotations:flags", args=[project.pk])
    with django_assert_max_num_queries(6):
        page = client.get(address).content.decode()
    assert ("odd s0" in page, "odd s1" in page, "odd s2" in page) == (True, True, False)
    page = client.get(f"{address}?after={pairs[1].pk}").content.decode()
    assert ("odd s1" in page, "odd s2" in page) == (False, True)


def test_the_comments_of_a_project_come_newest_first(
    project: Project, pair: SentencePair, ana: User, vera: User, sign_in, monkeypatch
) -> None:
    monkeypatch.setattr("annotations.views.discussion.PAGE_SIZE", 1)
    comment(sign_in(ana), pair, "first said")
    comment(sign_in(ana), pair, "last said")
    address = reverse("annotations:project_comments", args=[project.pk])
    page = sign_in(vera).get(address).content.decode()
    assert "last said" in page and "first said" not in page
    newest = Comment.objects.latest("pk")
    page = sign_in(vera).get(f"{address}?before={newest.pk}").content.decode()
    assert "first said" in page and "last said" not in page

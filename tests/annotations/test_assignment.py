"""Pairs that are given to people: served to them only, finished or given back."""

import pytest
from django.urls import reverse

from annotations.actions.assignment import Choice, assign_pairs
from annotations.models import Assignment, Membership, Project, SentencePair, User
from factories import make_pair


@pytest.fixture
def pairs(project: Project) -> list[SentencePair]:
    return [
        make_pair(project, external_id=f"s{n}", document="a" if n < 2 else "b", confidence=0.5 + n / 10)
        for n in range(4)
    ]


def give(sign_in, olga: User, project: Project, person: User, **fields):  # noqa: ANN001, ANN003
    member = Membership.objects.get(project=project, user=person)
    data = {"person": member.pk, "n": 10, "language": "", "document": "", "domain": ""} | fields
    return sign_in(olga).post(reverse("annotations:assignments", args=[project.pk]), data)


def served(sign_in, project: Project, person: User, query: str = "") -> str:  # noqa: ANN001
    """The address of the next pair; it is given back at once."""
    client = sign_in(person)
    response = client.get(reverse("annotations:review_next", args=[project.pk]) + query)
    person.claims.all().delete()
    return response.url.partition("?")[0] if response.status_code == 302 else ""


def page(pair: SentencePair) -> str:
    return reverse("annotations:pair", args=[pair.pk])


def test_an_assigned_pair_is_served_to_its_person_only(
    project: Project, pairs: list[SentencePair], olga: User, ana: User, ben: User, sign_in
) -> None:
    give(sign_in, olga, project, ana, document="a")
    assert served(sign_in, project, ana) == page(pairs[0])
    assert served(sign_in, project, ben) == page(pairs[2])
    give(sign_in, olga, project, ana, document="b")
    assert served(sign_in, project, ben) == ""


def test_one_may_ask_for_ones_own_only(
    project: Project, pairs: list[SentencePair], olga: User, ana: User, ben: User, sign_in
) -> None:
    give(sign_in, olga, project, ana, document="b")
    assert served(sign_in, project, ana) == page(pairs[0])
    assert served(sign_in, project, ana, f"?assigned={ana.pk}") == page(pairs[2])
    assert served(sign_in, project, ben, f"?assigned={ana.pk}") == ""


def test_what_is_left_is_said_and_can_be_taken_back(
    project: Project, pairs: list[SentencePair], olga: User, ana: User, ben: User, sign_in
) -> None:
    give(sign_in, olga, project, ana, n=3)
    client, address = sign_in(olga), reverse("annotations:assignments", args=[project.pk])
    accepted = {"version": 0, "run": pairs[0].shown_run_id}
    sign_in(ana).post(reverse("annotations:review_accept", args=[pairs[0].pk]), accepted)
    assert [(m.user, m.n_assigned) for m in client.get(address).context["waiting"]] == [(ana, 2)]
    ana.claims.all().delete()
    member = Membership.objects.get(project=project, user=ana)
    client.post(reverse("annotations:unassign", args=[member.pk]))
    assert served(sign_in, project, ben) == page(pairs[1])
    pairs[0].refresh_from_db()
    assert pairs[0].assigned_to == ana  # what was finished stays known as theirs


def test_pairs_are_given_once(
    project: Project, pairs: list[SentencePair], olga: User, ana: User, ben: User
) -> None:
    first = assign_pairs(project=project, assignee=ana, created_by=olga, choice=Choice(n=3))
    second = assign_pairs(project=project, assignee=ben, created_by=olga, choice=Choice(n=3))
    assert (first.n_pairs, second.n_pairs) == (3, 1)
    assert assign_pairs(project=project, assignee=ben, created_by=olga, choice=Choice(n=3)) is None


def test_nothing_to_give_is_said(
    project: Project, pairs: list[SentencePair], olga: User, ana: User, sign_in
) -> None:
    response = give(sign_in, olga, project, ana, document="c")
    assert "No sentence like that is left" in response.content.decode()
    assert not Assignment.objects.exists()


def test_a_viewer_is_given_nothing(
    project: Project, pairs: list[SentencePair], olga: User, vera: User, sign_in
) -> None:
    assert give(sign_in, olga, project, vera).status_code == 200
    assert not Assignment.objects.exists()


def test_a_member_who_leaves_leaves_them_to_all(
    project: Project, pairs: list[SentencePair], olga: User, ana: User, ben: User, sign_in
) -> None:
    give(sign_in, olga, project, ana)
    member = Membership.objects.get(project=project, user=ana)
    sign_in(olga).post(reverse("annotations:member_remove", args=[member.pk]))
    assert served(sign_in, project, ben) == page(pairs[0])

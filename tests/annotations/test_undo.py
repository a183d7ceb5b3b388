from itertools import cycle

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from annotations.models import Project, Review, ReviewEvent, SentencePair, User
from factories import make_pair


class Reviewer:
    """One person at work, as the page sends it."""

    def __init__(self, client: Client, user: User) -> None:
        self.client, self.user = client, user

    def _post(self, name: str, pair: SentencePair, **data):  # noqa: ANN003
        review = Review.objects.filter(pair=pair, reviewer=self.user).first()
        data |= {"version": review.version if review else 0, "run": pair.shown_run_id or ""}
        response = self.client.post(reverse(f"annotations:{name}", args=[pair.pk]), data)
        assert response.status_code == 302, response.content.decode()[:2000]

    def edit(self, pair: SentencePair, word: str, **data) -> None:  # noqa: ANN003
        self._post("review_edit", pair, edit=word, **data)

    def accept(self, pair: SentencePair) -> None:
        self._post("review_accept", pair)

    def skip(self, pair: SentencePair, note: str = "") -> None:
        self._post("review_skip", pair, note=note)

    def flag(self, pair: SentencePair) -> None:
        self._post("review_flag", pair)

    def undo(self, project: Project):
        return self.client.post(reverse("annotations:undo", args=[project.pk]))

    def redo(self, project: Project):
        return self.client.post(reverse("annotations:redo", args=[project.pk]))


def spans(pair: SentencePair, user: User) -> list[tuple]:
    items = Review.objects.get(pair=pair, reviewer=user).items.order_by("position")
    return list(items.values_list("state", "start", "end", "label"))


PRISTINE = [("pending", 0, 2, "PER"), ("pending", 4, 5, "LOC")]


def test_it_takes_an_edit_back_with_a_new_event(pair: SentencePair, ana: User, sign_in) -> None:
    reviewer = Reviewer(sign_in(ana), ana)
    reviewer.edit(pair, "end-out", position=1)
    reviewer.undo(pair.project)
    assert spans(pair, ana) == PRISTINE
    edited, undone = ReviewEvent.objects.all()
    assert (undone.action, undone.undoes) == ("undone", edited)
    assert Review.objects.get().version == 2


def test_it_undoes_across_sentences(project: Project, ana: User, sign_in) -> None:
    first, second = make_pair(project, confidence=0.1), make_pair(project, confidence=0.2)
    reviewer = Reviewer(sign_in(ana), ana)
    reviewer.edit(first, "label:ORG", position=1)
    reviewer.accept(first)
    reviewer.accept(second)
    assert reviewer.undo(project).url == reverse("annotations:pair", args=[second.pk])
    assert reviewer.undo(project).url == reverse("annotations:pair", args=[first.pk])
    first.refresh_from_db()
    assert (first.status, first.claim.reviewer) == ("suggested", ana)
    assert not Review.objects.gold().exists()
    assert spans(first, ana)[1] == ("accepted", 4, 5, "ORG")
    reviewer.undo(project)
    assert spans(first, ana) == PRISTINE
    assert project.pair_counts.all().totals()["n_awaiting"] == 2


def test_it_goes_back_a_hundred_steps_and_more(pair: SentencePair, ana: User, sign_in) -> None:
    reviewer = Reviewer(sign_in(ana), ana)
    for _ in range(55):
        reviewer.edit(pair, "end-out", position=1)
        reviewer.edit(pair, "end-in", position=1)
    after = spans(pair, ana)
    for _ in range(110):
        assert reviewer.undo(pair.project).status_code == 302
    assert spans(pair, ana) == PRISTINE
    for _ in range(110):
        reviewer.redo(pair.project)
    assert spans(pair, ana) == after


def test_it_undoes_after_undo_and_redo_in_any_mixture(pair: SentencePair, ana: User, sign_in) -> None:
    """The line of events against a stack, the plain meaning of undo."""
    reviewer = Reviewer(sign_in(ana), ana)
    done, undone = [], []
    words = cycle(["label:ORG", "reject", "label:MISC", "reject", "label:LOC"])
    for step in "eeuueuruueurruuueeuurrreuuuuuuurrrr":
        if step == "e":
            reviewer.edit(pair, next(words), position=1)
            done.append(spans(pair, ana))
            undone.clear()
        elif step == "u":
            reviewer.undo(pair.project)
            if done:
                undone.append(done.pop())
        else:
            reviewer.redo(pair.project)
            if undone:
                done.append(undone.pop())
        assert spans(pair, ana) == (done[-1] if done else PRISTINE), step


def test_it_says_when_there_is_nothing_to_undo(pair: SentencePair, ana: User, sign_in) -> None:
    client = sign_in(ana)
    address = reverse("annotations:undo", args=[pair.project_id])
    response = client.post(address, {"pair": pair.pk}, headers={"HX-Request": "true"})
    assert "There is nothing to undo." in response.content.decode()
    assert not ReviewEvent.objects.exists()


def test_it_undoes_only_ones_own_work(pair: SentencePair, ana: User, ben: User, sign_in) -> None:
    Reviewer(sign_in(ana), ana).edit(pair, "end-out", position=1)
    Reviewer(sign_in(ben), ben).undo(pair.project)
    assert spans(pair, ana)[1][2] == 6


def test_it_takes_a_skip_and_a_flag_back(pair: SentencePair, ana: User, sign_in) -> None:
    reviewer = Reviewer(sign_in(ana), ana)
    reviewer.flag(pair)
    reviewer.skip(pair, "unclear")
    pair.refresh_from_db()
    assert (pair.status, pair.is_flagged) == ("skipped", True)
    reviewer.undo(pair.project)
    pair.refresh_from_db()
    assert (pair.status, pair.is_flagged) == ("suggested", True)
    reviewer.undo(pair.project)
    pair.refresh_from_db()
    assert not pair.is_flagged
    reviewer.redo(pair.project)
    reviewer.redo(pair.project)
    pair.refresh_from_db()
    assert (pair.status, pair.is_flagged, Review.objects.get().note) == ("skipped", True, "unclear")


def test_the_second_review_inherits_the_gold_when_the_first_is_undone(
    pair: SentencePair, ana: User, ben: User, sign_in
) -> None:
    first, second = Reviewer(sign_in(ana), ana), Reviewer(sign_in(ben), ben)
    first.accept(pair)
    second.accept(pair)
    first.undo(pair.project)
    assert Review.objects.gold().get().reviewer == ben
    pair.refresh_from_db()
    assert pair.status == "reviewed"


def test_it_restores_a_review_whose_suggestions_were_replaced(pair: SentencePair, ana: User, sign_in) -> None:
    reviewer = Reviewer(sign_in(ana), ana)
    reviewer.edit(pair, "end-out", position=1)
    pair.candidates.all().delete()
    reviewer.undo(pair.project)
    assert spans(pair, ana) == PRISTINE


def test_history_cannot_be_changed_or_deleted(pair: SentencePair, ana: User, sign_in) -> None:
    Reviewer(sign_in(ana), ana).flag(pair)
    events = ReviewEvent.objects.all()
    for forbidden in (lambda: events.update(detail="x"), events.delete):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            forbidden()

"""Names that are decided differently, made alike in one step; and golds that a newer run disagrees with."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.http import urlencode

from annotations.actions.reports import make_report, promise_report
from annotations.models import (
    BulkChange,
    Candidate,
    NameUse,
    Project,
    ProjectReport,
    Review,
    ReviewEvent,
    RunDisagreement,
    SentencePair,
    User,
)
from factories import make_pair, make_run

Kind = ProjectReport.Kind


def review(client: Client, pair: SentencePair, user: User, *edits: str) -> None:
    """Edit the items of a pair, one word for each ("" for none), and accept."""
    posts = [("review_edit", {"edit": word, "position": n}) for n, word in enumerate(edits) if word]
    for name, data in [*posts, ("review_accept", {})]:
        own = Review.objects.filter(pair=pair, reviewer=user).first()
        seen = {"version": own.version if own else 0, "run": pair.shown_run_id}
        assert client.post(reverse(f"annotations:{name}", args=[pair.pk]), seen | data).status_code == 302


def compute(project: Project, kind: str) -> dict:
    report = promise_report(project, kind)
    make_report(report.pk)
    report.refresh_from_db()
    return report.data


def gold(pair: SentencePair) -> list[tuple]:
    items = Review.objects.gold().get(pair=pair).items.order_by("position")
    return list(items.values_list("state", "start", "end", "label"))


@pytest.fixture
def uneven(project: Project, ana: User, ben: User, sign_in) -> list[SentencePair]:
    """Madrid is LOC twice, ORG once (by Ben), and rejected once; everybody agrees about Ana Ruiz."""
    pairs = [make_pair(project, external_id=f"s{number}") for number in range(4)]
    review(sign_in(ana), pairs[0], ana)
    review(sign_in(ana), pairs[1], ana)
    review(sign_in(ben), pairs[2], ben, "", "label:ORG")
    review(sign_in(ana), pairs[3], ana, "", "reject")
    return pairs


def address(project: Project, **more) -> str:  # noqa: ANN003
    query = urlencode({"language": "es", "name": "madrid"} | more)
    return f"{reverse('annotations:name', args=[project.pk])}?{query}"


def test_it_finds_names_with_different_decisions(uneven: list[SentencePair], project: Project) -> None:
    [found] = compute(project, Kind.NAMES)["names"]
    assert (found["name"], found["n"], found["labels_differ"]) == ("madrid", 4, True)
    decisions = {(one["words"], one["label"]): one["n"] for one in found["decisions"]}
    assert decisions == {("Madrid", "LOC"): 2, ("Madrid", "ORG"): 1, ("", ""): 1}


def test_the_same_decision_everywhere_is_no_finding(project: Project, ana: User, sign_in) -> None:
    for _ in range(2):
        review(sign_in(ana), make_pair(project), ana)
    assert compute(project, Kind.NAMES) == {"names": []}


def number_of(project: Project, words: str, label: str) -> int:
    uses = NameUse.objects.filter(project=project).values_list("words", "label")
    return sorted(set(uses)).index((words, label))


def test_the_preview_changes_nothing(
    uneven: list[SentencePair], project: Project, adam: User, sign_in
) -> None:
    compute(project, Kind.NAMES)
    before = ReviewEvent.objects.count()
    page = sign_in(adam).get(address(project, decision=number_of(project, "Madrid", "LOC")))
    assert [row.is_change for row in page.context["previews"]] == [False, False, True, True]
    assert ReviewEvent.objects.count() == before


def apply(client: Client, project: Project, words: str, label: str, uses: list[int] | None = None):
    keys = uses if uses is not None else list(NameUse.objects.values_list("pk", flat=True))
    return client.post(address(project), {"words": words, "label": label, "uses": keys})


def test_it_makes_the_chosen_ones_alike_in_the_adjudicators_own_reviews(
    uneven: list[SentencePair], project: Project, adam: User, ben: User, sign_in
) -> None:
    compute(project, Kind.NAMES)
    bens = Review.objects.get(reviewer=ben)
    apply(sign_in(adam), project, "Madrid", "LOC")
    for pair in uneven:
        assert gold(pair)[1] == ("accepted", 4, 5, "LOC")
    assert Review.objects.get(pk=bens.pk).version == bens.version
    changed = Review.objects.gold().filter(reviewer=adam)
    assert [(one.pair, one.is_adjudication) for one in changed.order_by("pair")] == [
        (uneven[2], True),
        (uneven[3], True),
    ]
    assert (BulkChange.objects.get().n_reviews, compute(project, Kind.NAMES)) == (2, {"names": []})


def test_only_ticked_ones_are_changed(
    uneven: list[SentencePair], project: Project, adam: User, sign_in
) -> None:
    compute(project, Kind.NAMES)
    ticked = NameUse.objects.get(pair=uneven[2])
    apply(sign_in(adam), project, "Madrid", "LOC", [ticked.pk])
    assert (gold(uneven[2])[1][3], gold(uneven[3])[1][0]) == ("LOC", "rejected")


def test_one_undo_takes_all_back_and_one_redo_brings_all_again(
    uneven: list[SentencePair], project: Project, adam: User, sign_in
) -> None:
    compute(project, Kind.NAMES)
    before = [gold(pair) for pair in uneven]
    client = sign_in(adam)
    other = make_pair(project)
    review(client, other, adam)
    apply(client, project, "Madrid", "LOC")
    after = [gold(pair) for pair in uneven]
    for name, expected in (("undo", before), ("redo", after), ("undo", before)):
        client.post(reverse(f"annotations:{name}", args=[project.pk]))
        assert [gold(pair) for pair in uneven] == expected, name
    client.post(reverse("annotations:undo", args=[project.pk]))  # what was done before comes next
    assert not Review.objects.gold().filter(pair=other).exists()


def test_undo_leaves_what_changed_since(
    uneven: list[SentencePair], project: Project, adam: User, sign_in
) -> None:
    compute(project, Kind.NAMES)
    client = sign_in(adam)
    apply(client, project, "Madrid", "LOC")
    own = Review.objects.get(pair=uneven[2], reviewer=adam)
    seen = {"version": own.version, "run": uneven[2].shown_run_id, "edit": "reject", "position": 0}
    client.post(reverse("annotations:review_edit", args=[uneven[2].pk]), seen)
    for _ in range(2):
        client.post(reverse("annotations:undo", args=[project.pk]))
    assert gold(uneven[3])[1][0] == "rejected"
    assert gold(uneven[2])[1][3] == "ORG"


def test_a_sentence_that_changed_since_the_list_was_made_is_left(
    uneven: list[SentencePair], project: Project, ana: User, adam: User, sign_in
) -> None:
    compute(project, Kind.NAMES)
    own = Review.objects.get(pair=uneven[0])
    seen = {"version": own.version, "run": uneven[0].shown_run_id, "edit": "label:MISC", "position": 1}
    sign_in(ana).post(reverse("annotations:review_edit", args=[uneven[0].pk]), seen)
    apply(sign_in(adam), project, "Madrid", "ORG")
    assert [gold(pair)[1][3] for pair in uneven] == ["MISC", "ORG", "ORG", "ORG"]


def test_annotators_look_and_do_not_apply(
    uneven: list[SentencePair], project: Project, ana: User, sign_in
) -> None:
    compute(project, Kind.NAMES)
    client = sign_in(ana)
    assert client.get(address(project, decision=0)).status_code == 200
    assert apply(client, project, "Madrid", "LOC").status_code == 404
    assert not BulkChange.objects.exists()


def test_an_unknown_label_is_refused(
    uneven: list[SentencePair], project: Project, adam: User, sign_in
) -> None:
    compute(project, Kind.NAMES)
    apply(sign_in(adam), project, "Madrid", "RIVER")
    assert not BulkChange.objects.exists()


@pytest.fixture
def rerun(project: Project, ana: User, sign_in) -> SentencePair:
    """Reviewed, then projected again by a run that takes the person a word shorter."""
    pair = make_pair(project)
    review(sign_in(ana), pair, ana)
    run = make_run(project)
    for candidate in Candidate.objects.filter(pair=pair, rank=0).select_related("source_entity"):
        end = candidate.end - 1 if candidate.label == "PER" else candidate.end
        Candidate.objects.create(
            run=run,
            pair=pair,
            source_entity=candidate.source_entity,
            rank=0,
            score=1.0,
            confidence=0.8,
            start=candidate.start,
            end=end,
            label=candidate.label,
        )
    SentencePair.objects.filter(pk=pair.pk).update(shown_run=run)
    pair.refresh_from_db()
    return pair


def test_it_finds_where_a_newer_run_disagrees(
    rerun: SentencePair, project: Project, vera: User, sign_in
) -> None:
    compute(project, Kind.RERUN)
    row = RunDisagreement.objects.get()
    assert ((row.gold_start, row.gold_end), (row.start, row.end), row.run) == (
        (0, 2),
        (0, 1),
        rerun.shown_run,
    )
    page = sign_in(vera).get(reverse("annotations:rerun", args=[project.pk])).content.decode()
    assert ">Ana Ruiz<" in page and ">Ana<" in page


def test_what_was_dismissed_does_not_come_back(
    rerun: SentencePair, project: Project, adam: User, sign_in
) -> None:
    compute(project, Kind.RERUN)
    sign_in(adam).post(reverse("annotations:rerun_dismiss", args=[RunDisagreement.objects.get().pk]))
    compute(project, Kind.RERUN)
    assert [row.is_dismissed for row in RunDisagreement.objects.all()] == [True]


def test_the_run_that_was_reviewed_does_not_disagree_with_its_review(
    project: Project, ana: User, sign_in
) -> None:
    review(sign_in(ana), make_pair(project), ana, "end-in")
    assert compute(project, Kind.RERUN) == {"n": 0}


def test_lists_ask_a_fixed_number_of_questions(
    uneven: list[SentencePair],
    rerun: SentencePair,
    project: Project,
    adam: User,
    sign_in,
    django_assert_max_num_queries,
) -> None:
    compute(project, Kind.NAMES)
    compute(project, Kind.RERUN)
    client = sign_in(adam)
    with django_assert_max_num_queries(9):
        client.get(reverse("annotations:names", args=[project.pk]))
    with django_assert_max_num_queries(9):
        client.get(reverse("annotations:rerun", args=[project.pk]))
    with django_assert_max_num_queries(8):
        client.get(address(project, decision=0))

"""The figures of a dashboard, from real reviews; and how they are asked for."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotations import tasks
from annotations.actions.reports import is_due, last_report, make_report, promise_report
from annotations.figures.build import build_figures
from annotations.figures.codes import code_tokens
from annotations.figures.independent import SharedPair
from annotations.models import Project, ProjectReport, Review, ReviewEvent, SentencePair, User
from annotations.views.work_figures import throughput_figure
from factories import make_pair

Kind = ProjectReport.Kind


def review(client: Client, pair: SentencePair, user: User, *edits: str) -> None:
    """Edit the items of a pair, one word for each ("" for none), and accept."""
    posts = [("review_edit", {"edit": word, "position": n}) for n, word in enumerate(edits) if word]
    for name, data in [*posts, ("review_accept", {})]:
        own = Review.objects.filter(pair=pair, reviewer=user).first()
        seen = {"version": own.version if own else 0, "run": pair.shown_run_id}
        assert client.post(reverse(f"annotations:{name}", args=[pair.pk]), seen | data).status_code == 302


@pytest.fixture
def reviewed(project: Project, ana: User, ben: User, sign_in) -> list[SentencePair]:
    """Two pairs that both people reviewed; Ben shortens one person and takes the other place for ORG."""
    pairs = [make_pair(project, confidence=0.95), make_pair(project, confidence=0.55)]
    for pair, words in zip(pairs, (("end-in",), ("", "label:ORG")), strict=True):
        review(sign_in(ana), pair, ana)
        review(sign_in(ben), pair, ben, *words)
    return pairs


def test_agreement_of_two_people(reviewed: list[SentencePair], project: Project) -> None:
    agreement = build_figures(project)["agreement"]
    assert agreement["n_pairs"] == 2
    assert agreement["overall"]["span_f1"] == 0.5
    by_label = {row["label"]: row["span_f1"] for row in agreement["by_label"]}
    assert by_label == {"LOC": pytest.approx(2 / 3, abs=1e-4), "ORG": 0.0, "PER": 0.5}
    [people] = agreement["by_people"]
    assert (people["people"], people["n_pairs"]) == (["ana", "ben"], 2)
    assert people["kappa"] == pytest.approx(agreement["overall"]["fleiss"], abs=0.02)
    assert [week["n_pairs"] for week in agreement["by_week"]] == [2]


def test_tokens_are_counted_by_code_over_all_by_label_and_by_pair() -> None:
    now = timezone.now()
    shared = [
        SharedPair(7, 3, now, {1: frozenset({(0, 2, "PER")}), 2: frozenset({(0, 1, "PER"), (2, 3, "LOC")})}),
        SharedPair(9, 1, now, {1: frozenset({(0, 1, "LOC")}), 2: frozenset(), 3: frozenset({(0, 1, "LOC")})}),
    ]
    codes = code_tokens(shared, ["LOC", "PER"])  # outside, begin LOC, inside LOC, begin PER, inside PER
    assert codes.counts.tolist() == [[0, 0, 0, 2, 0], [1, 0, 0, 0, 1], [1, 1, 0, 0, 0], [1, 2, 0, 0, 0]]
    assert codes.of_label("PER").tolist() == [[0, 2, 0], [1, 0, 1], [2, 0, 0], [3, 0, 0]]
    assert codes.of_pairs([1]).tolist() == [[1, 2, 0, 0, 0]]
    assert codes.of_person[0, 2].tolist() == [3, 0, 1]
    assert code_tokens([], []).counts.shape == (0, 1)


def test_seconds_do_not_run_backwards_with_the_clock(
    reviewed: list[SentencePair], project: Project, ana: User
) -> None:
    """Whoever finished a sentence before the one before it had a clock that was put back in between."""
    first, second = Review.objects.filter(reviewer=ana).order_by("pk")
    at = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # events may not be changed otherwise
    for finished, moment in ((first, at), (second, at - timedelta(seconds=30))):
        ReviewEvent.objects.filter(review=finished).update(at=moment)
    speed = {row["name"]: row["n_timed"] for row in build_figures(project)["people"]}
    assert (speed["ana"], speed["ben"]) == (0, 1)


def test_links_are_compared_where_somebody_changed_one(
    reviewed: list[SentencePair], project: Project, ben: User
) -> None:
    """Six links of the machine; Ben has one of them moved."""
    assert build_figures(project)["agreement"]["overall"]["link_f1"] is None
    moved = Review.objects.filter(pair=reviewed[0], reviewer=ben)
    moved.update(added_links=[[0, 5]], removed_links=[[0, 0]])
    overall = build_figures(project)["agreement"]["overall"]
    assert (overall["link_f1"], overall["link_pairs"]) == (pytest.approx(2 * 5 / 12, abs=1e-4), 1)


def test_an_adjudication_is_no_independent_review_but_what_was_before_it_is(
    reviewed: list[SentencePair], project: Project, ana: User, ben: User, sign_in
) -> None:
    pair = reviewed[0]
    project.memberships.filter(user=ana).update(role="adjudicator")
    chosen, own = (Review.objects.get(pair=pair, reviewer=who) for who in (ben, ana))
    data = {
        "decision": "pick",
        "review": chosen.pk,
        "version": chosen.version,
        "gold": own.pk,
        "own": own.version,
    }
    assert sign_in(ana).post(reverse("annotations:adjudication", args=[pair.pk]), data).status_code == 302
    figures = build_figures(project)
    assert figures["agreement"]["overall"]["span_f1"] == 0.5
    final = {row["name"]: (row["n_final"], row["final_f1"]) for row in figures["people"]}
    assert final == {"ana": (1, 0.5), "ben": (1, 1.0)}


def test_decisions_are_counted_by_what_people_did(project: Project, ana: User, sign_in) -> None:
    pair = make_pair(
        project,
        "Ana Ruiz met Bea of Lima in Madrid .",
        "Ana Ruiz vio a Bea en Madrid .",
        [((0, 2), (0, 2), "PER"), ((3, 4), (4, 5), "PER"), ((5, 6), None, "LOC"), ((7, 8), (6, 7), "LOC")],
    )
    client = sign_in(ana)
    review(client, pair, ana, "", "reject", "none", "label:ORG")
    added = {
        "version": Review.objects.get().version,
        "run": pair.shown_run_id,
        "edit": "add:MISC",
        "first": 2,
        "last": 2,
    }
    client.post(reverse("annotations:review_edit", args=[pair.pk]), added)
    decisions = build_figures(project)["decisions"]
    counts = {
        row["key"]: [row[kind] for kind in ("accepted", "fixed", "rejected", "added")]
        for row in decisions["label"]
    }
    assert counts == {"PER": [1, 0, 1, 0], "LOC": [1, 1, 0, 0], "MISC": [0, 0, 0, 1]}
    assert [row["n"] for row in decisions["language"]] == [5]


def test_confidence_is_held_against_decisions(reviewed: list[SentencePair], project: Project) -> None:
    [method] = build_figures(project)["calibration"]
    assert method["bins"] == [
        {"n": 4, "confidence": 0.55, "accepted": 0.75},
        {"n": 4, "confidence": 0.95, "accepted": 0.75},
    ]
    assert method["error"] == 0.2


def test_speed_leaves_breaks_out(project: Project, ana: User, sign_in, monkeypatch) -> None:
    client, start = sign_in(ana), timezone.now()
    for second in (0, 10, 24, 4_000):
        monkeypatch.setattr("django.utils.timezone.now", lambda at=second: start + timedelta(seconds=at))
        review(client, make_pair(project), ana)
    [row] = build_figures(project)["people"]
    assert (row["median_s"], row["n_timed"], row["n"]) == (12.0, 2, 4)


def test_faults_are_counted(project: Project, pair: SentencePair, ana: User, sign_in) -> None:
    sign_in(ana).post(reverse("annotations:verdict", args=[pair.pk]), {"verdict": "too-long", "position": 0})
    assert build_figures(project)["verdicts"] == {
        "by_kind": {"too-long": 1},
        "by_method": {"ngram-candidates": {"too-long": 1}},
    }


def test_an_empty_project_has_figures_too(project: Project) -> None:
    figures = build_figures(project)
    assert figures["agreement"]["overall"] == {
        "span_f1": None,
        "alpha": None,
        "fleiss": None,
        "fleiss_raters": 0,
        "fleiss_pairs": 0,
        "link_f1": None,
        "link_pairs": 0,
    }


def test_looking_asks_once_and_not_again_while_it_is_fresh(
    reviewed: list[SentencePair], project: Project, vera: User, sign_in, live_broker: str
) -> None:
    client, address = sign_in(vera), reverse("annotations:dashboard", args=[project.pk])
    for _ in range(2):
        assert "being computed" in client.get(address).content.decode()
    report = ProjectReport.objects.get()
    tasks.make_report(report.pk)
    page = client.get(address).content.decode()
    assert ProjectReport.objects.count() == 1
    assert "Agreement of two people" in page and "being computed" not in page
    ProjectReport.objects.update(asked_at=timezone.now() - timedelta(hours=1))
    assert is_due(project, Kind.FIGURES, last_report(project, Kind.FIGURES))


def test_the_page_asks_a_fixed_number_of_questions(
    reviewed: list[SentencePair], project: Project, vera: User, sign_in, django_assert_max_num_queries
) -> None:
    make_report(promise_report(project, Kind.FIGURES).pk)
    client = sign_in(vera)
    with django_assert_max_num_queries(10):
        client.get(reverse("annotations:dashboard", args=[project.pk]))


def test_a_chart_draws_the_busiest_and_sums_up_the_others() -> None:
    people = {f"person-{n:02}": 100 - n for n in range(15)}
    figure = throughput_figure(
        [{"day": "2026-11-01", "by_person": people}, {"day": "2026-11-02", "by_person": {}}]
    )
    assert list(figure.columns[1:]) == sorted(people) and len(figure.rows[0]) == 16
    assert "person-10" in figure.chart and "person-11" not in figure.chart
    assert ">Others<" in figure.chart.replace("\n", "")
    assert ">Others<" not in throughput_figure([{"day": "2026-11-01", "by_person": {"ana": 2}}]).chart


def test_a_newer_report_and_another_language_are_shown_at_once(
    reviewed: list[SentencePair], project: Project, vera: User, sign_in
) -> None:
    client, address = sign_in(vera), reverse("annotations:dashboard", args=[project.pk])
    make_report(promise_report(project, Kind.FIGURES).pk)
    assert "ana – ben" in client.get(address).content.decode()
    client.cookies["django_language"] = "fr"
    french = client.get(address).content.decode()
    client.cookies["django_language"] = "en"
    assert (
        "Figures" in client.get(address).content.decode() and french != client.get(address).content.decode()
    )
    User.objects.filter(username="ana").update(username="anna")
    make_report(promise_report(project, Kind.FIGURES).pk)
    assert "anna – ben" in client.get(address).content.decode()


def test_charts_carry_no_style_and_no_script(
    reviewed: list[SentencePair], project: Project, vera: User, sign_in
) -> None:
    make_report(promise_report(project, Kind.FIGURES).pk)
    page = sign_in(vera).get(reverse("annotations:dashboard", args=[project.pk])).content.decode()
    charts = page.split("<svg")[1:]
    assert len(charts) == 12
    for chart in charts:
        svg = chart.partition("</svg>")[0]
        assert "style" not in svg and "script" not in svg and 'role="img"' in svg


def test_what_goes_wrong_is_said_and_can_be_asked_for_again(
    project: Project, vera: User, sign_in, monkeypatch, live_broker: str
) -> None:
    def fail(project: Project) -> None:
        raise ValueError("no such figure")

    monkeypatch.setitem(tasks.reports.BUILDERS, Kind.FIGURES, fail)
    tasks.make_report(promise_report(project, Kind.FIGURES).pk)
    client = sign_in(vera)
    page = client.get(reverse("annotations:dashboard", args=[project.pk])).content.decode()
    assert "ValueError: no such figure" in page
    client.post(reverse("annotations:report_ask", args=[project.pk, "figures"]))
    assert ProjectReport.objects.filter(status="working").count() == 1


def test_figures_of_an_older_release_are_computed_again(
    project: Project, vera: User, sign_in, live_broker: str
) -> None:
    ProjectReport.objects.create(project=project, kind=Kind.FIGURES, status="ready", data={"agreement": {}})
    page = sign_in(vera).get(reverse("annotations:dashboard", args=[project.pk]))
    assert page.status_code == 200
    assert ProjectReport.objects.filter(status="working").count() == 1


def test_two_promises_of_a_kind_are_one(project: Project) -> None:
    assert promise_report(project, Kind.FIGURES) is not None
    assert promise_report(project, Kind.FIGURES) is None
    assert ProjectReport.objects.count() == 1


def test_an_unknown_report_is_not_there(project: Project, vera: User, sign_in) -> None:
    address = reverse("annotations:report_state", args=[project.pk, "secrets"])
    assert sign_in(vera).get(address).status_code == 404

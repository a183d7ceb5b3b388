"""The page that launches a gap report: its defaults, every choice, what it refuses, hostile names."""

from pathlib import Path

import pytest
from django.urls import reverse

from annotations.gap_words import NOISES
from annotations.models import GapReport, Project, SentencePair
from gap_requests import fill, launch, learns_from, use_folders
from workers.choices import gap_choices


@pytest.fixture(autouse=True)
def folders(settings, tmp_path: Path, monkeypatch) -> Path:
    return use_folders(settings, tmp_path, monkeypatch)


@pytest.fixture
def filled(project: Project) -> Project:
    return fill(project)


FORM = {
    "name": "Mine", "methods": ["word-to-word"], "group_by": "domain", "limit": 5, "noises": ["typos"],
    "severities": ["0.1"], "where": "both", "repeats": 2, "seed": 3,
}  # fmt: skip


def test_the_form_launches_as_it_comes(
    filled: Project, settings, sign_in, olga, django_capture_on_commit_callbacks
) -> None:
    """With what is ticked and filled in already, for somebody who only presses Launch."""
    pk = learns_from(filled, [], settings, model_folder="/models/tiny")
    client = sign_in(olga)
    address = reverse("annotations:gap_report_launch", args=[filled.pk])
    form = client.get(address).context["form"]
    shown = {name: form[name].value() for name in form.fields}
    with django_capture_on_commit_callbacks():
        answer = client.post(address, {name: value for name, value in shown.items() if value is not None})
    report = filled.gap_reports.get()
    assert answer["Location"] == report.get_absolute_url() and report.created_by == olga
    assert report.options["request"]["taggers"] == [[f"training-{pk}", "/models/tiny"]]
    assert report.options["trainings"] == [pk] and report.options["request"]["seeds"] == [0]
    page = client.get(report.get_absolute_url()).content.decode()
    assert 'hx-trigger="every 2s"' in page and "Waiting for a worker" in page
    assert b"already under way" in client.post(address, FORM).content
    client.post(reverse("annotations:gap_report_cancel", args=[report.pk]))
    assert b"Cancelled" in client.get(reverse("annotations:gap_report_progress", args=[report.pk])).content
    sentences = client.get(reverse("annotations:gap_report_sentences", args=[report.pk]))
    assert sentences["Location"] == report.get_absolute_url()


def test_the_form_reads_every_choice(filled: Project, settings, sign_in, olga) -> None:
    pk = learns_from(filled, [], settings, model_folder="/models/tiny")
    sent = FORM | {
        f"use-training-{pk}": "on", f"name-training-{pk}": " ours  own ", "others": "their=org/model\n\n",
        "pairs": "ours own, their\nword-to-word,their", "target_tagger": "/models/tiny", "with_learnt": "on",
        "methods": ["word-to-word", "ner-candidates"], "where": "context", "group_by": "all",
    }  # fmt: skip
    sign_in(olga).post(reverse("annotations:gap_report_launch", args=[filled.pk]), sent)
    asked = filled.gap_reports.get().options
    request = asked.pop("request")
    assert asked == {
        "trainings": [pk], "group_by": "all", "languages": [], "limit": 5, "with_learnt": True,
    }  # fmt: skip
    assert request == {
        "taggers": [["ours own", "/models/tiny"], ["their", "org/model"]],
        "projections": [["word-to-word", "word-to-word", {}], ["ner-candidates", "ner-candidates", {}]],
        "target_tagger": "/models/tiny", "pairs": [["ours own", "their"], ["word-to-word", "their"]],
        "noises": ["typos"], "severities": [0.1], "where": "context", "seeds": [3, 4],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"methods": []}, "Choose a tagger or a projection method"),
        ({"methods": ["ner-candidates"]}, "needs a tagger that it may ask"),
        ({"methods": ["magic"]}, "magic is not one of the available choices"),
        ({"noises": []}, "This field is required"),
        ({"noises": ["entities"], "where": "context"}, "Other names cannot be put"),
        ({"severities": ["7"]}, "7 is not one of the available choices"),
        ({"limit": 0}, "greater than or equal to 1"),
        ({"repeats": 99}, "less than or equal to 5"),
        ({"others": "no model"}, "is not NAME=MODEL"),
        ({"others": "-x=org/model"}, "begins with no hyphen"),
        ({"others": "\n".join(f"n{k}=m" for k in range(9))}, "At most 8 other taggers"),
        ({"others": "word-to-word=org/model"}, "Two systems have the same name"),
        ({"pairs": "word-to-word"}, "does not name two of the systems"),
        ({"pairs": "<script>alert(1)</script>,x"}, "&lt;script&gt;"),
        ({"target_tagger": "/etc"}, "Select a valid choice"),
        (
            {"noises": list(NOISES), "severities": ["0.05", "0.1", "0.2", "0.3"], "repeats": 5,
             "others": "a=b\nc=d"},
            "600 is the most",
        ),
    ],
)  # fmt: skip
def test_the_form_refuses(filled: Project, sign_in, olga, change: dict, said: str) -> None:
    answer = sign_in(olga).post(reverse("annotations:gap_report_launch", args=[filled.pk]), FORM | change)
    assert said in answer.content.decode() and not filled.gap_reports.exists()


def test_every_noise_has_words_and_others_are_not_offered() -> None:
    assert tuple(NOISES) == gap_choices()["noise"]


def test_hostile_names_are_text_on_a_report_under_way(filled: Project, sign_in, olga) -> None:
    hostile = "<script>alert(1)</script>\u202e"
    SentencePair.objects.update(domain=hostile[:100])
    report = launch(filled, taggers=[[hostile, "x"]])
    GapReport.objects.update(name=hostile, stage=hostile, error=hostile, status="running", n_steps=3)
    client = sign_in(olga)
    for address in (report.get_absolute_url(), reverse("annotations:trainings", args=[filled.pk])):
        page = client.get(address).content.decode()
        assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page
    assert (
        report.inputs["domains"][0]["name"] == "<script>alert(1)</script>"
    )  # a sign that turns text is none

"""Versions of the guidelines: who changed what, who has read what, what a review was made under."""

from django.urls import reverse

from annotations.actions.guidelines import keep_guidelines
from annotations.guidelines import compare_texts
from annotations.models import GuidelinesVersion, Project, Review, SentencePair, User

FORM = {
    "name": "Hausa news",
    "source_language": "en",
    "labels-TOTAL_FORMS": "1",
    "labels-INITIAL_FORMS": "0",
    "labels-0-name": "PER",
    "labels-0-key": "p",
}


def write(project: Project, author: User, text: str) -> None:
    project.guidelines = text
    project.save(update_fields=["guidelines"])
    keep_guidelines(project=project, author=author)


def test_saving_settings_keeps_a_version_only_when_the_text_changed(
    project: Project, olga: User, sign_in
) -> None:
    for text in ("Be kind.", "Be kind.", "Be kind.\r\nBe quick."):
        meaning = f"People {len(text)} {GuidelinesVersion.objects.count()}"  # unchanged is empty
        data = FORM | {"guidelines": text, "labels-0-description": meaning}
        assert sign_in(olga).post(reverse("annotations:settings", args=[project.pk]), data).status_code == 302
    versions = GuidelinesVersion.objects.order_by("number")
    assert [(v.number, v.text, v.author) for v in versions] == [
        (1, "Be kind.", olga),
        (2, "Be kind.\r\nBe quick.", olga),
    ]


def test_a_new_project_begins_with_version_1(ana: User, sign_in) -> None:
    sign_in(ana).post(reverse("annotations:project_create"), FORM | {"guidelines": "Be kind."})
    assert Project.objects.get().guidelines_version == 1


def test_a_reader_sees_what_changed_since_they_looked(
    project: Project, pair: SentencePair, olga: User, ana: User, sign_in
) -> None:
    client, review_page = sign_in(ana), reverse("annotations:pair", args=[pair.pk])
    write(project, olga, "Rivers are LOC.")
    assert "You have not confirmed yet" in client.get(review_page).content.decode()
    client.post(reverse("annotations:guidelines_seen", args=[project.pk]), {"number": 1})
    assert "Changed since" not in client.get(review_page).content.decode()
    write(project, olga, "Rivers are LOC.\nTeams are ORG.")
    assert "Changed since you last looked" in client.get(review_page).content.decode()
    page = client.get(reverse("annotations:guidelines", args=[project.pk]))
    assert [(line.kind, line.text) for line in page.context["news"]] == [
        ("same", "Rivers are LOC."),
        ("added", "Teams are ORG."),
    ]


def test_an_old_page_cannot_say_that_a_newer_version_was_read(
    project: Project, olga: User, ana: User, sign_in
) -> None:
    client, address = sign_in(ana), reverse("annotations:guidelines_seen", args=[project.pk])
    for text in ("One.", "Two."):
        write(project, olga, text)
    for said, kept in ((1, 1), (99, 2), (1, 2)):
        client.post(address, {"number": said})
        assert project.memberships.get(user=ana).guidelines_seen == kept


def test_it_goes_back_only_to_pages_of_this_site(project: Project, ana: User, sign_in) -> None:
    client, address = sign_in(ana), reverse("annotations:guidelines_seen", args=[project.pk])
    for back, goes_to in (("/sentences/1/", "/sentences/1/"), ("https://elsewhere.example/", None)):
        response = client.post(address, {"number": 0, "back": back})
        assert response.url == (goes_to or reverse("annotations:guidelines", args=[project.pk]))


def test_a_review_records_the_version_it_was_made_under(
    project: Project, pair: SentencePair, olga: User, ana: User, sign_in
) -> None:
    write(project, olga, "One.")
    accept = {"version": 0, "run": pair.shown_run_id}
    sign_in(ana).post(reverse("annotations:review_accept", args=[pair.pk]), accept)
    write(project, olga, "Two.")
    assert Review.objects.get().guidelines_version == 1


def test_texts_are_compared_line_by_line() -> None:
    assert [(line.kind, line.text) for line in compare_texts("a\nb\nc", "a\nB\nc\nd")] == [
        ("same", "a"),
        ("removed", "b"),
        ("added", "B"),
        ("same", "c"),
        ("added", "d"),
    ]

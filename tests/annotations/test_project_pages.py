import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from annotations.actions.claims import claim_pair
from annotations.models import Claim, Membership, Project, ReviewEvent, SentencePair, User
from factories import make_pair, make_project, make_user

FORM = {
    "name": "Hausa news",
    "source_language": "en",
    "description": "",
    "guidelines": "",
    "labels-TOTAL_FORMS": "2",
    "labels-INITIAL_FORMS": "0",
    "labels-0-name": "PER",
    "labels-0-key": "p",
    "labels-1-name": "EVENT",
    "labels-1-key": "y",
    "labels-1-description": "What happens",
}


def test_it_makes_a_project_that_the_maker_owns(ana: User, sign_in) -> None:
    response = sign_in(ana).post(reverse("annotations:project_create"), FORM)
    project = Project.objects.get()
    assert response.url == reverse("annotations:project", args=[project.pk])
    assert project.memberships.get().role == "owner"
    assert project.labels[1] == {"name": "EVENT", "key": "y", "description": "What happens"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels-1-key": "p"}, "Two labels have the key p."),
        ({"labels-1-name": "PER"}, "Two labels are called PER."),
        ({"labels-1-key": "x"}, "The key x is taken"),
        ({"labels-1-key": "3"}, "digits choose alternatives"),
        ({"labels-1-name": "B-PER"}, "A label is one word without hyphens"),
        ({"labels-0-DELETE": "on", "labels-1-DELETE": "on"}, "at least one label"),
        ({"source_language": "klingonese"}, "is not a language tag"),
        ({"name": ""}, "This field is required."),
    ],
)
def test_it_says_what_is_wrong(ana: User, sign_in, change: dict, message: str) -> None:
    response = sign_in(ana).post(reverse("annotations:project_create"), FORM | change)
    assert response.status_code == 200
    assert message in response.content.decode().replace("&#x27;", "'")
    assert not Project.objects.exists()


def test_it_saves_settings(project: Project, olga: User, sign_in) -> None:
    sign_in(olga).post(reverse("annotations:settings", args=[project.pk]), FORM | {"guidelines": "Be kind."})
    project.refresh_from_db()
    assert (project.name, project.guidelines, project.label_names) == (
        "Hausa news",
        "Be kind.",
        ["PER", "EVENT"],
    )


def test_it_shows_only_ones_own_projects(project: Project, ana: User, stranger: User, sign_in) -> None:
    assert "News" in sign_in(ana).get("/").content.decode()
    assert "News" not in sign_in(stranger).get("/").content.decode()


def test_it_adds_a_member(project: Project, olga: User, stranger: User, sign_in) -> None:
    form = {"username": "stranger", "role": "viewer"}
    sign_in(olga).post(reverse("annotations:member_add", args=[project.pk]), form)
    assert Membership.objects.get(user=stranger).role == "viewer"


@pytest.mark.parametrize(
    ("name", "message"), [("nobody", "There is no user"), ("ana", "is on this project already")]
)
def test_it_says_why_a_member_is_not_added(
    project: Project, olga: User, sign_in, name: str, message: str
) -> None:
    form = {"username": name, "role": "viewer"}
    response = sign_in(olga).post(reverse("annotations:member_add", args=[project.pk]), form)
    assert message in response.content.decode()
    assert project.memberships.get(user__username="ana").role == "annotator"


@pytest.mark.parametrize("name", ["member_remove", "member_change"])
def test_it_keeps_the_last_owner(project: Project, olga: User, sign_in, name: str) -> None:
    member = project.memberships.get(user=olga)
    client = sign_in(olga)
    response = client.post(reverse(f"annotations:{name}", args=[member.pk]), {"role": "viewer"}, follow=True)
    assert "A project needs an owner" in response.content.decode()
    assert project.memberships.get(user=olga).role == "owner"


def test_it_frees_what_a_removed_member_had_claimed(project: Project, olga: User, ana: User, sign_in) -> None:
    claim_pair(make_pair(project).pk, ana)
    sign_in(olga).post(reverse("annotations:member_remove", args=[project.memberships.get(user=ana).pk]))
    assert not Claim.objects.exists()


def test_everybody_may_leave_but_not_send_others_away(
    project: Project, ana: User, ben: User, sign_in
) -> None:
    other = project.memberships.get(user=ben)
    assert sign_in(ana).post(reverse("annotations:member_remove", args=[other.pk])).status_code == 404
    own = project.memberships.get(user=ana)
    assert sign_in(ana).post(reverse("annotations:member_remove", args=[own.pk])).url == "/"
    assert not project.memberships.filter(user=ana).exists()


def test_it_pages_through_sentences_by_key(project: Project, ana: User, sign_in) -> None:
    pairs = [make_pair(project) for _ in range(52)]
    client = sign_in(ana)
    first = client.get(reverse("annotations:pairs", args=[project.pk]))
    assert first.context["pairs"] == pairs[:50]
    second = client.get(reverse("annotations:pairs", args=[project.pk]) + "?" + first.context["following"])
    assert second.context["pairs"] == pairs[50:]
    assert not second.context["following"]


def test_it_filters_sentences(project: Project, ana: User, sign_in) -> None:
    make_pair(project)
    flagged = make_pair(project, is_flagged=True, language="ar", document="d7")
    address = reverse("annotations:pairs", args=[project.pk])
    for query in ("status=flagged", "language=ar", "document=d7"):
        assert sign_in(ana).get(f"{address}?{query}").context["pairs"] == [flagged]


def test_preferences_refuse_keys_that_are_taken(project: Project, ana: User, sign_in) -> None:
    client = sign_in(ana)
    address = reverse("annotations:preferences")
    fields = {name: field.initial for name, field in client.get(address).context["form"].fields.items()}
    fields["theme"] = "dark"
    taken = client.post(address, fields | {"flag": "p"})
    assert "p is the key of the label PER" in taken.content.decode()
    client.post(address, fields | {"flag": "G"})
    ana.refresh_from_db()
    assert ana.preferences == {"theme": "dark", "language": "", "keys": {"flag": "G"}}
    pair = make_pair(project)
    assert (
        "&quot;flag&quot;:&quot;G&quot;"
        in client.get(reverse("annotations:pair", args=[pair.pk])).content.decode()
    )


def test_admin_erases_a_project_with_its_history(db: None, sign_in) -> None:
    root = get_user_model().objects.create_superuser("root")
    project = make_project(owner=make_user())
    pair = make_pair(project)
    client = sign_in(project.created_by)
    client.post(reverse("annotations:review_flag", args=[pair.pk]), {"version": 0, "run": pair.shown_run_id})
    address = reverse("admin:annotations_project_changelist")
    chosen = {"action": "erase", "_selected_action": [project.pk]}
    assert "cannot be undone" in sign_in(root).post(address, chosen).content.decode()
    assert ReviewEvent.objects.exists()
    sign_in(root).post(address, chosen | {"confirmed": "yes"})
    assert not Project.objects.exists()
    assert not ReviewEvent.objects.exists()
    assert not SentencePair.objects.exists()


@pytest.mark.parametrize("model", ["user", "membership", "project"])
def test_admin_lists_in_a_fixed_number_of_queries(
    db: None, sign_in, django_assert_max_num_queries, model: str
) -> None:
    root = get_user_model().objects.create_superuser("root")
    for _ in range(12):
        make_pair(make_project(owner=make_user()))
    client = sign_in(root)
    with django_assert_max_num_queries(12):
        response = client.get(reverse(f"admin:annotations_{model}_changelist"))
    assert response.status_code == 200

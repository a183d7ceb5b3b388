"""The doctor names what is wrong, and what to do."""

import pytest

from annotations.models import ProjectionRun, RunChunk
from factories import make_project, make_run
from projector_site.operations import doctor
from projector_site.operations.doctor import FAULT, OK, WARNING, Finding, worst


def test_pins_are_read_as_pip_reads_them() -> None:
    pins = dict(doctor.pinned_packages())
    assert pins["Django"].startswith("5.2")
    assert "psycopg" in pins
    assert doctor.installed_version("Django") == pins["Django"]
    assert doctor.installed_version("no-such-package") == ""


def test_another_version_is_a_fault(monkeypatch) -> None:
    monkeypatch.setattr(doctor, "pinned_packages", lambda: [("Django", "1.0"), ("nothing-like-it", "2.0")])
    (finding,) = doctor.look_at_packages()
    assert finding.grade == FAULT
    assert "(wanted 1.0)" in finding.text
    assert "nothing-like-it is missing" in finding.text


def test_a_secret_that_others_can_read_is_a_fault(settings, prepared_folder) -> None:
    secret = settings.DATA_FOLDER.secret_key_file
    secret.chmod(0o644)
    try:
        assert FAULT in {f.grade for f in doctor.look_at_folder() if f.subject == "secrets"}
    finally:
        secret.chmod(0o600)
    assert not [f for f in doctor.look_at_folder() if f.subject == "secrets"]


def test_a_folder_that_is_not_there_is_a_fault(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path / "nowhere"
    (finding,) = doctor.look_at_folder()
    assert finding.grade == FAULT
    assert "PROJECTOR_DATA" in finding.mend


def test_names_that_do_not_fit_are_named(settings) -> None:
    settings.HTTPS, settings.SECRET_KEY = True, "short"
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
    settings.CSRF_TRUSTED_ORIGINS = ["http://names.example"]
    key, hosts, origin = doctor.look_at_addresses()
    assert (key.subject, key.grade) == ("secrets", WARNING)
    assert hosts.grade == FAULT
    assert "every page is refused" in hosts.text
    assert "http://names.example" in origin.text
    settings.SECRET_KEY, settings.ALLOWED_HOSTS = "k" * 50, ["names.example"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://names.example"]
    assert not list(doctor.look_at_addresses())
    settings.ALLOWED_HOSTS, settings.DEBUG = ["*"], True
    assert [f.grade for f in doctor.look_at_addresses()] == [WARNING, FAULT]


def test_a_folder_of_models_that_is_not_there_is_a_fault(settings, tmp_path) -> None:
    settings.MODEL_FOLDERS = [tmp_path, tmp_path / "nowhere", settings.DATA_FOLDER.root / "models"]
    there, missing = doctor.look_at_models()
    assert (there.grade, missing.grade) == (OK, FAULT)
    assert "nowhere" in missing.text


@pytest.mark.django_db
def test_a_migrated_database_is_well() -> None:
    assert {f.subject: f.grade for f in doctor.look_at_database()} == {"database": OK, "schema": OK}


@pytest.mark.django_db
def test_migrations_to_run_are_a_fault(monkeypatch) -> None:
    monkeypatch.setattr(doctor, "pending_migrations", lambda: ["annotations.9999_next"])
    schema = [f for f in doctor.look_at_database() if f.subject == "schema"]
    assert schema == [
        Finding(
            "schema",
            FAULT,
            "1 migrations are to be run, first annotations.9999_next",
            "python manage.py migrate",
        )
    ]


@pytest.mark.django_db
def test_a_run_that_nobody_works_on_is_named() -> None:
    run = make_run(make_project("Nobody's"))
    ProjectionRun.objects.filter(pk=run.pk).update(status="running")
    RunChunk.objects.create(run=run, first_pair_id=1, last_pair_id=2, n_pairs=2)
    (finding,) = doctor.look_at_runs()
    assert finding.grade == WARNING
    assert f"run {run.pk} of Nobody's" in finding.text


def test_without_a_broker_nobody_is_asked_for(settings) -> None:
    settings.CELERY_BROKER_URL = "redis+socket:///nowhere/at/all"
    (finding,) = doctor.look_at_workers()
    assert (finding.subject, finding.grade) == ("broker", FAULT)


def test_the_gravest_grade_counts() -> None:
    assert worst([]) == OK
    assert worst([Finding("a", WARNING, ""), Finding("b", OK, "")]) == WARNING
    assert worst([Finding("a", WARNING, ""), Finding("b", FAULT, ""), Finding("c", OK, "")]) == FAULT

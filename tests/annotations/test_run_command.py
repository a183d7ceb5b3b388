"""`manage.py run_projection`: what it launches, what it says, how it exits."""

from io import StringIO
from unittest.mock import patch

import pytest
from django.core.management import CommandError, call_command

from annotations.models import ProjectionRun
from make_runs import add_pairs

pytestmark = pytest.mark.django_db


def run_projection(*arguments, **options):
    out, err = StringIO(), StringIO()
    call_command("run_projection", *map(str, arguments), stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def test_it_launches_what_it_is_told_and_returns(project):
    add_pairs(project, 2, domain="news")
    out, _ = run_projection(
        *["News", "--language", "es", "--method", "word-to-word", "--aligner", "simalign"],
        *["--option", "gap=2", "--option", "filter=none", "--aligner-option", "distortion=0.5"],
        *["--scope", "filter", "--domain", "news", "--chunk-size", 20, "--no-wait"],
    )
    run = ProjectionRun.objects.get()
    assert out == f"Run {run.pk} of News: word-to-word into es\n"
    assert run.method_options == {"gap": 2, "filter": "none"}
    assert run.aligner_options == {"distortion": 0.5}
    assert (run.scope, run.scope_filter, run.chunk_size) == ("filter", {"domain": "news"}, 20)
    assert run.created_by == project.created_by


def test_it_finds_the_project_by_id_and_its_only_language(project, ana):
    add_pairs(project, 2, language="de")
    run_projection(project.pk, "--user", "ana", "--no-wait")
    run = ProjectionRun.objects.get()
    assert (run.project, run.target_language, run.created_by) == (project, "de", ana)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["Nowhere"], r"no project 'Nowhere'. Projects: \d+ \(News\)"),
        (["News"], "say which target language with --language; the project has de, es"),
        (["News", "--language", "fr"], "No pair of fr is in this scope."),
        (["News", "--language", "es", "--method", "magic"], "Unknown method 'magic'; known: "),
        (["News", "--language", "es", "--option", "gap"], "option 'gap' must be KEY=VALUE"),
        (["News", "--language", "es", "--user", "nobody"], "no user 'nobody'"),
        (["News", "--language", "es", "--domain", "a"], "scope 'filter' only"),
    ],
)
def test_it_says_what_is_wrong(project, arguments, message):
    add_pairs(project, 1)
    add_pairs(project, 1, language="de")
    with pytest.raises(CommandError, match=message):
        run_projection(*arguments, "--no-wait")
    assert not ProjectionRun.objects.exists()


@pytest.mark.parametrize(
    ("end", "error"),
    [
        (
            {"status": "failed", "error": "aligner simalign could not be loaded"},
            "failed. aligner simalign could",
        ),
        ({"status": "cancelled"}, "cancelled"),
    ],
)
def test_it_fails_with_the_run(project, end, error):
    add_pairs(project, 2)
    ending = patch(
        "annotations.management.commands.run_projection.time.sleep",
        lambda _: ProjectionRun.objects.update(**end),
    )
    with ending, pytest.raises(CommandError, match=error):
        run_projection("News")


def test_it_says_that_no_worker_answers(project):
    add_pairs(project, 2)
    quiet = patch("annotations.workforce.QUIET_S", -1.0)
    nobody = patch("annotations.workforce.find_workers", return_value=[])
    ending = patch(
        "annotations.management.commands.run_projection.time.sleep",
        lambda _: ProjectionRun.objects.update(status="done", signature="all of it"),
    )
    with quiet, nobody, ending:
        out, err = run_projection("News")
    assert err == "No worker answers. The run goes on by itself when one is started.\n\n"
    assert out.endswith("all of it\n")

"""`manage.py run_projection`: what it launches, what it says, how it exits."""

from contextlib import contextmanager
from io import StringIO
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command

from annotations.management.commands.run_projection import describe
from annotations.models import ProjectionRun
from annotations.progress import get_progress
from make_runs import add_pair, add_pairs
from tests.workers.tiny_models import tiny_nllb
from workers import store, tasks

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


def test_it_takes_label_maps_and_a_queue(project):
    add_pairs(project, 2)
    run_projection(
        *["News", "--language", "es", "--queue", "gpu", "--label-map", "PERSON=PER, NORP=-", "--no-wait"],
        *["--target-tagger", "huggingface", "--target-tagger-option", "model=somebody/some-tagger"],
        *["--target-label-map", "DATE=-"],
    )
    run = ProjectionRun.objects.get()
    assert run.queue == "gpu"
    assert run.tagger_options == {"labels": {"PERSON": "PER", "NORP": "-"}}
    assert run.target_tagger_options == {"model": "somebody/some-tagger", "labels": {"DATE": "-"}}


def test_a_label_map_that_cannot_be_read_is_refused(project):
    with pytest.raises(CommandError, match="'PERSON' is not like PERSON=PER"):
        run_projection("News", "--label-map", "PERSON", "--no-wait")


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


def test_it_says_that_no_worker_answers(project, live_broker):
    cache.delete("answering-workers")
    add_pairs(project, 2)
    quiet = patch("annotations.workforce.QUIET_S", -1.0)
    ending = patch(
        "annotations.management.commands.run_projection.time.sleep",
        lambda _: ProjectionRun.objects.update(status="done", signature="all of it"),
    )
    with quiet, ending:
        out, err = run_projection("News")
    assert err == "No worker answers. The run goes on by itself when one is started.\n\n"
    assert out.endswith("all of it\n")


def test_a_language_that_the_translator_lacks_is_named_with_the_nearest(project, tmp_path):
    add_pair(project, "Ana sings .", "", None, language="pcm")
    model = tiny_nllb(tmp_path / "nllb")
    arguments = ["News", "--route", "translate-train", "--translator-option", f"model={model}"]
    with worked_on_here(), pytest.raises(CommandError) as failed:
        run_projection(*arguments)
    assert "translator seq2seq: model" in str(failed.value)
    assert "Nigerian Pidgin (pcm)" in str(failed.value) and "English" in str(failed.value)


def test_a_model_that_does_not_load_fails_the_run_with_the_reason(project, tmp_path):
    add_pair(project, "", "Ana canta .", None)
    arguments = ["News", "--route", "translate-test", "--translator-option", f"model={tmp_path}"]
    with worked_on_here(), pytest.raises(CommandError, match="translator seq2seq could not be loaded"):
        run_projection(*arguments)
    assert ProjectionRun.objects.get().status == "failed"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--route", "translate-train"], "Name the model of the translator"),
        (["--route", "model-transfer"], "Name the model of the target_tagger"),
        (["--route", "translate-test", "--translator-option", "model=x"], "needs a target; no pair"),
        (["--translator-option", "model=x"], "The run has no translator, so it reads no options of one."),
        (["--route", "translate-train", "--markers", "stars"], "Unknown markers 'stars'; known: off, easy"),
    ],
)
def test_it_refuses_options_that_do_not_fit_the_route(project, arguments, message):
    add_pair(project, "Ana sings .", "", None)
    with pytest.raises(CommandError, match=message):
        run_projection("News", *arguments)
    assert not ProjectionRun.objects.exists()


@contextmanager
def worked_on_here():
    """While the command waits, this process does what the first worker does."""
    work = patch(
        "annotations.management.commands.run_projection.time.sleep",
        lambda _: tasks.start_run(ProjectionRun.objects.get().pk),
    )
    with work, patch.object(tasks.process_chunk, "delay"):
        yield


def test_the_stage_that_workers_are_at_is_named(project):
    add_pairs(project, 2)
    run_projection("News", "--no-wait")
    run = ProjectionRun.objects.get()
    token = uuid4()
    store.claim_run(run.pk, token)
    store.report_run_stage(run.pk, token, "loading models")
    run.refresh_from_db()
    assert describe(get_progress(run)) == "Running: 0 of 0 pairs, loading models"
    store.create_chunks(run.pk)
    store.finish_preparation(run.pk, token, statistics={}, signature="")
    claim = store.claim_chunk(run.pk, uuid4())
    store.report_stage(claim, "aligning")
    run.refresh_from_db()
    assert describe(get_progress(run)) == "Running: 0 of 2 pairs, aligning"
    store.fail_run(run.pk, "enough")
    with pytest.raises(store.ClaimLost):
        store.report_stage(claim, "projecting")

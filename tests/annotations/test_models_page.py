"""The page of the models, the reports behind it, and the queue a run goes to by default."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from celery import current_app
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from annotations.models import WordTable, WorkerReport
from annotations.progress import get_progress
from annotations.workforce import default_queue, live_reports, say_who_works
from factories import make_run, make_user
from workers import store
from workers.lexical_learning import learn_table
from workers.presence import (
    describe_folder,
    find_on_disk,
    find_task,
    read_config,
    read_gpu,
    read_labels,
    resident_bytes,
)
from workers.store import reporter
from workers.tasks.models import load_now

pytestmark = pytest.mark.django_db
GPU = {"name": "NVIDIA H100", "total_bytes": 80 << 30, "used_bytes": 2 << 30}
ENCODER = {
    "kind": "encoder",
    "name": "packaged",
    "device": "cpu",
    "dtype": "float32",
    "n_bytes": 470_000_000,
    "load_s": 2.5,
    "loaded_at": 1_790_000_000.0,
}


@pytest.fixture(autouse=True)
def forget():
    cache.clear()


def report(worker="celery@one", pid=1, age_s=0.0, **values):
    row = WorkerReport.objects.create(worker=worker, pid=pid, started_at=timezone.now(), **values)
    WorkerReport.objects.filter(pk=row.pk).update(heard_at=timezone.now() - timedelta(seconds=age_s))
    return row


def state(client):
    return client.get(reverse("annotations:models_state")).content.decode()


def test_it_says_plainly_when_no_worker_answers(project, olga, sign_in, live_broker):
    text = state(sign_in(olga))
    assert "No worker has reported within the last half minute" in text
    assert text.count("no worker answers") == 2
    report(n_slots=2, queues=["cpu"], age_s=31)
    assert "No worker has reported" in state(sign_in(olga))


def test_it_shows_processes_models_gpus_and_queues(project, olga, sign_in, live_broker):
    for _ in range(3):
        load_now.apply_async(("aligner", "fused", {}), queue="cpu")
    report(n_slots=2, queues=["cpu"], gpus=[GPU])
    report(pid=2, memory_bytes=1 << 30, device="cpu", loaded=[ENCODER])
    text = state(sign_in(olga))
    assert "celery@one (2 tasks at a time)" in text and text.count("no worker answers") == 1
    assert "NVIDIA H100" in text and "80.0\xa0GB" in text
    assert "<code>packaged</code> · cpu float32" in text and "loaded in 2.5 s" in text
    assert '<td class="number">3</td>' in text


def test_a_broker_that_is_away_does_not_break_the_page(project, olga, sign_in, tmp_path, monkeypatch):
    monkeypatch.setitem(current_app.conf, "broker_read_url", f"redis+socket://{tmp_path / 'none'}")
    answer = sign_in(olga).get(reverse("annotations:models"))
    assert answer.status_code == 200 and "not known" in answer.content.decode()


def test_staff_may_see_it_and_annotators_may_not(project, ana, sign_in):
    assert sign_in(ana).get(reverse("annotations:models")).status_code == 404
    staff = make_user("staff", is_staff=True)
    assert sign_in(staff).get(reverse("annotations:models")).status_code == 200


def taken_from(queue):
    """The arguments of the tasks that wait in a queue, as they are written in its messages."""
    with current_app.connection_for_read() as connection:
        channel = connection.default_channel
        messages = iter(lambda: channel.basic_get(queue, no_ack=True), None)
        return [message.headers["argsrepr"] for message in messages]


def test_a_model_is_loaded_ahead_by_the_queue_that_is_picked(project, olga, sign_in, live_broker):
    report(n_slots=1, queues=["cpu", "gpu"])
    page = sign_in(olga).get(reverse("annotations:models")).content.decode()
    assert "packaged (aligner fused)" in page and "LaBSE" not in page  # nobody has that one
    load = reverse("annotations:models_load")
    answer = sign_in(olga).post(load, {"model": "aligner fused packaged", "queue": "gpu"})
    assert answer.status_code == 302
    assert taken_from("gpu") == ["('aligner', 'fused', {'model': 'packaged'})"]
    sign_in(olga).post(load, {"model": "aligner fused /etc", "queue": "cpu"})
    assert taken_from("cpu") == taken_from("gpu") == []


@pytest.mark.parametrize(
    ("rows", "queue"),
    [
        ([], "cpu"),
        ([{"queues": ["cpu", "gpu"]}], "cpu"),  # what `up` starts on a machine without a GPU
        ([{"queues": ["cpu", "gpu"], "gpus": [GPU]}], "gpu"),
        ([{"queues": ["gpu"]}], "gpu"),
        ([{"queues": ["gpu"], "age_s": 40}], "cpu"),
        ([{"queues": ["cpu"], "gpus": [GPU]}], "cpu"),
    ],
)
def test_the_default_queue_follows_what_workers_report(rows, queue):
    for pid, row in enumerate(rows):
        report(pid=pid, n_slots=1, **row)
    assert default_queue() == queue


def test_a_process_writes_its_row_and_takes_it_away(monkeypatch):
    monkeypatch.setattr(reporter, "worker", "celery@here")
    values = {"memory_bytes": resident_bytes(), "loaded": [ENCODER]}
    store.save_report("celery@here", os.getpid(), started_at=timezone.now(), **values)
    store.save_report("celery@here", os.getpid(), started_at=timezone.now(), **values)
    row = live_reports().get()
    assert row.memory_bytes > 10_000_000 and row.loaded == [ENCODER]
    store.delete_reports("celery@here", os.getpid())
    assert not WorkerReport.objects.exists()


def test_rows_of_processes_long_gone_are_pruned():
    report(age_s=3_700)
    young = report(pid=2, age_s=3_500)
    store.prune_reports()
    assert list(WorkerReport.objects.all()) == [young]


def test_what_an_aligner_learnt_is_kept_with_the_run(project):
    run = make_run(project)
    table = learn_table([(["red", "house"], ["dako", "ru"])] * 3)
    store.save_words(run.pk, table)
    store.save_words(run.pk, table)  # prepared again
    assert store.words_digest(run.pk) == table.digest
    assert store.load_words(run.pk) == table
    assert WordTable.objects.count() == 1 and store.words_digest(0) == ""


@pytest.mark.parametrize(
    ("line", "name"),
    [("NVIDIA A100-SXM4-80GB, 81920, 1034", "NVIDIA A100-SXM4-80GB"), ("[N/A], [N/A], 3", None), ("", None)],
)
def test_the_drivers_answer_is_read(line, name):
    gpu = read_gpu(line)
    assert (gpu and gpu["name"]) == name
    if gpu:
        assert gpu["total_bytes"] == 81920 << 20 and gpu["used_bytes"] == 1034 << 20


def test_models_on_disk_are_found_with_labels_and_problems(tmp_path: Path):
    good, bad = tmp_path / "good", tmp_path / "org" / "pickled"
    for folder in (good, bad):
        folder.mkdir(parents=True)
        config = {
            "architectures": ["XForTokenClassification"],
            "id2label": {"0": "O", "1": "B-PER", "2": "I-LOC"},
        }
        (folder / "config.json").write_text(json.dumps(config))
    (good / "model.safetensors").write_bytes(b"x" * 100)
    (bad / "pytorch_model.bin").write_bytes(b"x" * 100)
    assert read_config(tmp_path) == {} and read_labels({}) == []
    assert describe_folder("good", good) == {
        "name": "good",
        "n_bytes": 100,
        "task": "tagger",
        "labels": ["LOC", "PER"],
        "problem": "",
    }
    found = {model["name"]: model["problem"] for model in find_on_disk([tmp_path, tmp_path / "absent"])}
    assert found[str(good)] == "" and "no safetensors" in found[str(bad)]


def test_a_run_whose_queue_nobody_takes_from_says_so(project):
    run = make_run(project)
    run.status, run.queue = "queued", "gpu"
    run.moved_at = timezone.now() - timedelta(minutes=1)
    run.save()
    report(n_slots=1, queues=["cpu"])
    with patch("annotations.workforce.find_workers", return_value=["celery@one"]):
        assert "No worker takes from the queue gpu." in say_who_works(get_progress(run))
        report(pid=2, n_slots=1, queues=["gpu"])
        assert "waits for its turn" in say_who_works(get_progress(run))


@pytest.mark.parametrize(
    ("config", "task"),
    [
        ({"architectures": ["M2M100ForConditionalGeneration"], "model_type": "m2m_100"}, "translator"),
        ({"architectures": ["MarianMTModel"], "model_type": "marian"}, "translator"),
        ({"architectures": ["XLMRobertaForTokenClassification"], "model_type": "xlm-roberta"}, "tagger"),
        ({"architectures": ["BertModel"], "model_type": "bert"}, "encoder"),
        ({"architectures": None}, "encoder"),
        ({}, "encoder"),
    ],
)
def test_what_a_model_is_for_is_read_from_its_architecture(config, task):
    assert find_task(config) == task


def test_a_converted_translator_is_known_by_its_files(tmp_path: Path):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.bin").write_bytes(b"x" * 7)
    (tmp_path / "shared_vocabulary.json").write_text("[]")
    found = describe_folder("ct2", tmp_path)
    assert (found["task"], found["n_bytes"], found["problem"]) == ("ctranslate2", 7, "")


def test_reports_go_on_when_models_cannot_be_listed(monkeypatch):
    def unreadable(_folders):
        raise PermissionError("/srv/models")

    monkeypatch.setattr(reporter, "find_on_disk", unreadable)
    assert reporter._look_for_models() == []

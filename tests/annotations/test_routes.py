"""The routes with the real store: what each makes of a pair, and what a later run may replace."""

from datetime import timedelta
from unittest.mock import patch

import msgspec
import numpy as np
import pytest
from django.db import OperationalError
from django.utils import timezone

from annotations.actions.review import Seen, accept_review
from annotations.actions.runs import cancel_run, launch_run
from annotations.export.jsonl import record_line
from annotations.export.losses import Losses
from annotations.export.options import ExportOptions
from annotations.export.records import read_records
from annotations.models import Candidate, ProjectionRun, Review, SentencePair, SourceEntity, Translation
from annotations.translation_notes import FLAG_TEXTS
from factories import make_project, make_user
from make_runs import add_pair
from workers import tasks
from workers.align import Alignment
from workers.markers import MARKER_FLAGS
from workers.project import get_projector
from workers.spans import Entity
from workers.stages import Stages
from workers.translate import FLAGS
from workers.translate import Translation as Translated

pytestmark = pytest.mark.django_db

SPANISH = {"lives": "vive", "in": "en", "London": "Londres", "sings": "canta", "The": "Los", "and": "y"}
ENGLISH = {other: one for one, other in SPANISH.items()}
NAMES = {"Ana": "PER", "Eva": "PER", "London": "LOC", "Londres": "LOC"}


class WordByWord:
    """Translates word by word, by a dictionary for each target language; marks go through as they are."""

    name = "word-by-word"

    def __init__(self, signature="first", **changes):
        self.signature = signature
        self.words = {"es": SPANISH | changes, "en": ENGLISH}
        self.texts = []

    def check_languages(self, source_language, target_language):
        pass

    def translate(self, texts, *, source_language, target_language):
        self.texts += texts
        words = self.words[target_language]
        made = [" ".join(words.get(word, word) for word in text.split()) for text in texts]
        return [Translated(text, score=-0.5, flags=("split",) * ("." in text)) for text in made]


class Unmarks(WordByWord):
    """Loses the marks around London."""

    def translate(self, texts, **languages):
        made = super().translate(texts, **languages)
        return [Translated(one.text.replace("[ Londres ]", "Londres")) for one in made]


class SameWord:
    """Links each source word with the first target word that means the same."""

    name = signature = "same-word"

    def align(self, pairs):
        return [self.align_pair(*pair) for pair in pairs]

    def align_pair(self, source, target):
        links = [
            (i, list(target).index(SPANISH.get(word, word)))
            for i, word in enumerate(source)
            if SPANISH.get(word, word) in target
        ] + [
            (i, list(target).index(word))
            for i, word in enumerate(source)
            if word in target and word in SPANISH
        ]
        links = sorted(set(links))
        return Alignment(np.array(links, np.int32).reshape(-1, 2), np.ones(len(links), np.float32))


class ByName:
    """Knows a few names."""

    name = signature = "by-name"

    def tag(self, sentences):
        return [
            [Entity(k, k + 1, NAMES[word], 0.75) for k, word in enumerate(words) if word in NAMES]
            for words in sentences
        ]


@pytest.fixture
def project():
    return make_project(owner=make_user())


@pytest.fixture
def run_route(django_capture_on_commit_callbacks):
    """Launches a run and does all of it here: run_route(project, "translate-test", translator=...)."""

    def run_it(project, route, *, translator=None, back_translator=None, before_saving=None, **choices):
        def load(config):
            made = bool(translator)
            return Stages(
                None if route == "model-transfer" else SameWord(),
                None if route == "model-transfer" else get_projector("word-to-word"),
                tagger=ByName(),
                labels=config.labels,
                route=config.route,
                translator=translator,
                markers=config.markers,
                back_translation=config.back_translation,
                back_translator=back_translator or translator if made else None,
                target_tagger=ByName() if route == "model-transfer" else None,
                source_language=config.source_language,
                target_language=config.target_language,
            )

        names = {"translator_options": {"model": "toy"}} if translator else {}
        if route == "model-transfer":
            names = {"target_tagger_options": {"model": "toy"}}
        choices = {"target_language": "es", "route": route} | names | choices
        with patch("workers.tasks.start_run.delay"):
            run = launch_run(project=project, user=project.created_by, **choices)
        quiet = patch.object(tasks.process_chunk, "delay")
        slots = patch.object(tasks, "count_worker_slots", lambda *_, **__: 1)
        with patch("workers.stages.load_stages", load), quiet, slots:
            tasks.start_run(run.pk)
            if before_saving:
                with patch("workers.store.save_chunk", before_saving):
                    tasks.process_chunk(run.pk)
            else:
                while tasks.process_chunk(run.pk):
                    pass
        run.refresh_from_db()
        return run

    return run_it


def add_source(project, text="Ana lives in London", entities=((0, 1, "PER"), (3, 4, "LOC"))):
    return add_pair(project, text, "", list(entities) if entities is not None else None)


def add_target(project, text="Ana vive en Londres"):
    return add_pair(project, "", text, None)


def spans(run, pair):
    """(start, end, label, via) of a run's choices for a pair, in the order of the target."""
    chosen = Candidate.objects.filter(run=run, pair=pair, rank=0).order_by("start")
    return list(chosen.values_list("start", "end", "label", "via"))


def test_translate_train_gives_a_source_its_target(project, run_route):
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


def test_a_translation_is_cut_into_words_as_an_import_is(project, run_route):
    pair = add_source(project, "Ana sings.", ((0, 1, "PER"),))
    run = run_route(project, "translate-train", translator=WordByWord(**{"sings.": "canta."}))
    pair.refresh_from_db()
    assert pair.target_tokens == ["Ana", "canta", "."]
    assert run.results.get().flags == ["split"]


def test_markers_carry_entities_and_alignment_what_they_lose(project, run_route):
    pair = add_source(project)
    run = run_route(project, "translate-train", translator=Unmarks(), markers="easyproject")
    pair.refresh_from_db()
    assert pair.target_text == "Ana vive en Londres"
    assert spans(run, pair) == [(0, 1, "PER", "markers"), (3, 4, "LOC", "alignment")]
    assert run.results.get().flags == ["markers-lost"]
    assert pair.translation.text == "[ Ana ] vive en Londres"


def test_translate_test_gives_a_target_its_source(project, run_route):
    pair = add_target(project)
    run = run_route(project, "translate-test", translator=WordByWord())
    pair.refresh_from_db()
    assert (pair.source_text, pair.target_text) == ("Ana lives in London", "Ana vive en Londres")
    assert (pair.translated_side, pair.has_source_labels) == ("source", False)
    assert spans(run, pair) == [(0, 1, "PER", "alignment"), (3, 4, "LOC", "alignment")]
    tagged = SourceEntity.objects.filter(run=run).values_list("start", "end", "label", "score")
    assert list(tagged) == [(0, 1, "PER", 0.75), (3, 4, "LOC", 0.75)]


@pytest.mark.parametrize("mode", ["evidence", "project"])
def test_a_translation_back_finds_what_alignment_lost(project, run_route, mode):
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


def test_model_transfer_makes_candidates_without_a_source(project, run_route):
    pair = add_target(project)
    run = run_route(project, "model-transfer")
    pair.refresh_from_db()
    assert (run.status, run.n_candidates, run.method, run.aligner) == ("done", 2, "", "")
    assert spans(run, pair) == [(0, 1, "PER", "tagger"), (3, 4, "LOC", "tagger")]
    assert set(Candidate.objects.values_list("source_entity", "confidence")) == {(None, 0.75)}
    assert (pair.source_text, pair.status, pair.priority) == ("", "suggested", 0.25)


def test_nothing_imported_is_replaced(project, run_route):
    pair = add_pair(project, "Ana sings", "Canta Ana", [(0, 1, "PER")])
    run = run_route(project, "translate-train", translator=WordByWord(), markers="easyproject")
    pair.refresh_from_db()
    assert (pair.target_text, pair.translated_side, pair.text_version) == ("Canta Ana", "", 0)
    assert spans(run, pair) == [(1, 2, "PER", "alignment")]


def test_the_same_translator_never_translates_a_text_twice(project, run_route):
    add_source(project)
    first, again = WordByWord(), WordByWord()
    one = run_route(project, "translate-train", translator=first)
    two = run_route(project, "translate-train", translator=again)
    assert first.texts == ["Ana lives in London"] and again.texts == []
    pair = SentencePair.objects.get()
    assert pair.text_version == 1
    assert spans(one, pair) == spans(two, pair)  # both stand, and can be compared


def test_a_worker_that_is_lost_takes_no_translation_with_it(project, run_route):
    add_source(project)

    def lost(*_, **__):
        raise SystemExit

    with pytest.raises(SystemExit):
        run_route(project, "translate-train", translator=WordByWord(), before_saving=lost)
    assert Translation.objects.count() == 1
    assert SentencePair.objects.get().target_text == ""


def test_another_translator_replaces_a_translation_and_what_stood_on_it(project, run_route):
    pair = add_source(project)
    old = run_route(project, "translate-train", translator=WordByWord())
    new = run_route(project, "translate-train", translator=WordByWord("second", lives="reside"))
    pair.refresh_from_db()
    assert (pair.target_text, pair.translation.signature) == ("Ana reside en Londres", "second")
    assert (pair.text_version, pair.shown_run) == (2, new)
    old.refresh_from_db()
    assert (old.n_done, old.n_candidates) == (1, 0) and not spans(old, pair)
    result = old.results.get()
    assert (result.status, result.link_sources) == ("outdated", [])
    assert result.message == f"run {new.pk} replaced the translation that this was about"


def test_model_transfer_stands_when_the_source_is_translated_again(project, run_route):
    pair = add_target(project)
    direct = run_route(project, "model-transfer")
    run_route(project, "translate-test", translator=WordByWord())
    old = run_route(project, "translate-test", translator=WordByWord("second"))
    assert len(spans(direct, pair)) == 2 and direct.results.get().status == "done"
    third = WordByWord("third")
    third.words["en"] = ENGLISH | {"vive": "resides"}
    run_route(project, "translate-test", translator=third)
    assert len(spans(direct, pair)) == 2 and direct.results.get().status == "done"
    assert old.results.get().status == "outdated"


def fix_by_review(pair):
    Review.objects.create(pair=pair, reviewer=pair.project.created_by)


def fix_by_claim(pair):
    pair.claimed_by, pair.claimed_until = pair.project.created_by, timezone.now() + timedelta(minutes=5)
    pair.save()


def fix_by_edit(pair):
    pair.target_text, pair.translation = "Ana mora en Londres", None
    pair.target_offsets = [0, 3, 4, 8, 9, 11, 12, 19]
    pair.translation_edited_at, pair.text_version = timezone.now(), 2
    pair.save()


@pytest.mark.parametrize("fix", [fix_by_review, fix_by_claim, fix_by_edit])
def test_a_translation_that_somebody_fixed_stays_and_is_used(project, run_route, fix):
    pair = add_source(project)
    run_route(project, "translate-train", translator=WordByWord())
    pair.refresh_from_db()
    fix(pair)
    text = pair.target_text
    other = WordByWord("second", lives="reside")
    run = run_route(project, "translate-train", translator=other, markers="easyproject")
    pair.refresh_from_db()
    assert pair.target_text == text and other.texts == []
    assert spans(run, pair) == [(0, 1, "PER", "alignment"), (3, 4, "LOC", "alignment")]


@pytest.mark.parametrize("fix", [fix_by_review, fix_by_claim, fix_by_edit])
def test_what_somebody_took_up_while_it_was_translated_again_is_left_alone(project, run_route, fix):
    from workers.store import save_chunk

    pair = add_source(project)
    old = run_route(project, "translate-train", translator=WordByWord())

    def save_late(*args, **fields):
        pair.refresh_from_db()
        fix(pair)
        return save_chunk(*args, **fields)

    run = run_route(
        project, "translate-train", translator=WordByWord("second", lives="reside"), before_saving=save_late
    )
    text = pair.target_text
    pair.refresh_from_db()
    assert pair.target_text == text and "reside" not in text
    assert (run.status, run.n_done, run.n_candidates, run.n_failed) == ("done", 1, 0, 0)
    result = run.results.get()
    assert result.status == "outdated" and "somebody took the sentence up" in result.message
    assert pair.shown_run == old


def test_a_translation_can_be_projected_onto_again_without_a_translator(project, run_route):
    pair = add_source(project)
    run_route(project, "translate-train", translator=WordByWord())
    run = run_route(project, "bitext")
    assert len(spans(run, pair)) == 2


def test_a_run_that_is_cancelled_stops_at_the_next_stage(project, run_route):
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


def test_a_text_that_cannot_be_translated_is_one_recorded_problem(project, run_route):
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


def test_a_database_that_is_away_while_a_translation_is_kept_is_no_sentence_s_failure(project, run_route):
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


def test_a_reviewer_sees_how_a_translation_and_its_entities_came_about(project, run_route, client):
    pair = add_source(project)
    run_route(project, "translate-train", translator=Unmarks("marker-model"), markers="easyproject")
    shown = page(client, pair)
    assert "The target was translated here, by marker-model." in shown
    assert "The translator lost the markers of an entity." in shown
    assert shown.count("Markers in the translation") == 1
    pair.refresh_from_db()
    fix_by_edit(pair)
    assert "The target was translated here, and edited since." in page(client, pair)


def test_entities_of_model_transfer_are_reviewed_like_any_other(project, run_route, client):
    pair = add_target(project)
    run = run_route(project, "model-transfer")
    assert page(client, pair).count("Target tagger") == 2
    accept_review(pair=pair, reviewer=project.created_by, seen=Seen(version=0, run=run.pk))
    pair.refresh_from_db()
    items = Review.objects.gold().get().items.values_list("start", "end", "label", "state")
    assert (pair.status, list(items)) == ("reviewed", [(0, 1, "PER", "accepted"), (3, 4, "LOC", "accepted")])


def test_the_page_of_a_run_says_what_its_route_used(project, run_route, client):
    add_source(project)
    run = run_route(project, "translate-train", translator=WordByWord(), markers="easyproject")
    client.force_login(project.created_by)
    shown = client.get(run.get_absolute_url()).content.decode()
    for words in ("translate-train", "seq2seq", "easyproject", "Word aligner"):
        assert words in shown


def test_every_flag_has_words_for_people():
    assert set(FLAG_TEXTS) == set(FLAGS) | set(MARKER_FLAGS)


def test_an_export_says_which_side_was_translated_and_by_what(project, run_route):
    add_source(project)
    imported = add_pair(project, "Ana sings", "Canta Ana", [(0, 1, "PER")])
    run_route(project, "translate-train", translator=WordByWord())
    options = ExportOptions(format="jsonl", silver=True)
    records = read_records(project, options, Losses())
    rows = [msgspec.json.decode(record_line(record, options)) for record in records]
    assert rows[0]["translated"] == {"side": "target", "by": "first", "edited_at": None}
    assert (rows[0]["target"], rows[1]["pair"]) == (["Ana", "vive", "en", "Londres"], imported.pk)
    assert "translated" not in rows[1]

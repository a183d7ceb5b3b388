"""Translations that are there already: kept, replaced by another translator's, or left to people."""

import pytest

from annotations.actions.claims import claim_pair
from annotations.models import Review, SentencePair, Translation
from make_runs import add_pair
from toy_stages import ENGLISH, WordByWord, add_source, add_target, fix_by_edit, run_route, spans

pytestmark = pytest.mark.django_db


def test_nothing_imported_is_replaced(project):
    pair = add_pair(project, "Ana sings", "Canta Ana", [(0, 1, "PER")])
    run = run_route(project, "translate-train", translator=WordByWord(), markers="easyproject")
    pair.refresh_from_db()
    assert (pair.target_text, pair.translated_side, pair.text_version) == ("Canta Ana", "", 0)
    assert spans(run, pair) == [(1, 2, "PER", "alignment")]


def test_the_same_translator_never_translates_a_text_twice(project):
    add_source(project)
    first, again = WordByWord(), WordByWord()
    one = run_route(project, "translate-train", translator=first)
    two = run_route(project, "translate-train", translator=again)
    assert first.texts == ["Ana lives in London"] and again.texts == []
    pair = SentencePair.objects.get()
    assert pair.text_version == 1
    assert spans(one, pair) == spans(two, pair)  # both stand, and can be compared


def test_a_worker_that_is_lost_takes_no_translation_with_it(project):
    add_source(project)

    def lost(*_, **__):
        raise SystemExit

    with pytest.raises(SystemExit):
        run_route(project, "translate-train", translator=WordByWord(), before_saving=lost)
    assert Translation.objects.count() == 1
    assert SentencePair.objects.get().target_text == ""


def test_another_translator_replaces_a_translation_and_what_stood_on_it(project):
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


def test_model_transfer_stands_when_the_source_is_translated_again(project):
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
    claim_pair(pair.pk, pair.project.created_by)


@pytest.mark.parametrize("fix", [fix_by_review, fix_by_claim, fix_by_edit])
def test_a_translation_that_somebody_fixed_stays_and_is_used(project, fix):
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
def test_what_somebody_took_up_while_it_was_translated_again_is_left_alone(project, fix):
    from toy_stages import WordByWord, add_source, run_route
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


def test_a_translation_can_be_projected_onto_again_without_a_translator(project):
    pair = add_source(project)
    run_route(project, "translate-train", translator=WordByWord())
    run = run_route(project, "bitext")
    assert len(spans(run, pair)) == 2

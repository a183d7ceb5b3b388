"""A run is launched and watched on its page, which moves on without being loaded again."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from annotations.models import ProjectionRun
from make_runs import add_pairs, prepare_run, save_next_chunk

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_page_of_a_run_moves_on_by_itself_and_stops_asking(live_broker, project, olga, open_as):
    add_pairs(project, 4)
    page = open_as(olga, reverse("annotations:run_launch", args=[project.pk]))
    page.locator("summary", has_text="Projection soft").click()
    page.get_by_label("word-to-word").check()
    page.get_by_text("More options").click()
    page.get_by_label("Sentences a worker takes at a time").fill("2")
    page.get_by_role("button", name="Launch").click()
    expect(page.get_by_text("Waiting for a worker.")).to_be_visible()
    page.evaluate("window.notLoadedAgain = true")

    run = prepare_run(ProjectionRun.objects.get())
    assert (run.method, run.chunk_size) == ("word-to-word", 2)
    page.get_by_text("Signature", exact=True).click()
    page.locator("#run-cancel").focus()
    save_next_chunk(run)
    expect(page.get_by_text("2 / 4")).to_be_visible()
    expect(page.get_by_text("model:x")).to_be_visible()  # what was open stays open
    expect(page.locator("#run-cancel")).to_be_focused()
    expect(page.get_by_text("less than a minute")).to_be_visible()
    save_next_chunk(run, "failed", "alignment failed: no luck")
    expect(page.get_by_text("All sentences are done.")).to_be_visible()
    expect(page.get_by_text("alignment failed: no luck").first).to_be_visible()
    assert page.evaluate("window.notLoadedAgain")
    expect(page.locator("[hx-trigger]")).to_have_count(0)


def test_a_run_is_cancelled_and_resumed_on_its_page(live_broker, project, olga, open_as):
    add_pairs(project, 2)
    page = open_as(olga, reverse("annotations:run_launch", args=[project.pk]))
    page.get_by_role("button", name="Launch").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled. What was projected stays")).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("Waiting for a worker.")).to_be_visible()
    assert ProjectionRun.objects.get().status == "queued"

"""Right-to-left scripts and scripts without spaces."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from annotations.models import Project, Review, SentencePair
from factories import make_pair

ARABIC = "قال محمد علي ( رئيس UNESCO ) في القاهرة ."
CHINESE = "安娜 · 鲁伊斯 住 在 马德里 。"


def centres(page: Page, side: str = "target") -> list[float]:
    boxes = [token.bounding_box() for token in page.locator(f'.sentence[data-side="{side}"] .t').all()]
    return [box["x"] + box["width"] / 2 for box in boxes if box]


def spans(pair: SentencePair) -> list[tuple]:
    items = Review.objects.get(pair=pair).items.order_by("position")
    return list(items.values_list("start", "end", "label"))


def arabic_pair(project: Project) -> SentencePair:
    return make_pair(
        project,
        "Mohamed Ali ( head of UNESCO ) said in Cairo .",
        ARABIC,
        [((0, 2), (1, 3), "PER"), ((5, 6), (5, 6), "ORG"), ((9, 10), (8, 9), "LOC")],
        language="ar",
    )


def test_arabic_runs_from_right_to_left_token_by_token(project: Project, review: Callable[..., Page]) -> None:
    arabic_pair(project)
    page = review()
    sentence = page.locator('.sentence[data-side="target"]')
    expect(sentence).to_have_attribute("dir", "rtl")
    expect(sentence).to_have_attribute("lang", "ar")
    xs = centres(page)
    assert xs == sorted(xs, reverse=True)  # whatever is Latin or punctuation among them
    assert centres(page, "source") == sorted(centres(page, "source"))


def test_arabic_edges_move_in_reading_order(project: Project, review: Callable[..., Page]) -> None:
    """The start of a name is on the right: taking in the word before makes it grow to the right."""
    pair = arabic_pair(project)
    page = review()
    page.locator("#item-0").focus()
    before = page.locator('.mark[data-position="0"]').bounding_box()
    page.keyboard.press("d")
    expect(page.locator("#item-0 .target-words")).to_have_text("قال محمد علي")
    after = page.locator('.mark[data-position="0"]').bounding_box()
    assert after["x"] + after["width"] > before["x"] + before["width"] + 10
    assert spans(pair)[0] == (0, 3, "PER")
    page.keyboard.press("f")
    page.keyboard.press("k")  # a bracket joins at the end, on the left
    expect(page.locator("#item-0 .target-words")).to_have_text("محمد علي (")
    xs = centres(page)
    assert xs == sorted(xs, reverse=True)


def test_arabic_arrows_follow_the_eye(project: Project, review: Callable[..., Page]) -> None:
    pair = arabic_pair(project)
    page = review()
    page.keyboard.press("a")
    expect(page.locator(".t.selected")).to_have_text("قال")
    page.keyboard.press("ArrowLeft")  # onwards
    expect(page.locator(".t.selected")).to_have_text("محمد")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".t.selected")).to_have_text("قال")
    page.keyboard.press("m")
    expect(page.locator("#item-3 .target-words")).to_have_text("قال")
    assert spans(pair)[3] == (0, 1, "MISC")


def test_brackets_around_a_latin_name_keep_their_places(
    project: Project, review: Callable[..., Page]
) -> None:
    arabic_pair(project)
    page = review()
    opening, name, closing = (
        page.locator(f'.sentence[data-side="target"] .t[data-i="{index}"]').bounding_box()
        for index in (3, 5, 6)
    )
    assert opening["x"] > name["x"] + name["width"] - 1
    assert closing["x"] + closing["width"] < name["x"] + 1


def test_chinese_has_no_gaps_and_words_to_choose(project: Project, review: Callable[..., Page]) -> None:
    pair = make_pair(
        project,
        "Ana Ruiz lives in Madrid .",
        CHINESE,
        [((0, 2), (0, 3), "PER"), ((4, 5), (5, 6), "LOC")],
        language="zh",
        text=CHINESE.replace(" ", ""),
    )
    page = review()
    expect(page.locator('.sentence[data-side="target"]')).to_have_attribute("lang", "zh")
    page.evaluate("document.querySelectorAll('.chip').forEach(chip => chip.remove())")
    text = page.locator('.sentence[data-side="target"]').text_content()
    assert text == CHINESE.replace(" ", "")
    page.locator("#item-0").focus()
    page.keyboard.press("j")
    expect(page.locator("#item-0 .target-words")).to_have_text("安娜·")
    page.locator('.sentence[data-side="target"] .t', has_text="住").click()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator(".selected-words")).to_have_text("住在")
    page.keyboard.press("m")
    expect(page.locator("#item-2 .target-words")).to_have_text("住在")
    assert spans(pair) == [(0, 2, "PER"), (5, 6, "LOC"), (3, 5, "MISC")]


def test_letters_outside_the_basic_plane_count_once(project: Project, review: Callable[..., Page]) -> None:
    """Tokens are sent by number, so an emoji before a name shifts nothing."""
    pair = make_pair(project, "Hi Ana", "🎉🎉 Ana 𝒜𝓃𝒶", [((1, 2), (1, 2), "PER")])
    page = review()
    page.keyboard.press("k")
    expect(page.locator("#item-0 .target-words")).to_have_text("Ana 𝒜𝓃𝒶")
    assert spans(pair) == [(1, 3, "PER")]

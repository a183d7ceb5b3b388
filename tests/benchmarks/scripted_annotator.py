"""An annotator who knows gold and corrects a sentence in the browser, with keys only, by the shortest way."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from playwright.sync_api import Page

from annotations.actions.locking import snapshot_of
from annotations.edits import Sentence
from annotations.items import Item, Snapshot
from annotations.models import PairResult, Review, SentencePair
from annotations.review_edits import joined_span
from annotations.suggestions import find_candidates, seed_items, source_spans, suggested_spans

Span = tuple[int, int]
Gold = tuple[int, int, str]
MOST_NUDGES = 4  # from there on, choosing the words anew is shorter


@dataclass
class Step:
    """What brings one entity right. position: of the item, to go to first; None for a new one."""

    fault: str
    position: int | None
    keys: list[str] = field(default_factory=list)
    select: Span | None = None  # words to select once the first key has shown where the selection starts
    then: list[str] = field(default_factory=list)


def plan(pair: SentencePair, gold: set[Gold], keys: dict[str, str]) -> list[Step]:
    """The steps from the suggestions to gold: what frees words first, then what takes them."""
    candidates = list(find_candidates(pair.pk, pair.shown_run_id))
    review = Review.objects.filter(pair=pair).first()
    items = snapshot_of(review).items if review else seed_items(pair.pk, pair.shown_run_id, candidates)
    items = tuple(item for item in items if item.state != "rejected")
    ranked = suggested_spans(items, candidates)
    sentence = Sentence(pair.target_text, pair.target_offsets, list(keys))
    result = PairResult.objects.get(pair=pair)
    sentence.links.update(zip(result.link_sources, result.link_targets, strict=True))
    sentence.entities.update(source_spans(items))
    snapshot = Snapshot("open", False, "", items)
    wanted = matched(items, gold)
    steps = []
    for item in items:
        if item.position in wanted:
            fill = joined_span(item, snapshot, sentence)
            steps.append(correct(item, wanted[item.position], ranked.get(item.position, {}), fill, keys))
        elif item.has_span:
            steps.append(Step("spurious", item.position, ["x"]))
    steps += [
        Step("not suggested at all", None, ["a"], (start, end), [keys[label]])
        for start, end, label in sorted(gold - set(wanted.values()))
    ]
    order = ["spurious", "right"]
    return sorted(
        (step for step in steps if step.fault != "right"),
        key=lambda step: (order.index(step.fault) if step.fault in order else 1, step.position is None),
    )


def matched(items: tuple[Item, ...], gold: set[Gold]) -> dict[int, Gold]:
    """Which item is to become which gold entity: the most alike first."""

    def likeness(item: Item, entity: Gold) -> tuple[int, int]:
        start, end, label = entity
        if item.start is None or item.end is None:
            return (0, 1) if item.label == label else (0, 0)
        shared = max(0, min(end, item.end) - max(start, item.start))
        exact = (item.start, item.end) == (start, end)
        return (100 * exact + shared, int(item.label == label)) if shared else (0, 0)

    pairs = [(likeness(item, entity), item.position, entity) for item in items for entity in gold]
    wanted: dict[int, Gold] = {}
    for alike, position, entity in sorted(pairs, key=lambda one: (one[0], -one[1]), reverse=True):
        if alike > (0, 0) and position not in wanted and entity not in wanted.values():
            wanted[position] = entity
    return wanted


def correct(
    item: Item, gold: Gold, ranked: dict[int, Span | None], fill: Span | None, keys: dict[str, str]
) -> Step:
    start, end, label = gold
    relabel = [keys[label]] if item.label != label else []
    if (item.start, item.end) == (start, end):
        return Step("label" if relabel else "right", item.position, relabel)
    fault = fault_of(item, start, end, ranked, fill) + (" and label" if relabel else "")
    ways = [["z"]] if fill == (start, end) else []
    if item.start is not None and item.end is not None:
        ways += nudges(item.start, item.end, start, end)
    for rank, span in ranked.items():
        if span is not None and span != (item.start, item.end):
            ways += [[str(rank), *nudged] for nudged in nudges(*span, start, end)]
    shortest = min(ways, key=len, default=None)
    if shortest is not None and len(shortest) <= MOST_NUDGES:
        return Step(fault, item.position, shortest + relabel)
    if item.start is None:
        return Step(fault, item.position, ["a"], (start, end), relabel or ["Enter"])
    return Step(fault, item.position, ["r"], (start, end), ["Enter", *relabel])


def fault_of(item: Item, start: int, end: int, ranked: dict[int, Span | None], fill: Span | None) -> str:
    if item.start is None or item.end is None:
        return "missing"
    if fill == (start, end):
        return "fragments"
    if abs(item.start - start) + abs(item.end - end) == 1:
        return "boundary by one"
    if (start, end) in ranked.values():
        return "choice"
    return "boundary by more" if start < item.end and item.start < end else "other words"


def nudges(here: int, here_end: int, start: int, end: int) -> list[list[str]]:
    """The edge keys from one span to another that shares a word with it; no way where none is shared."""
    if not (start < here_end and here < end):
        return []
    by_start, by_end = here - start, end - here_end
    out_first = ["d"] * by_start + ["k"] * by_end
    return [out_first + ["f"] * -by_start + ["j"] * -by_end]


class Annotator:
    def __init__(self, page: Page) -> None:
        self.page = page
        self.n_keys = 0
        self.version = 0

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.n_keys += 1

    def change(self, pair: SentencePair, key: str) -> bool:
        """Press a key that changes the review, and wait for it to be on the screen; False when refused."""
        with self.page.expect_response(lambda answer: "/edit/" in answer.url) as answer:
            self.press(key)
        if answer.value.status != 200:
            self.page.locator('#review [role="alert"]').wait_for()
            return False
        self.version += 1
        self.page.locator(f'#review[data-state^="{pair.pk}-{self.version}-"]').wait_for(state="attached")
        return True

    def correct(self, pair: SentencePair, gold: set[Gold], keys: dict[str, str]) -> list[tuple[str, int]]:
        """Take every step; what is refused is planned anew after the others. Returns keys by fault."""
        self.version = 0
        faults: dict[object, str] = {}
        spent: dict[object, int] = defaultdict(int)
        for _round in range(4):
            steps = plan(pair, gold, keys)
            if not steps:
                break
            while steps:
                before = self.n_keys
                step = self.take_one(pair, steps)
                entity = step.position if step.position is not None else step.select
                faults.setdefault(entity, step.fault)
                spent[entity] += self.n_keys - before
                steps.remove(step)
        return [(faults[entity], n_keys) for entity, n_keys in spent.items()]

    def take_one(self, pair: SentencePair, steps: list[Step]) -> Step:
        """Take the first step; of new entities, the one that the page proposes, if it is among them."""
        step = steps[0]
        if step.position is not None:
            self.go_to(step.position)
        if step.select is None:
            all(self.change(pair, key) for key in step.keys)
            return step
        for key in step.keys:
            self.press(key)
        if step.position is None:
            selected = self.selected()
            step = next((one for one in steps if one.position is None and one.select == selected), step)
        self.select(*(step.select or (0, 0)))
        all(self.change(pair, key) for key in step.then)
        return step

    def go_to(self, position: int) -> None:
        rows = [int(row.get_attribute("data-position")) for row in self.page.locator("#review .item").all()]
        here = int(self.page.locator("#review .item.current").get_attribute("data-position"))
        ahead = (rows.index(position) - rows.index(here)) % len(rows)
        steps = ahead if ahead <= len(rows) / 2 else ahead - len(rows)  # the arrows go around
        if abs(steps) > 2:
            return self.jump(f"#review #item-{position}")
        for _ in range(abs(steps)):
            self.press("ArrowDown" if steps > 0 else "ArrowUp")

    def jump(self, place: str) -> None:
        self.press(",")
        for letter in self.page.locator(f"{place}[data-hint]").get_attribute("data-hint") or "":
            self.press(letter)

    def selected(self) -> Span | None:
        words = [int(word.get_attribute("data-i")) for word in self.page.locator("#review .t.selected").all()]
        return (words[0], words[-1] + 1) if words else None

    def select(self, start: int, end: int) -> None:
        """Change the selection into [start, end) by the way that takes the fewest keys."""
        selected = self.selected()
        if selected is None or selected == (start, end):
            return
        here = int(self.page.locator("#review .t:focus").get_attribute("data-i"))
        n_words = self.page.locator("#review .side.target .t").count()
        n_letters = 1 if n_words + self.page.locator("#review .item").count() <= 26 else 2
        anchor = selected[0] if here == selected[1] - 1 else selected[1] - 1
        ways: list[tuple[int, list[str]]] = []
        for first, last in ((start, end - 1), (end - 1, start)):
            extend = ["Shift+" + key for key in self.arrows(first, last)]
            if 1 + n_letters < len(extend):
                extend = [f"jump {last}"]
            if anchor == first:
                ways.append(self.costed(["Shift+" + key for key in self.arrows(here, last)], n_letters))
            ways.append(self.costed([f"jump {first}", *extend], n_letters))
            if first != here:
                ways.append(self.costed([*self.arrows(here, first), *extend], n_letters))
            ways.append(self.costed(["Home", *self.arrows(0, first), *extend], n_letters))
            ways.append(self.costed(["End", *self.arrows(n_words - 1, first), *extend], n_letters))
        for key in min(ways)[1]:
            if key.startswith("jump "):
                self.jump(f'#review .side.target .t[data-i="{key[5:]}"]')
            else:
                self.press(key)

    @staticmethod
    def costed(keys: list[str], n_letters: int) -> tuple[int, list[str]]:
        return sum(1 + n_letters if key.startswith("jump ") else 1 for key in keys), keys

    def arrows(self, here: int, there: int) -> list[str]:
        onwards, back = ("ArrowLeft", "ArrowRight") if self.is_rtl() else ("ArrowRight", "ArrowLeft")
        return [onwards if there > here else back] * abs(there - here)

    def is_rtl(self) -> bool:
        return self.page.locator("#review .side.target .sentence").get_attribute("dir") == "rtl"

"""The reviews that fill.py writes: who reviewed a pair, what they changed, and the events of it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from annotations.models import Project, ProjectionRun
from benchmarks.fill_rows import Choice, array, item_of, line, snapshot

REVIEWED_DAYS = 60  # the reviews are of this many days


@dataclass(frozen=True, slots=True)
class Reviews:
    """Writes reviews. share: of the pairs that have one; next_id: of a table."""

    project: Project
    reviewers: list[int]
    share: float
    now: datetime
    next_id: Callable[[str], int]

    def add(
        self,
        pair_id: int,
        run: ProjectionRun,
        choices: list[Choice],
        chance: random.Random,
        rows: dict[str, list[str]],
    ) -> tuple[str, int]:
        """Reviews of the pair, if it has any: its status after them, and how many more it wants."""
        draw = chance.random()
        if draw >= self.share:
            return "suggested", 0
        people = chance.sample(self.reviewers, 2)
        share = draw / self.share
        if share < 0.01:
            self._add_review(people[0], pair_id, run, choices, chance, rows, status="skipped")
            return "skipped", 0
        edits = share < 0.2
        self._add_review(people[0], pair_id, run, choices, chance, rows, edits=edits, is_gold=True)
        if not self.project.wants_overlap(pair_id):
            return "reviewed", 0
        if share < 0.8:
            differs = bool(choices) and share < 0.3
            self._add_review(people[1], pair_id, run, choices, chance, rows, edits=differs)
            if differs:
                rows["disagreement"].append(
                    line(pair_id, self.project.pk, array(people), 0.5, self.now.isoformat())
                )
            return "reviewed", 0
        return "reviewed", 1

    def _add_review(
        self,
        reviewer: int,
        pair_id: int,
        run: ProjectionRun,
        choices: list[Choice],
        chance: random.Random,
        rows: dict[str, list[str]],
        *,
        status: str = "done",
        edits: bool = False,
        is_gold: bool = False,
    ) -> None:
        """A review with its items and events: finished at once, or after one label was changed."""
        review = self.next_id("review")
        at = self.now - timedelta(days=REVIEWED_DAYS * chance.random())
        suggested = [item_of(k, "pending", choice) for k, choice in enumerate(choices)]
        edited = [dict(item) for item in suggested]
        steps = [("open", suggested)]
        if edits and edited:
            edited[0] |= {"label": chance.choice(["PER", "LOC", "ORG", "MISC"]), "state": "accepted"}
            steps.append(("open", edited))
        final = [item | {"state": "accepted"} for item in edited] if status == "done" else edited
        steps.append((status, final))
        words = ("edited", "label") if edits and edited else ("", "")
        for version, (before, after) in enumerate(zip(steps, steps[1:], strict=False)):
            is_last = version == len(steps) - 2
            action, detail = ("accepted" if status == "done" else "skipped", "") if is_last else words
            rows["reviewevent"].append(
                line(
                    *(review, reviewer, action, detail, version, snapshot(*before), snapshot(*after)),
                    (at + timedelta(seconds=4 * version)).isoformat(),
                )
            )
        done_at = at.isoformat() if status == "done" else None
        rows["review"].append(
            line(
                *(review, pair_id, reviewer, run.pk, run.signature, status, is_gold, False, False, ""),
                *(len(steps) - 1, at.isoformat(), at.isoformat(), done_at),
            )
        )
        rows["reviewitem"] += [
            line(
                *(review, item["position"], item["state"], item["start"], item["end"], item["label"]),
                *(item["candidate"], item["source_entity"]),
            )
            for item in final
        ]

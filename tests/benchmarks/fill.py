"""Fill a database with a project as large as one asks for: pairs, candidates, reviews, events, searchable.

    export DATABASE_URL=...          # migrated; its user must be a superuser
    python tests/benchmarks/fill.py --pairs 1000000 --reviews 500000

A million pairs with four million candidates and half a million reviews take about ten minutes of one core. It
goes on where it was stopped. The triggers are left out, and what they keep (counts, words for the search) is
written at the end of each batch, so that the database is as the product would have left it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS.parent), str(TESTS)]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "projector_site.settings")

import django  # noqa: E402

django.setup()

import numpy as np  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from annotations.models import (  # noqa: E402
    ImportBatch,
    Membership,
    PairCount,
    Project,
    ProjectionRun,
    User,
)
from benchmarks.corpus import (  # noqa: E402
    CANDIDATES,
    DOMAINS,
    LANGUAGES,
    PAIRS_PER_DOCUMENT,
    Sentences,
    sentences,
    text_of,
)

BATCH = 20_000
N_REVIEWERS = 30
REVIEWED_DAYS = 60  # the reviews are of this many days
TABLES = {
    "sentencepair": "id project_id batch_id source_language target_language external_id document domain meta"
    " source_text source_offsets target_text target_offsets has_source_labels has_reference fingerprint"
    " status is_flagged priority shown_run_id more_reviews",
    "pairresult": "run_id pair_id status message link_sources link_targets link_scores similarity",
    "sourceentity": "id pair_id start end label score",
    "candidate": "id run_id pair_id source_entity_id rank start end label score confidence margin reason",
    "review": "id pair_id reviewer_id run_id run_signature status is_gold is_adjudication is_flagged note"
    " version created_at changed_at done_at",
    "reviewitem": "review_id position state start end label candidate_id source_entity_id",
    "reviewevent": "review_id actor_id action detail seen_version before after at",
    "disagreement": "pair_id project_id reviewers f1 changed_at",
}
NUMBERED = ("sentencepair", "sourceentity", "candidate", "review")


def fill(n_pairs: int, n_reviews: int, name: str) -> Project:
    """The project of that name with at least so many pairs, and reviews spread over them."""
    project, _ = Project.objects.get_or_create(
        name=name, defaults={"created_by": person("scale-owner"), "overlap_percent": 4}
    )
    Membership.objects.get_or_create(
        project=project, user=project.created_by, defaults={"role": Membership.Role.OWNER}
    )
    filler = Filler(project, n_reviews / n_pairs / (1 + 0.8 * project.overlap_percent / 100))
    first = PairCount.objects.filter(project=project).totals()["n_pairs"] + 1
    started = time.monotonic()
    for start in range(first, n_pairs + 1, BATCH):
        last = min(start + BATCH - 1, n_pairs)
        filler.add(start, last)
        sys.stdout.write(f"\r{last:,} pairs, {time.monotonic() - started:.0f} s ")
        sys.stdout.flush()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    sys.stdout.write(f"in {project.name} (project {project.pk})\n")
    return project


def person(username: str) -> User:
    return User.objects.get_or_create(username=username)[0]


class Filler:
    """Writes batches of pairs with all that belongs to them."""

    def __init__(self, project: Project, reviewed_share: float) -> None:
        self.project = project
        self.reviewed_share = reviewed_share
        self.reviewers = [person(f"scale-{n}").pk for n in range(N_REVIEWERS)]
        for reviewer in self.reviewers:
            Membership.objects.get_or_create(project=project, user_id=reviewer)
        self.batch, _ = ImportBatch.objects.get_or_create(
            project=project,
            format="jsonl",
            defaults={"created_by": project.created_by, "status": "done", "file_names": ["scale.jsonl"]},
        )
        self.runs = {language: self._run(language) for language in LANGUAGES}
        cells = np.random.default_rng(0).random(40_000).astype("<f2")
        self.similarity = cells.tobytes().hex()
        self.now = datetime.now(UTC)

    def _run(self, language: str) -> ProjectionRun:
        run, _ = ProjectionRun.objects.get_or_create(
            project=self.project,
            target_language=language,
            defaults={
                "aligner": "encoder",
                "method": "soft",
                "status": "done",
                "signature": "filled for a benchmark",
                "created_by": self.project.created_by,
                "started_at": self.project.created_at,
                "finished_at": self.project.created_at,
            },
        )
        return run

    @transaction.atomic
    def add(self, first: int, last: int) -> None:
        rows: dict[str, list[str]] = defaultdict(list)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            self.ids = {table: self._last_id(cursor, table) for table in NUMBERED}
            first_pair = self.ids["sentencepair"] + 1
            counts: dict[str, Counter[str]] = defaultdict(Counter)
            for n in range(first, last + 1):
                self._add_pair(n, rows, counts)
            for table, columns in TABLES.items():
                names = ", ".join(f'"{column}"' for column in columns.split())
                with cursor.copy(f"COPY annotations_{table} ({names}) FROM STDIN") as copy:
                    copy.write("".join(rows[table]))
            for table in NUMBERED:
                cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence('annotations_{table}', 'id'), %s)",
                    [max(1, self.ids[table])],  # a sequence has no 0
                )
            cursor.execute(
                "INSERT INTO annotations_pairtext (pair_id, words) SELECT id, projector_words(source_text,"
                " target_text) FROM annotations_sentencepair WHERE id BETWEEN %s AND %s",
                [first_pair, self.ids["sentencepair"]],
            )
        self._count(counts)

    def _count(self, counts: dict[str, Counter[str]]) -> None:
        for language, count in counts.items():
            keys = ("n_pairs", "n_awaiting", "n_reviewed", "n_skipped", "n_flagged")
            PairCount.objects.create(
                project=self.project, target_language=language, **{key: count[key] for key in keys}
            )
            run = self.runs[language]
            run.n_pairs += count["n_pairs"]
            run.n_done, run.n_candidates = run.n_pairs, run.n_candidates + count["n_candidates"]
            run.n_missing += count["n_missing"]
            run.save()
            self.batch.n_read += count["n_pairs"]
        self.batch.n_imported = self.batch.n_read
        self.batch.save()

    @staticmethod
    def _last_id(cursor: Any, table: str) -> int:
        cursor.execute(f"SELECT coalesce(max(id), 0) FROM annotations_{table}")  # noqa: S608
        return int(cursor.fetchone()[0])

    def _next_id(self, table: str) -> int:
        self.ids[table] += 1
        return self.ids[table]

    def _add_pair(self, n: int, rows: dict[str, list[str]], counts: dict[str, Counter[str]]) -> None:
        pair = sentences(n)
        chance = random.Random(n)  # noqa: S311
        pair_id, run = self._next_id("sentencepair"), self.runs[pair.language]
        choices, least_sure = self._add_silver(pair, pair_id, run, chance, rows)
        n_missing = sum(start is None for _, _, start, _, _ in choices)
        status, more_reviews = self._review(pair_id, run, choices, chance, rows)
        is_flagged = status == "reviewed" and n % 250 == 0
        source, source_offsets = text_of(pair.source, "en")
        target, target_offsets = text_of(pair.target, pair.language)
        rows["sentencepair"].append(
            line(
                *(pair_id, self.project.pk, self.batch.pk, "en", pair.language, f"s{n}"),
                *(f"d{n // PAIRS_PER_DOCUMENT}", DOMAINS[n // 1000 % len(DOMAINS)], "{}"),
                *(source, array(source_offsets), target, array(target_offsets), True, False),
                *(f"{n:064x}", status, is_flagged, round(1 - least_sure, 4), run.pk, more_reviews),
            )
        )
        counts[pair.language].update(
            n_pairs=1,
            n_awaiting=status == "suggested",
            n_reviewed=status == "reviewed",
            n_skipped=status == "skipped",
            n_flagged=is_flagged,
            n_candidates=len(choices) - n_missing,
            n_missing=n_missing,
        )

    def _add_silver(
        self,
        pair: Sentences,
        pair_id: int,
        run: ProjectionRun,
        chance: random.Random,
        rows: dict[str, list[str]],
    ) -> tuple[list[tuple[int, int, int | None, int | None, str]], float]:
        """First choices as (candidate, source entity, start, end, label), and the least confidence."""
        choices: list[tuple[int, int, int | None, int | None, str]] = []
        least_sure, n_tokens = 1.0, len(pair.target)
        n_candidates = CANDIDATES[len(pair.entities)]
        for (start, end, t_start, t_end, label, _), n in zip(pair.entities, n_candidates, strict=True):
            entity = self._next_id("sourceentity")
            rows["sourceentity"].append(line(entity, pair_id, start, end, label, 1))
            confidence = round(chance.betavariate(6, 2), 4)
            least_sure = min(least_sure, confidence)
            is_missing = n == 1 and chance.random() < 0.05
            reason = "no-link" if is_missing else "methods-disagree" if chance.random() < 0.06 else ""
            for rank in range(n):
                stop = min(t_end + rank, n_tokens)
                found = (None, None) if is_missing else (max(0, t_start - (stop < t_end + rank)), stop)
                candidate = self._next_id("candidate")
                decision = (confidence, round(confidence / 3, 4), reason) if rank == 0 else (None, None, "")
                scored = round(confidence / (1 + rank), 4)
                rows["candidate"].append(
                    line(candidate, run.pk, pair_id, entity, rank, *found, label, scored, *decision)
                )
                if rank == 0:
                    choices.append((candidate, entity, *found, label))
        links = range(max(len(pair.source), n_tokens))
        ratios = len(pair.source) / len(links), n_tokens / len(links)
        cells = 4 * len(pair.source) * n_tokens
        at = 4 * chance.randrange((len(self.similarity) - cells) // 4)
        rows["pairresult"].append(
            line(
                *(run.pk, pair_id, "done" if choices else "no-entities", ""),
                *(array([int(k * ratio) for k in links]) for ratio in ratios),
                *(array([round(0.5 + k % 7 / 14, 3) for k in links]),),
                "\\x" + self.similarity[at : at + cells],
            )
        )
        return choices, least_sure

    def _review(
        self,
        pair_id: int,
        run: ProjectionRun,
        choices: list[tuple[int, int, int | None, int | None, str]],
        chance: random.Random,
        rows: dict[str, list[str]],
    ) -> tuple[str, int]:
        """Reviews of the pair, if it has any: its status after them, and how many more it wants."""
        draw = chance.random()
        if draw >= self.reviewed_share:
            return "suggested", 0
        people = chance.sample(self.reviewers, 2)
        share = draw / self.reviewed_share
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
        choices: list[tuple[int, int, int | None, int | None, str]],
        chance: random.Random,
        rows: dict[str, list[str]],
        *,
        status: str = "done",
        edits: bool = False,
        is_gold: bool = False,
    ) -> None:
        """A review with its items and events: finished at once, or after one label was changed."""
        review = self._next_id("review")
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


def item_of(
    position: int, state: str, choice: tuple[int, int, int | None, int | None, str]
) -> dict[str, Any]:
    candidate, entity, start, end, label = choice
    return {
        **{"position": position, "state": state, "start": start, "end": end, "label": label},
        **{"candidate": candidate, "source_entity": entity, "lost_words": ""},
    }


def snapshot(status: str, items: list[dict[str, Any]]) -> str:
    """As Snapshot.to_json writes it."""
    return json.dumps(
        {
            **{"status": status, "is_flagged": False, "note": "", "items": items},
            **{"added_links": [], "removed_links": [], "text_version": 0, "adjudicates": False},
        }
    )


def array(values: list[Any]) -> str:
    return "{" + ",".join(map(str, values)) + "}"


def line(*values: Any) -> str:
    r"""A row in COPY's text format."""
    cells = (r"\N" if v is None else str(v).replace("\\", "\\\\") for v in values)
    return "\t".join(cells) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument("--reviews", type=int, default=500_000)
    parser.add_argument("--name", default="Scale")
    options = parser.parse_args()
    fill(options.pairs, options.reviews, options.name)


if __name__ == "__main__":
    main()

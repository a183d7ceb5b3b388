"""Fill a database with a project as large as one asks for: pairs, candidates, reviews, events, searchable.

    export DATABASE_URL=...          # migrated; its user must be a superuser
    python tests/benchmarks/fill.py --pairs 1000000 --reviews 500000

A million pairs with four million candidates and half a million reviews take about ten minutes of one core. It
goes on where it was stopped. The triggers are left out, and what they keep (counts, words for the search) is
written at the end of each batch, so that the database is as the product would have left it.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS.parent), str(TESTS)]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "projector_site.settings")

import django  # noqa: E402

django.setup()

import numpy as np  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from annotations.models import ImportBatch, Membership, PairCount, Project, ProjectionRun, User  # noqa: E402
from benchmarks.corpus import (  # noqa: E402
    CANDIDATES,
    DOMAINS,
    LANGUAGES,
    PAIRS_PER_DOCUMENT,
    Sentences,
    sentences,
    text_of,
)
from benchmarks.fill_reviews import Reviews  # noqa: E402
from benchmarks.fill_rows import NUMBERED, TABLES, Choice, array, line  # noqa: E402

BATCH = 20_000
N_REVIEWERS = 30


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
        self.reviews = Reviews(project, self.reviewers, reviewed_share, datetime.now(UTC), self._next_id)

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
        status, more_reviews = self.reviews.add(pair_id, run, choices, chance, rows)
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
    ) -> tuple[list[Choice], float]:
        """First choices as (candidate, source entity, start, end, label), and the least confidence."""
        choices: list[Choice] = []
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

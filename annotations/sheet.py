"""Everything that the review page shows of one pair, read as one statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from annotations.access import Role
from annotations.items import Item
from annotations.models import Candidate, Review, SentencePair, SourceEntity, User
from annotations.prepared import fetch_row
from annotations.querysets import PairCountQuerySet
from annotations.rows import REVIEW, Columns

CANDIDATE = Columns(Candidate, without=["run", "pair", "score"])
ENTITY = Columns(SourceEntity, without=["pair", "run", "score"])
COUNTS = PairCountQuerySet.FIELDS

# %(is_blind)s: another's gold is not shown before the viewer's own review is done.
SHEET = f"""
WITH mine AS (
    SELECT * FROM annotations_review WHERE pair_id = %(pair)s AND reviewer_id = %(user)s
), gold AS (
    SELECT * FROM annotations_review WHERE pair_id = %(pair)s AND is_gold
    AND NOT (%(is_blind)s AND NOT EXISTS (SELECT FROM mine WHERE status = 'done'))
), shown AS (
    SELECT id, run_id FROM mine
    UNION ALL SELECT id, run_id FROM gold WHERE NOT EXISTS (SELECT FROM mine)
    UNION ALL SELECT NULL, %(shown_run)s::bigint WHERE NOT EXISTS (SELECT FROM mine)
        AND NOT EXISTS (SELECT FROM gold)
), items AS (
    SELECT item.* FROM annotations_reviewitem AS item JOIN shown ON shown.id = item.review_id
), entity AS (
    SELECT * FROM annotations_sourceentity WHERE pair_id = %(pair)s
), silver AS (
    SELECT candidate.*, entity.start AS entity_start FROM shown
    JOIN annotations_candidate AS candidate
        ON candidate.pair_id = %(pair)s AND candidate.run_id = shown.run_id
    LEFT JOIN entity ON entity.id = candidate.source_entity_id
)
SELECT
    (SELECT json_agg(json_build_array(
        position, state, start, "end", label, candidate_id, source_entity_id, lost_words
    ) ORDER BY position) FROM items),
    (SELECT json_agg(json_build_array({CANDIDATE.of("silver")})
        ORDER BY entity_start, rank, start) FROM silver),
    (SELECT json_agg(json_build_array({ENTITY.of("entity")}) ORDER BY entity.start)
        FROM entity WHERE entity.id IN (SELECT source_entity_id FROM silver)
            OR entity.id IN (SELECT source_entity_id FROM items)
            OR (shown.run_id IS NULL AND shown.id IS NULL AND entity.run_id IS NULL)),
    (SELECT json_agg(json_build_array(target_language, {", ".join(COUNTS)})
        ORDER BY n_pairs DESC, target_language) FROM (
            SELECT target_language, {", ".join(f"sum({field}) AS {field}" for field in COUNTS)}
            FROM annotations_paircount WHERE project_id = %(project)s GROUP BY target_language
        ) AS counts WHERE n_pairs > 0),
    result.link_sources, result.link_targets, result.link_scores,
    shown.run_id, gold_reviewer.username,
    {REVIEW.of("mine")}, {REVIEW.of("gold")}
FROM shown LEFT JOIN mine ON true LEFT JOIN gold ON true
LEFT JOIN annotations_user AS gold_reviewer ON gold_reviewer.id = gold.reviewer_id
LEFT JOIN annotations_pairresult AS result ON result.pair_id = %(pair)s AND result.run_id = shown.run_id
"""  # noqa: S608 (names of columns)
N_BEFORE_REVIEWS = 9


@dataclass(slots=True)
class Sheet:
    """mine: the viewer's review; gold: the pair's, unless the viewer may not see it yet.

    items: of `mine`, else of `gold`. run_id: whose suggestions they are of; without a review the shown run.
    entities: of the suggestions and items. links: source token, target token, score.
    counts: a row per language, most pairs first.
    """

    mine: Review | None
    gold: Review | None
    items: tuple[Item, ...]
    run_id: int | None
    candidates: list[Candidate]
    entities: list[SourceEntity]
    links: list[tuple[int, int, float]]
    counts: list[dict[str, Any]]


def read_sheet(pair: SentencePair, user: User) -> Sheet:
    values = {
        "pair": pair.pk,
        "project": pair.project_id,
        "user": user.pk,
        "shown_run": pair.shown_run_id,
        "is_blind": pair.more_reviews > 0 and pair.project.role == Role.ANNOTATOR,
    }
    row = fetch_row(SHEET, values)
    items, silver, entities, counts, sources, targets, scores, run_id, username = row[:N_BEFORE_REVIEWS]
    of_mine, of_gold = row[N_BEFORE_REVIEWS:][: len(REVIEW)], row[N_BEFORE_REVIEWS + len(REVIEW) :]
    mine: Review | None = None
    gold: Review | None = None
    if of_mine[0] is not None:
        mine = REVIEW.instance(of_mine)
        mine.pair, mine.reviewer = pair, user
    if of_gold[0] is not None and not (mine and mine.is_gold):
        gold = REVIEW.instance(of_gold)
        gold.pair, gold.reviewer = pair, User(pk=gold.reviewer_id, username=username)
    return Sheet(
        mine,
        mine if mine and mine.is_gold else gold,
        tuple(Item(*item) for item in items or ()),
        run_id,
        [CANDIDATE.instance(values) for values in silver or ()],
        [ENTITY.instance(values) for values in entities or ()],
        list(zip(sources or (), targets or (), scores or (), strict=True)),
        [dict(zip(("target_language", *COUNTS), values, strict=True)) for values in counts or ()],
    )

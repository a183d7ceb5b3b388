"""What must be true of the database whatever was killed, as queries that find the exceptions."""

from __future__ import annotations

import psycopg

# Each finds what breaks the promise in its name; nothing found is what is wanted.
QUERIES = {
    "an imported line is there once": """
        SELECT external_id, count(*) FROM annotations_sentencepair
        WHERE project_id = %(project)s GROUP BY 1 HAVING count(*) <> 1""",
    "an import that says done has all its pairs": """
        SELECT b.id, b.n_imported, count(p.id) FROM annotations_importbatch b
        LEFT JOIN annotations_sentencepair p ON p.batch_id = b.id
        WHERE b.project_id = %(project)s AND b.status = 'done'
        GROUP BY b.id HAVING b.n_imported <> count(p.id)""",
    "an import that is not done has no pair": """
        SELECT b.id, b.status FROM annotations_importbatch b
        WHERE b.project_id = %(project)s AND b.status <> 'done'
          AND EXISTS (SELECT FROM annotations_sentencepair p WHERE p.batch_id = b.id)""",
    "a finished run has one result for each pair of its pieces": """
        SELECT r.id, sum(c.n_pairs), (SELECT count(*) FROM annotations_pairresult x WHERE x.run_id = r.id)
        FROM annotations_projectionrun r JOIN annotations_runchunk c ON c.run_id = r.id
        WHERE r.project_id = %(project)s AND r.status = 'done'
        GROUP BY r.id
        HAVING sum(c.n_pairs) <> (SELECT count(*) FROM annotations_pairresult x WHERE x.run_id = r.id)""",
    "a finished piece has all of its results, an unfinished one none": """
        SELECT c.id, c.status, c.n_pairs, count(x.pair_id) FROM annotations_runchunk c
        JOIN annotations_projectionrun r ON r.id = c.run_id
        LEFT JOIN annotations_pairresult x
          ON x.run_id = c.run_id AND x.pair_id BETWEEN c.first_pair_id AND c.last_pair_id
        WHERE r.project_id = %(project)s
        GROUP BY c.id HAVING count(x.pair_id) <> CASE c.status WHEN 'done' THEN c.n_pairs ELSE 0 END""",
    "an entity has one first choice of a run": """
        SELECT run_id, source_entity_id FROM annotations_candidate
        JOIN annotations_sentencepair p ON p.id = pair_id
        WHERE p.project_id = %(project)s AND rank = 0 AND source_entity_id IS NOT NULL
        GROUP BY 1, 2 HAVING count(*) <> 1""",
    "a reviewed pair has one gold review, others none": """
        SELECT p.id, p.status, count(r.id) FROM annotations_sentencepair p
        LEFT JOIN annotations_review r ON r.pair_id = p.id AND r.is_gold
        WHERE p.project_id = %(project)s
        GROUP BY p.id HAVING count(r.id) <> CASE p.status WHEN 'reviewed' THEN 1 ELSE 0 END""",
    "a review has as many events as versions": """
        SELECT r.id, r.version, count(e.id) FROM annotations_review r
        JOIN annotations_sentencepair p ON p.id = r.pair_id
        LEFT JOIN annotations_reviewevent e ON e.review_id = r.id
        WHERE p.project_id = %(project)s GROUP BY r.id HAVING r.version <> count(e.id)""",
    "the counters are the counts": """
        SELECT kept.*, real.* FROM
          (SELECT coalesce(sum(n_pairs), 0) pairs, coalesce(sum(n_awaiting), 0) awaiting,
                  coalesce(sum(n_reviewed), 0) reviewed
           FROM annotations_paircount WHERE project_id = %(project)s) kept,
          (SELECT count(*) pairs, count(*) FILTER (WHERE status = 'suggested') awaiting,
                  count(*) FILTER (WHERE status = 'reviewed') reviewed
           FROM annotations_sentencepair WHERE project_id = %(project)s) real
        WHERE (kept.pairs, kept.awaiting, kept.reviewed) <> (real.pairs, real.awaiting, real.reviewed)""",
}


def broken_promises(connection: psycopg.Connection, project: int) -> list[str]:
    """The promises of QUERIES that do not hold, each with the first exceptions."""
    broken = []
    for promise, query in QUERIES.items():
        found = connection.execute(query, {"project": project}).fetchmany(3)
        if found:
            broken.append(f"{promise}: {found}")
    return broken


def lost_reviews(connection: psycopg.Connection, acknowledged: set[int]) -> set[int]:
    """Pairs whose review was answered with success and is not in the database."""
    rows = connection.execute(
        "SELECT pair_id FROM annotations_review WHERE pair_id = ANY(%s) AND status = 'done'",
        [list(acknowledged)],
    )
    return acknowledged - {pair for (pair,) in rows}

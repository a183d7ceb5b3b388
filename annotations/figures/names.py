"""Source names that gold reviews decide differently, and decisions that a newer run would make differently.

Both are looked for in one statement over the gold reviews, by a worker, and kept as rows for the pages.
"""

from __future__ import annotations

from typing import Any

from django.db import connection

from annotations.models import NameUse, Project, RunDisagreement

MOST_NAMES = 1_000

# Token k of a side begins at offsets[2k + 1] and ends at offsets[2k + 2], counted from 1 as PostgreSQL does.
FIND_NAMES = """
WITH uses AS (
    SELECT p.target_language AS language, p.id AS pair_id, r.id AS review_id, i.position,
        left(lower(substr(p.source_text, p.source_offsets[2 * e.start + 1] + 1,
            p.source_offsets[2 * e."end"] - p.source_offsets[2 * e.start + 1])), 300) AS name,
        CASE WHEN i.state = 'rejected' THEN ''
            ELSE coalesce(substr(p.target_text, p.target_offsets[2 * i.start + 1] + 1,
                p.target_offsets[2 * i."end"] - p.target_offsets[2 * i.start + 1]), '') END AS words,
        CASE WHEN i.state = 'rejected' THEN '' ELSE i.label END AS label
    FROM annotations_reviewitem i
    JOIN annotations_review r ON r.id = i.review_id AND r.is_gold
    JOIN annotations_sentencepair p ON p.id = r.pair_id
    JOIN annotations_sourceentity e ON e.id = i.source_entity_id
    WHERE p.project_id = %(project)s AND i.state <> 'pending'
), differing AS (
    SELECT language, name FROM uses GROUP BY language, name HAVING count(DISTINCT (words, label)) > 1
    ORDER BY count(DISTINCT label) > 1 DESC, count(*) DESC, name LIMIT %(most)s
)
INSERT INTO annotations_nameuse (project_id, language, name, pair_id, review_id, position, words, label)
SELECT %(project)s, language, name, pair_id, review_id, position, words, label
FROM uses JOIN differing USING (language, name) ORDER BY language, name, pair_id, position
"""

FIND_DISAGREEMENTS = """
INSERT INTO annotations_rundisagreement (project_id, pair_id, run_id, review_id, position,
    gold_start, gold_end, gold_label, start, "end", label, confidence)
SELECT p.project_id, p.id, p.shown_run_id, r.id, i.position,
    i.start, i."end", i.label, c.start, c."end", c.label, c.confidence
FROM annotations_review r
JOIN annotations_sentencepair p ON p.id = r.pair_id
JOIN annotations_reviewitem i ON i.review_id = r.id AND i.state = 'accepted'
JOIN annotations_sourceentity seen ON seen.id = i.source_entity_id
JOIN annotations_sourceentity e ON e.pair_id = p.id AND e.start = seen.start AND e."end" = seen."end"
JOIN annotations_candidate c ON c.source_entity_id = e.id AND c.run_id = p.shown_run_id AND c.rank = 0
WHERE p.project_id = %(project)s AND r.is_gold AND r.run_id IS DISTINCT FROM p.shown_run_id
    AND (c.start, c."end", c.label) IS DISTINCT FROM (i.start, i."end", i.label)
    AND NOT EXISTS (SELECT FROM annotations_rundisagreement d WHERE d.review_id = r.id
        AND d.run_id = p.shown_run_id AND d.position = i.position AND d.is_dismissed)
ORDER BY c.confidence DESC NULLS LAST, p.id
"""


def build_names(project: Project) -> dict[str, Any]:
    """Fill NameUse anew. Returns the names with their decisions: where labels differ first."""
    NameUse.objects.filter(project=project).delete()
    with connection.cursor() as cursor:
        cursor.execute(FIND_NAMES, {"project": project.pk, "most": MOST_NAMES})
    names: dict[tuple[str, str], dict[tuple[str, str], int]] = {}
    uses = NameUse.objects.filter(project=project).values_list("language", "name", "words", "label")
    for language, name, words, label in uses.iterator():
        decisions = names.setdefault((language, name), {})
        decisions[words, label] = decisions.get((words, label), 0) + 1
    rows = [
        {
            "language": language,
            "name": name,
            "n": sum(decisions.values()),
            "labels_differ": len({label for _words, label in decisions}) > 1,
            "decisions": [
                {"words": words, "label": label, "n": n}
                for (words, label), n in sorted(decisions.items(), key=lambda one: -one[1])
            ],
        }
        for (language, name), decisions in names.items()
    ]
    return {"names": sorted(rows, key=lambda row: (not row["labels_differ"], -row["n"], row["name"]))}


def build_disagreements(project: Project) -> dict[str, Any]:
    """Fill RunDisagreement anew, but for what somebody looked at and dismissed."""
    RunDisagreement.objects.filter(project=project, is_dismissed=False).delete()
    with connection.cursor() as cursor:
        cursor.execute(FIND_DISAGREEMENTS, {"project": project.pk})
        return {"n": cursor.rowcount}

"""The rows that fill.py writes: tables with their columns, and values in COPY's text format."""

from __future__ import annotations

import json
from typing import Any

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
# Candidate, source entity, start, end, label: what a run chose for one entity.
Choice = tuple[int, int, int | None, int | None, str]
NUMBERED = ("sentencepair", "sourceentity", "candidate", "review")


def item_of(position: int, state: str, choice: Choice) -> dict[str, Any]:
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

"""What runs found for a pair, moved to its new tokens: candidates, links, similarities."""

from __future__ import annotations

from typing import Any

from annotations.models import Candidate, PairResult, SentencePair
from annotations.wording import TokenMap, map_span

LOST_FIELDS = (
    *("source_entity_id", "run_id", "pair_id", "rank", "start", "end", "label", "score", "via"),
    *("confidence", "reason"),
)


def move_silver(pair: SentencePair, side: str, mapping: TokenMap, n_after: int) -> dict[str, Any]:
    """Move every run's results of the pair. Returns what found no place, for `put_back_silver`."""
    lost: dict[str, Any] = {}
    if side == "target":
        lost = _move_candidates(pair, mapping)
    n_other = len(pair.target_offsets if side == "source" else pair.source_offsets) // 2
    for result in PairResult.objects.filter(pair=pair):
        gone = _move_result(result, side, mapping, n_after, n_other)
        if gone:
            lost.setdefault("links", {})[str(result.pk)] = gone
    return lost


def put_back_silver(lost: dict[str, Any]) -> None:
    """Give back what a change took, once the words are as they were."""
    for pk, start, end in lost.get("choices", ()):
        Candidate.objects.filter(pk=pk, start=None).update(start=start, end=end)
    Candidate.objects.bulk_create(
        (Candidate(**row) for row in lost.get("alternatives", ())), ignore_conflicts=True
    )
    for pk, links in lost.get("links", {}).items():
        for result in PairResult.objects.filter(pk=pk):
            _write_links(result, _scores(result) | {(i, j): score for i, j, score in links})
            result.save(update_fields=["link_sources", "link_targets", "link_scores"])


def _move_candidates(pair: SentencePair, mapping: TokenMap) -> dict[str, Any]:
    lost: dict[str, Any] = {}
    moved, gone = [], []
    for candidate in Candidate.objects.filter(pair=pair, start__isnull=False):
        start, end = candidate.start or 0, candidate.end or 0
        span = map_span((start, end), mapping)
        if span is None and (candidate.rank > 0 or candidate.source_entity_id is None):
            lost.setdefault("alternatives", []).append(
                {name: getattr(candidate, name) for name in LOST_FIELDS}
            )
            gone.append(candidate.pk)
            continue
        if span is None:
            lost.setdefault("choices", []).append([candidate.pk, start, end])
        candidate.start, candidate.end = span or (None, None)
        moved.append(candidate)
    Candidate.objects.filter(pk__in=gone).delete()
    Candidate.objects.bulk_update(moved, ["start", "end"])
    return lost


def _move_result(
    result: PairResult, side: str, mapping: TokenMap, n_after: int, n_other: int
) -> list[list[float]]:
    """Move links and similarity; returns the links whose word is gone."""
    here = 0 if side == "source" else 1
    links: dict[tuple[int, int], float] = {}
    gone: list[list[float]] = []
    for link, score in _scores(result).items():
        place = mapping[link[here]]
        if place is None:
            gone.append([*link, score])
            continue
        for k in range(*place):
            moved = (k, link[1]) if side == "source" else (link[0], k)
            links[moved] = max(score, links.get(moved, 0.0))
    _write_links(result, links)
    if result.similarity is not None:
        result.similarity = _move_similarity(bytes(result.similarity), side, mapping, n_after, n_other)
    result.save(update_fields=["link_sources", "link_targets", "link_scores", "similarity"])
    return gone


def _move_similarity(data: bytes, side: str, mapping: TokenMap, n_after: int, n_other: int) -> bytes | None:
    """Rows or columns of the matrix at their new places: merged ones the larger, new ones the mean of all."""
    import numpy as np

    if len(data) != 2 * len(mapping) * n_other:
        return None
    shape = (len(mapping), n_other) if side == "source" else (n_other, len(mapping))
    before = np.frombuffer(data, dtype="<f2").reshape(shape)
    before = before if side == "source" else before.T
    after = np.full((n_after, n_other), -np.inf, dtype="<f2")
    for old, place in enumerate(mapping):
        for k in range(*(place or (0, 0))):
            after[k] = np.maximum(after[k], before[old])
    after = np.where(np.isfinite(after), after, before.mean(dtype=np.float32)).astype("<f2")
    return np.ascontiguousarray(after if side == "source" else after.T).tobytes()


def _scores(result: PairResult) -> dict[tuple[int, int], float]:
    links = zip(result.link_sources, result.link_targets, strict=True)
    return dict(zip(links, result.link_scores, strict=True))


def _write_links(result: PairResult, links: dict[tuple[int, int], float]) -> None:
    ordered = sorted(links)
    result.link_sources, result.link_targets = [i for i, _ in ordered], [j for _, j in ordered]
    result.link_scores = [links[link] for link in ordered]

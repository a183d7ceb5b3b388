"""Exports made in one call, and a small corpus for them."""

import json
from collections.abc import Callable
from pathlib import Path

from annotations.export import build
from annotations.export.options import ExportOptions
from annotations.models import Candidate, Project, Review, ReviewItem, SentencePair
from tests.factories import make_pair, make_run


def review(pair: SentencePair, *entities: tuple[int, int, str]) -> Review:
    """Make these entities the pair's gold, as a finished review leaves it."""
    done = Review.objects.create(
        pair=pair,
        reviewer=pair.project.created_by,
        run=pair.shown_run,
        run_signature="test signature",
        status=Review.Status.DONE,
        is_gold=True,
    )
    candidates = {(c.start, c.end): c for c in Candidate.objects.filter(pair=pair, rank=0)}
    for position, (start, end, label) in enumerate(entities):
        candidate = candidates.get((start, end))
        ReviewItem.objects.create(
            review=done,
            position=position,
            state="accepted",
            start=start,
            end=end,
            label=label,
            candidate=candidate,
            source_entity=candidate.source_entity if candidate else None,
        )
    SentencePair.objects.filter(pk=pair.pk).update(status="reviewed")
    return done


Export = Callable[..., dict]


def export_files(project: Project, tmp_path: Path, **choices: object) -> dict:
    """Build an export; file names -> contents, with the sidecar parsed."""
    folder = tmp_path / f"out-{len(list(tmp_path.iterdir()))}"
    folder.mkdir()
    report = build.build_export(project, ExportOptions(**choices), folder, made_by="test")
    contents = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.iterdir())}
    assert json.loads(contents.pop("export.json")) == report
    return contents | {"report": report}


def make_corpus(project: Project) -> list[SentencePair]:
    """Two reviewed sentences of one document, one of another, and one that only the machine has seen."""
    run = make_run(project)
    pairs = [
        make_pair(project, run=run, external_id="a1", document="d1", domain="news"),
        make_pair(project, "No names", "Sin nombres", [], run=run, external_id="a2", document="d1"),
        make_pair(project, run=run, external_id="b1", document="d2", domain="sport"),
        make_pair(project, run=run, external_id="c1", document="d3", domain="sport", confidence=0.7),
    ]
    review(pairs[0], (0, 1, "PER"), (1, 2, "PER"), (4, 5, "LOC"))
    review(pairs[1])
    review(pairs[2], (0, 2, "ORG"))
    return pairs

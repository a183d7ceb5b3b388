"""Projects as a finished run of one method leaves them, made of a corpus of the evaluation data."""

from __future__ import annotations

from evaluation_data import Corpus

from annotations.models import (
    Candidate,
    Membership,
    PairResult,
    Project,
    ProjectionRun,
    SentencePair,
    SourceEntity,
    User,
)
from annotations.tokens import join_tokens
from workers.project import Projection, get_projector

METHOD = "soft"
OTHER_KEYS = "bqtwyz"  # for labels beyond the four that every project starts with


def add_project(corpus: Corpus, owner: User) -> Project:
    """The corpus as a project of one annotator, projected and waiting for review."""
    labels = {entity.label for gold in corpus.gold for entity in gold}
    labels |= {entity.label for item in corpus.inputs for entity in item.entities}
    project = Project.objects.create(name=corpus.name, created_by=owner)
    keys = {label["name"]: label["key"] for label in project.labels} | dict(
        zip(sorted(labels - set(project.label_names)), OTHER_KEYS, strict=False)
    )
    project.labels = [{"name": name, "key": key, "description": ""} for name, key in keys.items()]
    project.save()
    Membership.objects.create(project=project, user=owner, role="annotator")
    language = corpus.name.split("-")[1][:2]
    run = ProjectionRun.objects.create(
        project=project,
        target_language=language,
        method=METHOD,
        status="done",
        signature="benchmark",
        created_by=owner,
    )
    projector = get_projector(METHOD)
    projector = get_projector(METHOD, statistics=projector.learn(corpus.inputs))  # type: ignore[attr-defined]
    for number, (item, found) in enumerate(zip(corpus.inputs, projector.project(corpus.inputs), strict=True)):
        source_text, source_offsets = join_tokens(item.source_tokens)
        target_text, target_offsets = join_tokens(item.target_tokens)
        pair = SentencePair.objects.create(
            project=project,
            source_language="en",
            target_language=language,
            source_text=source_text,
            source_offsets=source_offsets,
            target_text=target_text,
            target_offsets=target_offsets,
            has_source_labels=True,
            fingerprint=f"{number:064d}",
            status="suggested",
            shown_run=run,
            priority=1 - min((p.confidence for p in found), default=1.0),
        )
        PairResult.objects.create(
            run=run,
            pair=pair,
            status="done",
            link_sources=item.links[:, 0].tolist(),
            link_targets=item.links[:, 1].tolist(),
            link_scores=item.link_scores.tolist(),
        )
        for projection in found:
            add_candidates(pair, run, projection)
    return project


def add_candidates(pair: SentencePair, run: ProjectionRun, projection: Projection) -> None:
    entity = projection.entity
    source = SourceEntity.objects.create(pair=pair, start=entity.start, end=entity.end, label=entity.label)
    chosen = (projection.span.start, projection.span.end) if projection.span else (None, None)
    spans = [chosen, *((other.start, other.end) for other in projection.alternatives)]
    Candidate.objects.bulk_create(
        Candidate(
            run=run,
            pair=pair,
            source_entity=source,
            rank=rank,
            start=start,
            end=end,
            label=entity.label,
            score=projection.score,
            confidence=projection.confidence if rank == 0 else None,
            margin=projection.margin if rank == 0 else None,
            reason=projection.reason if rank == 0 else "",
        )
        for rank, (start, end) in enumerate(spans[:10])
    )

"""The smallest project and sentence pairs that a run can work on, made by hand."""

import hashlib

from annotations.models import Membership, Project, SentencePair, SourceEntity, User

# (source, target, source entities): short sentences that every aligner gets right
SENTENCES = [
    ("Ana Torres lives in Madrid .", "Ana Torres vive en Madrid .", [(0, 2, "PER"), (4, 5, "LOC")]),
    ("Siemens hired John Miller .", "Siemens contrató a John Miller .", [(0, 1, "ORG"), (2, 4, "PER")]),
    ("It rained all day .", "Llovió todo el día .", []),
    ("The train to Lisbon was late .", "El tren a Lisboa llegó tarde .", [(3, 4, "LOC")]),
]


def make_project(name: str = "Demo", owner: str = "owner") -> Project:
    user, _ = User.objects.get_or_create(username=owner)
    project = Project.objects.create(name=name, created_by=user)
    Membership.objects.create(project=project, user=user, role=Membership.Role.OWNER)
    return project


def add_pair(
    project: Project,
    source: str,
    target: str,
    entities: list[tuple[int, int, str]] | None,
    *,
    language: str = "es",
    domain: str = "",
) -> SentencePair:
    """Add a pair of space-separated sentences. entities: None leaves the source unlabelled."""
    number = SentencePair.objects.filter(project=project).count()
    pair = SentencePair.objects.create(
        project=project,
        source_language="en",
        target_language=language,
        domain=domain,
        source_text=source,
        source_offsets=offsets_of(source),
        target_text=target,
        target_offsets=offsets_of(target),
        has_source_labels=entities is not None,
        fingerprint=hashlib.sha256(f"{number} {source} {target}".encode()).hexdigest(),
    )
    SourceEntity.objects.bulk_create(
        SourceEntity(pair=pair, start=start, end=end, label=label) for start, end, label in entities or []
    )
    return pair


def add_pairs(project: Project, n: int, *, labelled: bool = True, **fields: str) -> list[SentencePair]:
    """Add n pairs of SENTENCES, over and over."""
    pairs = []
    for number in range(n):
        source, target, entities = SENTENCES[number % len(SENTENCES)]
        pairs.append(add_pair(project, source, target, entities if labelled else None, **fields))
    return pairs


def offsets_of(text: str) -> list[int]:
    offsets, end = [], 0
    for token in text.split():
        start = text.index(token, end)
        end = start + len(token)
        offsets += [start, end]
    return offsets

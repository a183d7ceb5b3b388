"""Tables of the domain, one module per noun."""

from annotations.models.candidates import Candidate, PairResult, SourceEntity
from annotations.models.corpus import ImportBatch, ReferenceSpan, SentencePair
from annotations.models.counts import PairCount
from annotations.models.exports import Export
from annotations.models.people import LoginToken, Membership, User
from annotations.models.projects import Project
from annotations.models.review import Review, ReviewEvent, ReviewItem
from annotations.models.runs import ProjectionRun, RunChunk
from annotations.models.translations import Translation

__all__ = [
    "Candidate",
    "Export",
    "ImportBatch",
    "LoginToken",
    "Membership",
    "PairCount",
    "PairResult",
    "Project",
    "ProjectionRun",
    "ReferenceSpan",
    "Review",
    "ReviewEvent",
    "ReviewItem",
    "RunChunk",
    "SentencePair",
    "SourceEntity",
    "Translation",
    "User",
]

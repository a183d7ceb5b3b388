"""Tables of the domain, one module per noun."""

from annotations.models.agreement import Disagreement, NameUse, ProjectReport, RunDisagreement
from annotations.models.audit import AuditEntry
from annotations.models.bulk import BulkChange, FastLane
from annotations.models.candidates import Candidate, PairResult, SourceEntity
from annotations.models.claims import Claim
from annotations.models.comparison import RunComparison, RunDifference
from annotations.models.corpus import PairText, ReferenceSpan, SentencePair
from annotations.models.counts import PairCount
from annotations.models.discussion import Comment, GuidelinesVersion, Verdict
from annotations.models.evaluations import Evaluation
from annotations.models.exports import Export
from annotations.models.imports import ImportBatch
from annotations.models.jobs import LeasedJob
from annotations.models.people import LoginToken, Membership, User
from annotations.models.projects import Project
from annotations.models.review import Review, ReviewEvent, ReviewItem
from annotations.models.runs import ProjectionRun, RunChunk
from annotations.models.staffing import Assignment, Invitation
from annotations.models.throttle import Throttle
from annotations.models.training import GapReport, TrainingRun
from annotations.models.translations import Translation
from annotations.models.wording import WordingChange
from annotations.models.workforce import WordTable, WorkerReport

__all__ = [
    "Assignment",
    "AuditEntry",
    "BulkChange",
    "Candidate",
    "Claim",
    "Comment",
    "Disagreement",
    "Evaluation",
    "Export",
    "FastLane",
    "GapReport",
    "GuidelinesVersion",
    "ImportBatch",
    "Invitation",
    "LeasedJob",
    "LoginToken",
    "Membership",
    "NameUse",
    "PairCount",
    "PairResult",
    "PairText",
    "Project",
    "ProjectReport",
    "ProjectionRun",
    "ReferenceSpan",
    "Review",
    "ReviewEvent",
    "ReviewItem",
    "RunChunk",
    "RunComparison",
    "RunDifference",
    "RunDisagreement",
    "SentencePair",
    "SourceEntity",
    "Throttle",
    "TrainingRun",
    "Translation",
    "User",
    "Verdict",
    "WordTable",
    "WorkerReport",
    "WordingChange",
]

"""The only persistence of the workers: runs (prepare, finish, wake), chunks (claim, load), results (save).

Locks are taken in one order, the pairs by id, then the chunk, then the run, and the run's row last, for its
counters. Leases are measured by the database's clock, so that machines need not agree on the time.
"""

from workers.store.chunks import (
    Claim,
    claim_chunk,
    extend_chunk_lease,
    fail_chunk,
    has_claimable_chunk,
    load_pairs,
    release_chunk,
    report_stage,
)
from workers.store.evaluations import EvaluationJob, claim_evaluation
from workers.store.gap_reports import GapJob, claim_gap_report
from workers.store.jobs import (
    JobClaim,
    claim_job,
    extend_job_lease,
    fail_job,
    finish_job,
    is_job_wanted,
    jobs_to_wake,
    release_job,
    report_job,
)
from workers.store.reports import (
    delete_reports,
    load_words,
    prune_reports,
    save_report,
    save_words,
    words_digest,
)
from workers.store.results import Counts, save_chunk
from workers.store.runs import (
    ClaimLost,
    claim_run,
    create_chunks,
    extend_run_lease,
    fail_run,
    finish_preparation,
    get_config,
    get_queue,
    get_signature,
    is_prepared,
    load_sample,
    report_run_stage,
    take_runs_to_wake,
)
from workers.store.trainings import TrainingJob, claim_training
from workers.store.translations import translations_of

__all__ = [
    "Claim",
    "ClaimLost",
    "Counts",
    "claim_chunk",
    "TrainingJob",
    "GapJob",
    "JobClaim",
    "claim_gap_report",
    "EvaluationJob",
    "claim_evaluation",
    "claim_job",
    "claim_run",
    "extend_job_lease",
    "fail_job",
    "finish_job",
    "is_job_wanted",
    "jobs_to_wake",
    "release_job",
    "report_job",
    "claim_training",
    "create_chunks",
    "delete_reports",
    "extend_chunk_lease",
    "extend_run_lease",
    "fail_chunk",
    "fail_run",
    "finish_preparation",
    "get_config",
    "get_queue",
    "get_signature",
    "has_claimable_chunk",
    "is_prepared",
    "load_pairs",
    "load_sample",
    "load_words",
    "prune_reports",
    "release_chunk",
    "report_run_stage",
    "report_stage",
    "save_chunk",
    "save_report",
    "save_words",
    "take_runs_to_wake",
    "translations_of",
    "words_digest",
]

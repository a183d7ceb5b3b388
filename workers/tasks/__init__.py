"""Celery tasks: ids in, counts out. The state of a run is in the database; a message only says "go on".

A run has about as many messages in flight as there are worker slots. Each takes the next free chunk, works on
it and sends its successor, so runs share the workers fairly, and a message that is lost, doubled or late
costs nothing but time: `RunKeeper` in every worker sends new ones for runs that stand still.

The web process imports this module too, so what loads models is imported where it is used.
"""

import logging
import time
from dataclasses import asdict, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from celery import Task, bootsteps, current_app, shared_task
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist

from workers import store
from workers.tasks import (  # noqa: F401 (their tasks are known once they are imported)
    evaluation,
    gap_reports,
    training,
)
from workers.tasks.disk import DISK_FULL, is_disk_full
from workers.tasks.leases import PASSING, RETRY, renewed, token_of
from workers.tasks.models import configure_models
from workers.tasks.workforce import count_worker_slots

if TYPE_CHECKING:
    from celery.worker.consumer import Consumer

    from workers.lexical_table import LexicalTable
    from workers.stages import RunConfig, Stages

logger = logging.getLogger(__name__)

SAMPLE_PAIRS = 1_000  # that a method learns from
SAMPLE_TRANSLATED = 200  # the same where they have to be translated first; the translations are used again


@shared_task(bind=True, **RETRY)
def start_run(self: Task, run_id: int) -> dict[str, int]:
    """Prepare a run, unless that is done or another worker is at it, and set workers to its chunks."""
    token = token_of(self)
    if store.claim_run(run_id, token):
        with renewed(lambda: store.extend_run_lease(run_id, token)):
            _prepare(run_id, token)
    if not store.is_prepared(run_id):
        return {"messages": 0}
    return {"messages": _send_chunk_messages(run_id, count_worker_slots(store.get_queue(run_id)))}


@shared_task(bind=True, **RETRY)
def process_chunk(self: Task, run_id: int) -> dict[str, int]:
    """Work on the next free chunk of a run and pass the baton on."""
    token = token_of(self)
    claim = store.claim_chunk(run_id, token)
    if claim is None:
        return {}
    with renewed(lambda: store.extend_chunk_lease(claim)):
        counts = _work_on(claim)
    if store.has_claimable_chunk(run_id, token):
        process_chunk.delay(run_id)
    return counts


@shared_task(**RETRY)
def wake_runs(n_messages: int, only_stalled: bool) -> dict[str, int]:
    """Send messages for active runs: all of them when a worker starts, else those that stand still."""
    runs = store.take_runs_to_wake(only_stalled=only_stalled)
    for run_id, prepared in runs:
        if prepared:
            _send_chunk_messages(run_id, n_messages)
        else:
            start_run.delay(run_id)
    for task, job_id in store.jobs_to_wake():
        current_app.send_task(task, [job_id])
    return {"runs": len(runs)}


def route_run(name: str, args: Any, *_: object, **__: object) -> dict[str, str] | None:
    """The queue of a task that works on a run; None for the others, which take the default queue."""
    if name not in (start_run.name, process_chunk.name) or not args:
        return None
    try:
        return {"queue": store.get_queue(args[0])}
    except ObjectDoesNotExist:
        return None  # the run was deleted; the task will find nothing to do


class RunKeeper(bootsteps.StartStopStep):
    """In every worker: goes on with active runs when it connects, and looks for stalled ones from then on."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, consumer: "Consumer") -> None:
        n_slots = consumer.controller.concurrency
        period_s = settings.RUN_LEASE_S / 2
        own_queue = next(iter(consumer.app.amqp.queues.consume_from))
        wake_runs.apply_async((n_slots, False), queue=own_queue)
        self.entry = consumer.timer.call_repeatedly(
            period_s, lambda: wake_runs.apply_async((n_slots, True), queue=own_queue, expires=period_s)
        )

    def stop(self, consumer: "Consumer") -> None:
        self.entry.cancel()


def _send_chunk_messages(run_id: int, n: int) -> int:
    for _ in range(n):
        process_chunk.delay(run_id)
    return n


def _prepare(run_id: int, token: UUID) -> None:
    """Cut the chunks, let the method learn, write the signature; or end the run with the reason."""
    from workers.pipeline import learn
    from workers.signature import run_signature
    from workers.stages import RunBroken, describe

    def report(stage: str) -> None:
        store.report_run_stage(run_id, token, stage)

    try:
        store.create_chunks(run_id)
        config = store.get_config(run_id)
        report("loading models")
        stages = _load_stages(config)
        if getattr(stages.aligner, "learns", False):
            config = _learn_words(run_id, config, stages.aligner)
            stages = _load_stages(config)
        if hasattr(stages.projector, "learn"):
            sample = store.load_sample(run_id, SAMPLE_TRANSLATED if stages.translator else SAMPLE_PAIRS)
            statistics = learn(sample, stages, cache=store.translations_of(run_id), report=report)
            config = replace(config, statistics=statistics)
            stages = _load_stages(config)
        store.finish_preparation(
            run_id, token, statistics=dict(config.statistics), signature=run_signature(config, stages)
        )
    except PASSING as error:
        if not is_disk_full(error):
            raise
        store.fail_run(run_id, DISK_FULL)
    except store.ClaimLost as error:
        logger.info("not prepared: %s", error)
    except RunBroken as error:
        store.fail_run(run_id, str(error))
    except Exception as error:
        logger.exception("run %d could not be prepared", run_id)
        store.fail_run(run_id, f"the run could not be prepared: {describe(error)}")


def _learn_words(run_id: int, config: "RunConfig", aligner: Any) -> "RunConfig":
    """The run's config with what its aligner learnt from the pairs, which is kept with the run."""
    from workers.stages import RunBroken

    sample = store.load_sample(run_id, aligner.max_pairs)
    pairs = [(pair.source_tokens, pair.target_tokens) for pair in sample]
    pairs = [(source, target) for source, target in pairs if source and target]
    if not pairs:
        raise RunBroken(
            "the aligner learns from pairs of sentences, and none of the run's has both sides yet; "
            "run it once with an aligner that does not learn, then its translations are there"
        )
    store.save_words(run_id, aligner.learn(pairs))
    return _with_words(run_id, config)


def _with_words(run_id: int, config: "RunConfig") -> "RunConfig":
    digest = store.words_digest(run_id)
    if not digest:
        return config
    return replace(config, aligner_options={**config.aligner_options, "table": _words(run_id, digest)})


@lru_cache(maxsize=4)
def _words(run_id: int, digest: str) -> "LexicalTable":
    return store.load_words(run_id)


def _load_stages(config: "RunConfig") -> "Stages":
    """The stages of a run, with models where this installation wants them. Raises RunBroken."""
    from workers.stages import RunBroken, load_stages

    try:
        configure_models()
    except ValueError as error:
        raise RunBroken(f"this worker's settings: {error}") from error
    return load_stages(config)


def _work_on(claim: store.Claim) -> dict[str, int]:
    """Process and save one chunk. What goes wrong with it is recorded, not raised."""
    from workers.pipeline import process
    from workers.signature import run_signature
    from workers.stages import RunBroken, describe

    def report(stage: str) -> None:
        store.report_stage(claim, stage)

    started = time.monotonic()
    try:
        config = _with_words(claim.run_id, store.get_config(claim.run_id))
        report("loading models")
        stages = _load_stages(config)
        outputs = process(
            store.load_pairs(claim), stages, cache=store.translations_of(claim.run_id), report=report
        )
        signature = run_signature(config, stages)
        counts = store.save_chunk(
            claim,
            outputs,
            seconds=time.monotonic() - started,
            signature="" if signature == store.get_signature(claim.run_id) else signature,
        )
        return asdict(counts)
    except PASSING as error:
        if not is_disk_full(error):
            raise
        store.release_chunk(claim)
        store.fail_run(claim.run_id, DISK_FULL)
    except RunBroken as error:
        store.release_chunk(claim)
        store.fail_run(claim.run_id, str(error))
    except store.ClaimLost as error:
        logger.info("not saved: %s", error)
        store.release_chunk(claim)
    except Exception as error:
        logger.exception("chunk %d of run %d failed", claim.chunk_id, claim.run_id)
        store.fail_chunk(claim, describe(error))
    return {}

"""Celery tasks: ids in, counts out. The state of a run is in the database; a message only says "go on".

A run has about as many messages in flight as there are worker slots. Each takes the next free chunk, works on
it and sends its successor, so runs share the workers fairly, and a message that is lost, doubled or late
costs nothing but time: `RunKeeper` in every worker sends new ones for runs that stand still.

The web process imports this module too, so what loads models is imported where it is used.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from celery import Task, bootsteps, current_app, shared_task
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from workers import store

if TYPE_CHECKING:
    from celery.worker.consumer import Consumer

    from workers.lexical_table import LexicalTable
    from workers.stages import RunConfig, Stages

logger = logging.getLogger(__name__)

SAMPLE_PAIRS = 1_000  # that a method learns from
SAMPLE_TRANSLATED = 200  # the same where they have to be translated first; the translations are used again
# What passes by itself: the database restarts, or two transactions waited for each other.
PASSING = (OperationalError, InterfaceError)
RETRY: dict[str, Any] = {"autoretry_for": PASSING, "max_retries": 8, "retry_backoff": True}


@shared_task(bind=True, **RETRY)
def start_run(self: Task, run_id: int) -> dict[str, int]:
    """Prepare a run, unless that is done or another worker is at it, and set workers to its chunks."""
    token = _token(self)
    if store.claim_run(run_id, token):
        with _renewed(lambda: store.extend_run_lease(run_id, token)):
            _prepare(run_id, token)
    if not store.is_prepared(run_id):
        return {"messages": 0}
    return {"messages": _send_chunk_messages(run_id, count_worker_slots(store.get_queue(run_id)))}


@shared_task(bind=True, **RETRY)
def process_chunk(self: Task, run_id: int) -> dict[str, int]:
    """Work on the next free chunk of a run and pass the baton on."""
    token = _token(self)
    claim = store.claim_chunk(run_id, token)
    if claim is None:
        return {}
    with _renewed(lambda: store.extend_chunk_lease(claim)):
        counts = _work_on(claim)
    if store.has_claimable_chunk(run_id, token):
        process_chunk.delay(run_id)
    return counts


@shared_task
def load_now(stage: str, name: str, options: dict[str, Any]) -> dict[str, int]:
    """Load a model into the process that takes this message, so that a run need not wait for it.

    stage: "tagger", "aligner" or "translator"; name: in its registry.
    """
    from workers.align import get_aligner
    from workers.model_cache import loaded_models
    from workers.tag import get_tagger
    from workers.translate import get_translator

    getters: dict[str, Callable[..., Any]] = {
        "tagger": get_tagger,
        "aligner": get_aligner,
        "translator": get_translator,
    }
    _configure_models()
    getters[stage](name, **options)
    return {"models": len(loaded_models())}


@shared_task(**RETRY)
def wake_runs(n_messages: int, only_stalled: bool) -> dict[str, int]:
    """Send messages for active runs: all of them when a worker starts, else those that stand still."""
    runs = store.take_runs_to_wake(only_stalled=only_stalled)
    for run_id, prepared in runs:
        if prepared:
            _send_chunk_messages(run_id, n_messages)
        else:
            start_run.delay(run_id)
    for training_id, is_written in store.trainings_to_wake():
        name = train_tagger.name if is_written else "annotations.tasks.write_training"
        current_app.send_task(name, [training_id])
    return {"runs": len(runs)}


@shared_task(bind=True, **RETRY)
def train_tagger(self: Task, training_id: int) -> dict[str, int]:
    """Fine-tune a tagger, from its last checkpoint where it was stopped or its worker was lost."""
    token = _token(self)
    job = store.claim_training(training_id, token)
    if job is None:
        return {}
    with _renewed(lambda: store.extend_training_lease(training_id, token)):
        return _train(job, token)


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


def known_names() -> dict[str, dict[str, str]]:
    """What each choice of a run may name, a line on each; defaults first.

    Which of them a route reads is in `route_fields`.
    """
    from workers.align import ALIGNERS, DEFAULT_ALIGNER
    from workers.catalogue import describe_names
    from workers.project import DEFAULT_METHOD, METHODS
    from workers.routes import BACK_TRANSLATIONS, MARKERS, ROUTES
    from workers.tag import DEFAULT_TAGGER, DEFAULT_TARGET_TAGGER, TAGGERS
    from workers.translate import DEFAULT_TRANSLATOR, TRANSLATORS

    return {
        "route": {name: route.summary for name, route in ROUTES.items()},
        "translator": describe_names(TRANSLATORS, DEFAULT_TRANSLATOR),
        "markers": dict(MARKERS),
        "back_translation": dict(BACK_TRANSLATIONS),
        "tagger": describe_names(TAGGERS, DEFAULT_TAGGER),
        "aligner": describe_names(ALIGNERS, DEFAULT_ALIGNER),
        "method": describe_names(METHODS, DEFAULT_METHOD),
        "target_tagger": describe_names(TAGGERS, DEFAULT_TARGET_TAGGER),
    }


def route_fields() -> dict[str, tuple[str, ...]]:
    """Route -> those choices of a run (keys of `known_names`) that it reads."""
    from workers.routes import ROUTES

    return {name: route.fields for name, route in ROUTES.items()}


def given_sides() -> dict[str, tuple[str, ...]]:
    """Route -> the sides that a pair must have for it, "source" or "target"."""
    from workers.routes import ROUTES

    return {name: route.given for name, route in ROUTES.items()}


def count_worker_slots(queue: str, timeout_s: float = 1.0) -> int:
    """Tasks that the answering workers of a queue can do at the same time; at least 1."""
    inspect = current_app.control.inspect(timeout=timeout_s)
    answers, subscribed = inspect.stats() or {}, inspect.active_queues() or {}
    slots = [
        int(answer["pool"].get("max-concurrency", 1))
        for worker, answer in answers.items()
        if queue in {other["name"] for other in subscribed.get(worker, [])}
    ]
    return max(1, sum(slots))


def count_waiting_tasks(queues: Iterable[str]) -> dict[str, int]:
    """Messages that no worker has taken yet, by queue. Raises kombu's OperationalError."""
    with current_app.connection_for_read() as connection:
        channel = connection.default_channel
        return {name: channel.queue_declare(name).message_count for name in queues}


def find_workers(timeout_s: float = 1.0) -> list[str]:
    """Names of the workers that answer. Raises kombu's OperationalError when the broker does not."""
    return sorted(name for answer in current_app.control.ping(timeout=timeout_s) for name in answer)


def _token(task: Task) -> UUID:
    """The message's id: when its worker dies, the same message comes back and may take up what it held."""
    return UUID(task.request.id) if task.request.id else uuid4()


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
    except PASSING:
        raise
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
        _configure_models()
    except ValueError as error:
        raise RunBroken(f"this worker's settings: {error}") from error
    return load_stages(config)


def _configure_models() -> None:
    """Let models run where this installation wants them. Raises ValueError for a setting that cannot be."""
    from workers import model_cache

    model_cache.configure(
        device=settings.MODEL_DEVICE,
        dtype=settings.MODEL_DTYPE,
        downloads=settings.MODEL_DOWNLOADS,
        folders=tuple(settings.MODEL_FOLDERS),
    )


def _train(job: store.TrainingJob, token: UUID) -> dict[str, int]:
    """Train and record what came of it; what goes wrong is recorded too."""
    from workers.stages import describe
    from workers.training.fit import TrainingStopped
    from workers.training.job import run_job

    curve: list[dict[str, Any]] = []

    def keep_point(point: dict[str, Any]) -> None:
        curve.append(point)
        store.report_training(
            job.training_id, token, step=point["step"], n_steps=point["of"], curve=thinned(curve)
        )

    try:
        _configure_models()
        done = run_job(
            job.options,
            job.train_file,
            job.dev_file,
            job.model_folder,
            curve_parts=job.curve_parts,
            on_stage=lambda stage: store.report_training(job.training_id, token, stage=stage),
            on_point=keep_point,
            should_stop=_asked_now_and_then(lambda: not store.is_training_wanted(job.training_id, token)),
        )
    except PASSING:
        raise
    except (TrainingStopped, store.ClaimLost) as error:
        logger.info("training %d: %s", job.training_id, error)
        store.release_training(job.training_id, token)
        return {}
    except Exception as error:
        logger.exception("training %d failed", job.training_id)
        store.fail_training(job.training_id, token, describe(error))
        return {}
    result = done.training
    store.finish_training(
        job.training_id,
        token,
        scores=result.scores.to_dict(),
        curve=thinned(result.curve),
        learning_curve=[asdict(point) for point in done.learning_curve],
        signature=result.signature,
    )
    return {"points": len(result.curve)}


def thinned(curve: list[dict[str, Any]], n_most: int = 200) -> list[dict[str, Any]]:
    """At most about n_most points of loss; every score of the dev part stays."""
    every = -(-len(curve) // n_most) or 1
    return [point for number, point in enumerate(curve) if "dev_f1" in point or number % every == 0]


def _asked_now_and_then(ask: Callable[[], bool], every_s: float = 2.0) -> Callable[[], bool]:
    """The answer to a question for the database that is put at most every few seconds."""
    asked_at, answer = 0.0, False

    def latest() -> bool:
        nonlocal asked_at, answer
        if time.monotonic() - asked_at >= every_s:
            asked_at, answer = time.monotonic(), ask()
        return answer

    return latest


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
    except PASSING:
        raise
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


@contextmanager
def _renewed(extend: Callable[[], None]) -> Iterator[None]:
    """Renew a lease from a thread of its own while the body works, so that slow models do not lose it."""
    done = threading.Event()

    def renew() -> None:
        while not done.wait(settings.RUN_LEASE_S / 3):
            try:
                extend()
            except DatabaseError:
                logger.warning("a lease could not be renewed", exc_info=True)
        connection.close()

    thread = threading.Thread(target=renew, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()

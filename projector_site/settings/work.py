"""Settings of the work behind the pages: the task queue, runs and their models."""

from pathlib import Path

from projector_site.settings.environment import DATA_FOLDER, env_bool, env_int, env_list, env_str

# The task queue: the embedded broker of the data folder unless an address is given.
# A task is acknowledged when done, so a killed worker loses none; each is safe to run twice.

EMBEDDED_BROKER = not env_str("CELERY_BROKER_URL")
CELERY_BROKER_URL = env_str("CELERY_BROKER_URL") or DATA_FOLDER.broker_url()
# Who sends a task from a page waits seconds, not minutes, for a broker that hangs.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 6 * 3600,
    "socket_timeout": 5,
    "socket_connect_timeout": 5,
}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.2}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
# A run goes to the queue that it names, cpu or gpu; all else to cpu, whose workers share MEDIA_ROOT with
# the site.
CELERY_TASK_DEFAULT_QUEUE = "cpu"
CELERY_TASK_ROUTES = ["workers.tasks.route_run"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# A worker renews its hold on a piece of a run while it lives; after this long without, others take over.
RUN_LEASE_S = env_int("RUN_LEASE_S", 60)

# --- models of the workers (workers/model_cache.py)

MODEL_DEVICE = env_str("MODEL_DEVICE", "auto")
MODEL_DTYPE = env_str("MODEL_DTYPE", "auto")
MODEL_DOWNLOADS = env_bool("MODEL_DOWNLOADS")
# Runs load folders below these only: who owns a project may name any, and must not look around the machine.
MODEL_FOLDERS = [Path(folder) for folder in env_list("MODEL_FOLDERS")] or [DATA_FOLDER.root / "models"]

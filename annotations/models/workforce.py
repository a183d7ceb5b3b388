"""What the worker processes say of themselves, and what they have learnt for runs."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

QUEUES = ("cpu", "gpu")


class WorkerReport(models.Model):
    """One process of a worker, as it last described itself; when that grows old, the process is gone."""

    worker = models.CharField(max_length=200, help_text="The worker's node name, celery@machine.")
    pid = models.PositiveIntegerField()
    n_slots = models.PositiveIntegerField(
        default=0, help_text="Tasks at the same time; 0 for a process of a worker's pool."
    )
    queues = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    device = models.CharField(max_length=50, blank=True, help_text="Where it runs models, once it has any.")
    memory_bytes = models.BigIntegerField(default=0, help_text="Resident memory of the process.")
    gpus = models.JSONField(default=list, help_text="name, total_bytes and used_bytes of each GPU it sees.")
    loaded = models.JSONField(
        default=list, help_text="What it holds: kind, name, device, dtype, n_bytes, ..."
    )
    on_disk = models.JSONField(
        default=list, help_text="Models on its machine: name, and a tagger's labels. Of the main process."
    )
    started_at = models.DateTimeField()
    heard_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["worker", "pid"], name="one_report_per_process")]
        indexes = [models.Index(fields=["heard_at"], name="report_by_age")]

    def __str__(self) -> str:
        return f"{self.worker}, process {self.pid}"


class WordTable(models.Model):
    """The word translations that a run's aligner learnt from its pairs (workers/lexical_table.py)."""

    run = models.OneToOneField(
        "annotations.ProjectionRun", on_delete=models.CASCADE, related_name="word_table", primary_key=True
    )
    digest = models.CharField(max_length=12)
    data = models.BinaryField()

    def __str__(self) -> str:
        return f"words of run {self.run_id}"

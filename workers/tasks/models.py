"""Models in a worker process: where they run, and loading one before a run needs it."""

from collections.abc import Callable
from typing import Any

from celery import shared_task
from django.conf import settings


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
    configure_models()
    getters[stage](name, **options)
    return {"models": len(loaded_models())}


def configure_models() -> None:
    """Let models run where this installation wants them. Raises ValueError for a setting that cannot be."""
    from workers import model_cache

    model_cache.configure(
        device=settings.MODEL_DEVICE,
        dtype=settings.MODEL_DTYPE,
        downloads=settings.MODEL_DOWNLOADS,
        folders=tuple(settings.MODEL_FOLDERS),
    )

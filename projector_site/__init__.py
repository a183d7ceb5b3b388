"""Settings, URLs and servers of Projector."""

from projector_site.celery import app as celery_app

__all__ = ["celery_app"]

"""WSGI entry point: `gunicorn projector_site.wsgi`."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from projector_site.operations.counting import count_together

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "projector_site.settings")
if settings.METRICS_TOKEN:
    count_together(settings.DATA_FOLDER.root / "metrics")

application = get_wsgi_application()
settings.SECRET_KEY  # noqa: B018 - a site without a key fails here, not at its first visitor

"""Every worker looks after runs: the step is part of the worker, and the web process stays light."""

import subprocess
import sys

from projector_site.celery import app


def test_every_worker_has_the_keeper_of_runs():
    assert "workers.tasks:RunKeeper" in app.steps["consumer"]


def test_the_web_process_loads_no_model_library():
    code = (
        "import django, os, sys\n"
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'projector_site.settings'\n"
        "django.setup()\n"
        "import projector_site.urls, annotations.admin\n"
        "from workers.tasks import known_names\n"
        "known_names()\n"
        "print([name for name in ('torch', 'transformers', 'spacy', 'simalign') if name in sys.modules])\n"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout == "[]\n"

"""Settings of the test suite: the product's, on a data folder that is thrown away.

With DATABASE_URL set, the suite uses that server; otherwise tests/conftest.py starts one in the folder.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

folder = Path(tempfile.mkdtemp(prefix="projector-tests-"))
folder.chmod(0o755)  # as root, the servers run under another account
atexit.register(shutil.rmtree, folder, ignore_errors=True)
(folder / "static").mkdir()

os.environ["PROJECTOR_DATA"] = str(folder)
os.environ["SECRET_KEY"] = "only-for-the-tests-" * 3
os.environ["MODEL_FOLDERS"] = tempfile.gettempdir()  # where tests make theirs
os.environ["DJANGO_SETTINGS_MODULE"] = "projector_site.settings"  # for the processes that tests start
os.environ.pop("CELERY_BROKER_URL", None)

from projector_site.settings import *  # noqa: E402, F403

# Pages are rendered without `collectstatic`; passwords are hashed without the wait.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

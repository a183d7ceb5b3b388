"""What a browser may keep for ever has a name of its own for every version."""

import re
from pathlib import Path

from django.core.management import call_command


def test_scripts_import_each_other_by_hashed_names(settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "projector_site.static_files.HashedStaticFiles"}
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    scripts = [
        path for path in (tmp_path / "js").glob("*.js") if re.search(r"\.[0-9a-f]{12}\.js$", path.name)
    ]
    assert scripts
    imported = [name for path in scripts for name in re.findall(r'from\s+"\./([^"]+)"', path.read_text())]
    assert len(imported) > 10
    assert set(imported) <= {path.name for path in scripts}

"""Where the web processes of one machine count together, so that any of them can answer for all.

prometheus_client reads the folder's name from the environment when it is imported, so this comes first.
"""

import os
import re
import socket
from pathlib import Path

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def count_together(folder: Path) -> None:
    """Let this process and those forked from it count in files of `folder`, one for each of them.

    What ended processes counted is dropped; Prometheus takes that for a restart, which it is.
    """
    mine = folder / re.sub(r"[^A-Za-z0-9-]", "-", socket.gethostname())
    mine.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in mine.glob("*.db"):
        if not is_running(int(re.findall(r"\d+", file.stem)[-1])):
            file.unlink(missing_ok=True)
    os.environ.setdefault(FOLDER_VARIABLE, str(mine))


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it runs, as somebody else
    return True

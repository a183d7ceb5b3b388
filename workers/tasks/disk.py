"""Telling a full disk from other trouble: waiting does not help, making room does."""

import errno

from psycopg.errors import DiskFull

# No space left, a quota used up, a file past its allowed size.
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
DISK_FULL = "The disk is full. Make room, then ask again; nothing that is there was changed."


def is_disk_full(error: BaseException | None) -> bool:
    """Whether an error says so of this machine's disk or of the database's."""
    if isinstance(error, OSError):
        return error.errno in FULL
    return isinstance(error, DiskFull) or isinstance(getattr(error, "__cause__", None), DiskFull)

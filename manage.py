#!/usr/bin/env python3
"""Django's command line for Projector."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "projector_site.settings")
    try:
        from django.core.management import execute_from_command_line
        from django.db import OperationalError
    except ImportError as error:
        raise SystemExit(f"{error}. Run `make up`, or activate the virtual environment first.") from error
    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        if "connection" not in str(error) or "--traceback" in sys.argv:
            raise
        raise SystemExit(
            f"{str(error).splitlines()[0]}\n"
            "The database does not answer: start Projector with `make up` (the same PROJECTOR_DATA), "
            "or set DATABASE_URL to the one you use."
        ) from error


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Django's command line for Projector."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "projector_site.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError as error:
        raise SystemExit(f"{error}. Run `make up`, or activate the virtual environment first.") from error
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()

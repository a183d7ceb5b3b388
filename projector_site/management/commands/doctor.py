"""`manage.py doctor`: look at the whole installation."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from projector_site.operations.doctor import FAULT, OK, WARNING, examine, worst


class Command(BaseCommand):
    help = "Say what is wrong with this installation and how to mend it; exits with 1 when something is."
    requires_system_checks = ()

    def handle(self, **options: Any) -> None:
        style = {OK: self.style.SUCCESS, WARNING: self.style.WARNING, FAULT: self.style.ERROR}
        findings = []
        for finding in examine():
            findings.append(finding)
            self.stdout.write(
                f"{style[finding.grade](f'{finding.grade:<8}')} {finding.subject}: {finding.text}"
            )
            if finding.mend:
                self.stdout.write(f"{'':<9}-> {finding.mend}")
        if worst(findings) == FAULT:
            sys.exit(1)

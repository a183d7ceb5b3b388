"""`manage.py compilemessages`: Django's command of that name wants GNU gettext; this one wants Babel."""

from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Compile the catalogues of all languages: a .mo file beside each .po file."
    requires_system_checks = ()

    def handle(self, **options: Any) -> None:
        # Here, because Babel is a requirement of the tests only.
        from projector_site.catalogues import compile_all

        compile_all()

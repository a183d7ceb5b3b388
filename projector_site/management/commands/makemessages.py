"""`manage.py makemessages`: Django's command of that name wants GNU gettext; this one wants Babel."""

from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Bring the catalogues of all languages up to date with the words in the code, and compile them."
    requires_system_checks = ()

    def handle(self, **options: Any) -> None:
        # Here, because Babel is a requirement of the tests only.
        from projector_site.catalogues import compile_all, update_all

        for language, n_empty in update_all():
            self.stdout.write(f"{language}: {n_empty} to translate")
        compile_all()

"""The one Django application: the domain and its web face."""

from django.apps import AppConfig


class AnnotationsConfig(AppConfig):
    name = "annotations"
    verbose_name = "Annotation projection"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in  # models are loaded by now

        from annotations.actions.audit import note_sign_in

        user_logged_in.connect(note_sign_in, dispatch_uid="note_sign_in")

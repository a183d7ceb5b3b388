"""The translations of a project, kept from run to run."""

from collections.abc import Collection, Mapping
from hashlib import sha256

from django.db import DatabaseError, InterfaceError

from annotations.models import ProjectionRun
from annotations.models import Translation as TranslationRow
from workers.translate import TranslatedSentence, Translation, TranslationKey


class ProjectTranslations:
    """A TranslationCache of what any run of the project translated; kept as soon as it is made."""

    errors: tuple[type[Exception], ...] = (DatabaseError, InterfaceError)

    def __init__(self, project_id: int) -> None:
        self.project_id = project_id

    def find(self, keys: Collection[TranslationKey]) -> dict[TranslationKey, Translation]:
        by_digest = {digest_of(key): key for key in keys}
        rows = TranslationRow.objects.filter(project=self.project_id, key__in=by_digest)
        return {
            by_digest[row.key]: Translation(
                row.text,
                row.score,
                tuple(TranslatedSentence(*sentence) for sentence in row.sentences),
                tuple(row.flags),
            )
            for row in rows
        }

    def save(self, translations: Mapping[TranslationKey, Translation]) -> None:
        rows = [
            TranslationRow(
                project_id=self.project_id,
                key=digest_of(key),
                signature=key.signature,
                source_language=key.source_language,
                target_language=key.target_language,
                text=made.text,
                score=made.score,
                flags=list(made.flags),
                sentences=[(s.start, s.end, s.text, s.score, s.n_subwords) for s in made.sentences],
            )
            for key, made in translations.items()
        ]
        TranslationRow.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)

    def ids_of(self, keys: Collection[TranslationKey]) -> dict[TranslationKey, int]:
        """Translation -> id of its row, of those that are kept."""
        by_digest = {digest_of(key): key for key in keys}
        rows = TranslationRow.objects.filter(project=self.project_id, key__in=by_digest)
        return {by_digest[digest]: row_id for digest, row_id in rows.values_list("key", "id")}


def translations_of(run_id: int) -> ProjectTranslations:
    """The translations of the project that a run belongs to."""
    return ProjectTranslations(ProjectionRun.objects.values_list("project", flat=True).get(pk=run_id))


def digest_of(key: TranslationKey) -> str:
    """SHA-256 of a key, as the column `key` holds it."""
    return sha256("\0".join(key).encode("utf-8", "surrogatepass")).hexdigest()

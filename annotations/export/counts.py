"""How much an export would hold, fast enough for a form: exact where it costs nothing, else up to a limit."""

from dataclasses import dataclass, replace

from django.db import connection

from annotations.export.options import ExportOptions
from annotations.export.records import exported_pairs
from annotations.models import Project, SentencePair

LIMIT = 20_000
MAX_DOMAINS = 200

_PAIRS = SentencePair._meta.db_table
# One index probe for each distinct value, whatever the number of pairs.
_DISTINCT_DOMAINS = f"""
WITH RECURSIVE found(domain) AS (
    (SELECT domain FROM {_PAIRS} WHERE project_id = %(project)s ORDER BY domain LIMIT 1)
    UNION ALL
    SELECT (SELECT pair.domain FROM {_PAIRS} AS pair
            WHERE pair.project_id = %(project)s AND pair.domain > found.domain ORDER BY pair.domain LIMIT 1)
    FROM found WHERE found.domain IS NOT NULL
)
SELECT domain FROM found WHERE domain <> '' LIMIT %(limit)s
"""  # noqa: S608 (the name is the model's)


@dataclass(frozen=True, slots=True)
class Count:
    """Sentences in an export. is_more: there are more than the numbers say."""

    gold: int
    silver: int
    is_more: bool = False

    @property
    def total(self) -> int:
        return self.gold + self.silver


def count_export(project: Project, options: ExportOptions) -> Count:
    """What an export would hold now. Without domains the project's own counters know."""
    if not options.domains:
        counts = project.pair_counts.all()
        if options.languages:
            counts = counts.filter(target_language__in=options.languages)
        totals = counts.totals()
        return Count(totals["n_reviewed"], totals["n_awaiting"] if options.silver else 0)
    gold = _count(project, replace(options, silver=False))
    both = _count(project, options) if options.silver else gold
    return Count(gold, both - gold, is_more=both > LIMIT or gold > LIMIT)


def list_domains(project: Project) -> list[str]:
    """The domains that the project's pairs name."""
    with connection.cursor() as cursor:
        cursor.execute(_DISTINCT_DOMAINS, {"project": project.pk, "limit": MAX_DOMAINS})
        return [domain for (domain,) in cursor]


def _count(project: Project, options: ExportOptions) -> int:
    return exported_pairs(project, options).order_by()[: LIMIT + 1].count()

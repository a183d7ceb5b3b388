"""The menu of a project: which pages a role finds, under which heading, and which one is open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from annotations.access import ADJUDICATE, OWN, REVIEW, VIEW
from annotations.models import Membership, Project

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as Words

Role = Membership.Role


@dataclass(frozen=True, slots=True)
class Page:
    """A page in the menu. within: other addresses that belong to it, such as one row of its list."""

    name: str
    title: Words
    roles: frozenset[Role] = VIEW
    within: frozenset[str] = frozenset()
    has_project: bool = True

    def is_open(self, name: str) -> bool:
        return name == self.name or name in self.within


@dataclass(frozen=True, slots=True)
class Link:
    title: Words
    url: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A heading with its links, or one link that stands alone."""

    title: Words
    links: list[Link]

    @property
    def is_open(self) -> bool:
        return any(link.is_open for link in self.links)

    @property
    def is_single(self) -> bool:
        return len(self.links) == 1


MENU: list[tuple[Words, list[Page]]] = [
    (_("Review"), [Page("review_next", _("Review"), REVIEW, frozenset({"pair", "history", "comments"}))]),
    (
        _("Sentences"),
        [
            Page("pairs", _("All sentences")),
            Page("imports", _("Import"), OWN, frozenset({"import"})),
            Page("exports", _("Export"), VIEW, frozenset({"export"})),
        ],
    ),
    (
        _("Projection"),
        [
            Page("runs", _("Runs"), VIEW, frozenset({"run", "comparison"})),
            Page("run_launch", _("New run"), OWN),
            Page(
                "trainings",
                _("Training"),
                OWN,
                frozenset(
                    {
                        "training",
                        "training_launch",
                        "evaluation",
                        "evaluation_launch",
                        "evaluation_sentences",
                        "gap_report",
                        "gap_report_launch",
                        "gap_report_sentences",
                    }
                ),
            ),
            Page("models", _("Models"), OWN, has_project=False),
        ],
    ),
    (
        _("Quality"),
        [
            Page("dashboard", _("Figures")),
            Page("disagreements", _("Disagreements"), VIEW, frozenset({"adjudication"})),
            Page("names", _("Same name, different decision"), VIEW, frozenset({"name"})),
            Page("rerun", _("The machine disagrees now")),
            Page("fast_lanes", _("Fast lane"), ADJUDICATE, frozenset({"fast_lane"})),
        ],
    ),
    (
        _("Questions"),
        [
            Page("flags", _("Flags")),
            Page("project_comments", _("Comments")),
            Page("guidelines", _("Guidelines")),
        ],
    ),
    (
        _("Project"),
        [
            Page("project", _("Overview")),
            Page("members", _("People")),
            Page("assignments", _("Assignments")),
            Page("invitations", _("Invitations"), OWN),
            Page("audit", _("Activity"), OWN),
            Page("settings", _("Settings"), OWN),
        ],
    ),
]


def project_menu(project: Project, open_name: str) -> list[Entry]:
    """What the signed-in user's role finds. open_name: the URL name of the page that is shown."""
    entries = []
    for title, pages in MENU:
        links = [
            Link(page.title, _address(page, project), page.is_open(open_name))
            for page in pages
            if project.role in page.roles
        ]
        if links:
            entries.append(Entry(title, links))
    return entries


def _address(page: Page, project: Project) -> str:
    return reverse(f"annotations:{page.name}", args=[project.pk] if page.has_project else [])

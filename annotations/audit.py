"""Audit entries in words, for the page and for the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.models import AuditEntry, BulkChange, Membership

Kind = AuditEntry.Kind

FIELDS: dict[str, Promise] = {
    "name": gettext_lazy("Name"),
    "description": gettext_lazy("Description"),
    "source_language": gettext_lazy("Source language"),
    "labels": gettext_lazy("Labels"),
    "overlap_percent": gettext_lazy("Share that several people review"),
    "overlap_people": gettext_lazy("People for each of those sentences"),
}


def describe_entry(entry: AuditEntry) -> str:
    """The facts of an entry in the reader's language; "" where its kind says it all."""
    describe = DESCRIPTIONS.get(entry.kind)
    return describe(entry.detail) if describe else ""


def _member(detail: Mapping[str, Any]) -> str:
    return _("%(person)s: %(role)s") % {"person": detail["person"], "role": role_name(detail["role"])}


def _role(detail: Mapping[str, Any]) -> str:
    words = {"person": detail["person"], "was": role_name(detail["was"]), "now": role_name(detail["now"])}
    return _("%(person)s: %(was)s → %(now)s") % words


def _invitation(detail: Mapping[str, Any]) -> str:
    name = role_name(detail["role"])
    return f"{name}: {detail['note']}" if detail["note"] else name


def _settings(detail: Mapping[str, Any]) -> str:
    changes = {field: detail["fields"][field] for field in FIELDS if field in detail["fields"]}
    return "; ".join(
        f"{FIELDS[field]}: {_value(change[0])} → {_value(change[1])}" if change else f"{FIELDS[field]}"
        for field, change in changes.items()
    )


def _value(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _pairs(detail: Mapping[str, Any]) -> str:
    return _("%(person)s: %(n)s sentences") % detail


def _run(detail: Mapping[str, Any]) -> str:
    return _("Run %(run)s into %(language)s, %(method)s") % detail


def _training(detail: Mapping[str, Any]) -> str:
    return _("Training %(training)s") % detail


def _gap_report(detail: Mapping[str, Any]) -> str:
    return _("Gap report %(report)s: %(name)s") % detail


def _evaluation(detail: Mapping[str, Any]) -> str:
    return _("Evaluation %(evaluation)s: %(system)s") % detail


def _import(detail: Mapping[str, Any]) -> str:
    files = ", ".join(detail["files"])
    return _("Import %(batch)s, %(n)s new sentences: %(files)s") % {**detail, "files": files}


def _discarded(detail: Mapping[str, Any]) -> str:
    return _("Import %(batch)s: %(files)s") % {**detail, "files": ", ".join(detail["files"])}


def _export(detail: Mapping[str, Any]) -> str:
    said = [_("Export %(export)s: %(format)s") % detail] if detail["export"] else [detail["format"]]
    said += [_("with suggestions")] if detail["silver"] else []
    said += [_("with the reviewers' names")] if detail["reviewers"] else []
    return ", ".join(said)


def _bulk(detail: Mapping[str, Any]) -> str:
    name = str(BulkChange.Kind(detail["bulk"]).label)
    return _("%(what)s: %(n)s sentences") % {"what": name, "n": detail["n"]}


def _comment(detail: Mapping[str, Any]) -> str:
    return _("%(person)s's on sentence %(pair)s") % detail


DESCRIPTIONS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    Kind.SETTINGS_CHANGED: _settings,
    Kind.GUIDELINES_CHANGED: lambda detail: _("Version %(number)s") % detail,
    Kind.CORRECTION_LEARNT: lambda detail: str(detail["method"]),
    Kind.MEMBER_ADDED: _member,
    Kind.MEMBER_JOINED: _member,
    Kind.MEMBER_REMOVED: _member,
    Kind.ROLE_CHANGED: _role,
    Kind.INVITATION_MADE: _invitation,
    Kind.INVITATION_REVOKED: _invitation,
    Kind.PAIRS_ASSIGNED: _pairs,
    Kind.PAIRS_UNASSIGNED: _pairs,
    Kind.RUN_LAUNCHED: _run,
    Kind.RUN_CANCELLED: _run,
    Kind.RUN_RESUMED: _run,
    Kind.RUN_DELETED: _run,
    Kind.TRAINING_LAUNCHED: _training,
    Kind.TRAINING_CANCELLED: _training,
    Kind.TRAINING_RESUMED: _training,
    Kind.GAP_REPORT_LAUNCHED: _gap_report,
    Kind.GAP_REPORT_CANCELLED: _gap_report,
    Kind.GAP_REPORT_RESUMED: _gap_report,
    Kind.EVALUATION_LAUNCHED: _evaluation,
    Kind.EVALUATION_CANCELLED: _evaluation,
    Kind.EVALUATION_RESUMED: _evaluation,
    Kind.IMPORTED: _import,
    Kind.IMPORT_DISCARDED: _discarded,
    Kind.EXPORTED: _export,
    Kind.DOWNLOADED: lambda detail: str(detail["file"]),
    Kind.BULK_DECIDED: _bulk,
    Kind.BULK_UNDONE: _bulk,
    Kind.BULK_REDONE: _bulk,
    Kind.COMMENT_REMOVED: _comment,
}


def role_name(role: str) -> str:
    return str(Membership.Role(role).label)

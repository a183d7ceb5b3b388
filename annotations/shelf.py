"""The models that a run may name: what is known of each, and whether a worker has it on its machine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from annotations.languages import get_language
from annotations.workforce import models_on_machines
from workers.known_models import KnownModel, models_for

TASK_OF = {"tagger": "tagger", "target_tagger": "tagger", "aligner": "encoder", "translator": "translator"}


@dataclass(frozen=True, slots=True)
class ShelfModel:
    """One choice. here: some worker can load it without a download. languages: of the project, with whether
    the model serves each (None: unknown)."""

    name: str
    known: KnownModel | None
    n_bytes: int | None
    labels: list[str]
    here: bool
    state: str
    languages: list[tuple[str, bool | None]]

    @property
    def size(self) -> str:
        if not self.n_bytes:
            return _("size unknown")
        return f"{self.n_bytes / 1e9:.1f} GB" if self.n_bytes >= 1e9 else f"{self.n_bytes / 1e6:.0f} MB"

    @property
    def licence(self) -> str:
        return (self.known.licence if self.known else "") or _("licence: see its card")

    @property
    def line(self) -> str:
        """Name, size, licence, the project's languages that it lacks, and where it is."""
        parts = [self.name, self.size, self.licence]
        if lacks := [name for name, served in self.languages if served is False]:
            parts.append(_("not made for %s") % ", ".join(lacks))
        return " · ".join([*parts, _("here") if self.here else _("not on a worker's machine")])


def list_models(stage: str, adapter: str, languages: Iterable[str]) -> list[ShelfModel]:
    """What an adapter can run: the known models, then those that workers found on their machines.

    stage: a key of TASK_OF. languages: of the project's text that the stage reads or writes, BCP 47.
    """
    on_disk = models_on_machines()
    known = {model.id: model for model in models_for(TASK_OF[stage], adapter)}
    tags = list(languages)
    shelf = [_known(model, on_disk.pop(model.id, None), tags) for model in known.values()]
    task = adapter if adapter == "ctranslate2" else TASK_OF[stage]
    others = (
        ShelfModel(name, None, found["n_bytes"], found["labels"], not found["problem"], _where(found), [])
        for name, found in sorted(on_disk.items())
        if found.get("task") == task and adapter != "spacy-en"
    )
    return [*shelf, *others]


def folder_refusal(name: str) -> str:
    """Why a folder may not be named as a model, or "". What does not look like a folder is no folder."""
    path = Path(name)
    if not path.is_absolute() and not name.startswith((".", "~")):
        return ""
    roots = [root.resolve() for root in settings.MODEL_FOLDERS]
    if path.is_absolute() and any(path.resolve().is_relative_to(root) for root in roots):
        return ""
    allowed = ", ".join(map(str, settings.MODEL_FOLDERS))
    return _("A folder must lie below %(folders)s (the setting %(setting)s); give its whole path.") % {
        "folders": allowed,
        "setting": "MODEL_FOLDERS",
    }


def _known(model: KnownModel, found: dict | None, tags: list[str]) -> ShelfModel:
    served = [(get_language(tag).name, model.serves(tag)) for tag in tags]
    if model.ships:
        state = _("It comes with Projector.")
    elif found:
        state = _where(found)
    elif settings.MODEL_DOWNLOADS:
        state = _("No worker has it yet; it is downloaded when the run starts.")
    else:
        state = _(
            "No worker has it, and downloads are off. Save it in a folder below %(folders)s on the worker's "
            "machine (docs/models.md says how) and name the folder, or set MODEL_DOWNLOADS=true."
        ) % {"folders": ", ".join(map(str, settings.MODEL_FOLDERS))}
    here = model.ships or bool(found and not found["problem"])
    labels = list(model.labels) or (found["labels"] if found else [])
    return ShelfModel(model.id, model, model.n_bytes, labels, here, state, served)


def _where(found: dict) -> str:
    if found["problem"]:
        return _("On %(workers)s, but %(problem)s.") % {
            "workers": ", ".join(sorted(set(found["workers"]))),
            "problem": found["problem"],
        }
    return _("On %s.") % ", ".join(sorted(set(found["workers"])))

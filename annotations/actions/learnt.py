"""Which of a project's sentences its trainings have learnt from, so that none is tested on them unnoticed."""

import json
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings

from annotations.export.options import part_of
from annotations.models import Project, TrainingRun


class LearntPair(Protocol):
    """What is asked of a pair; names as in SentencePair."""

    @property
    def pk(self) -> int: ...

    @property
    def target_language(self) -> str: ...

    @property
    def target_text(self) -> str: ...

    @property
    def split_key(self) -> str: ...


class Learnt:
    """What the files of trainings say, or else the rule by which their documents were split.

    A sentence counts by its pair and by its text, which other documents may repeat. `told`: by training,
    whether its file was there. The sentences kept apart for choosing an epoch are not learnt from.
    """

    def __init__(self, project: Project, trainings: Iterable[int]) -> None:
        self.told: list[dict[str, Any]] = []
        self._pairs: set[int] = set()
        self._texts: set[bytes] = set()
        self._splits: list[TrainingRun] = []
        for training in project.trainings.filter(pk__in=list(trainings)).order_by("pk"):
            path = Path(settings.MEDIA_ROOT, training.folder, "train.jsonl")
            if path.is_file():
                self._read(path)
            else:
                self._splits.append(training)
            self.told.append({"training": training.pk, "by_file": path.is_file()})

    def has(self, pair: LearntPair) -> bool:
        if pair.pk in self._pairs or _text_key(pair.target_text) in self._texts:
            return True
        return any(_is_in_train_part(pair, training) for training in self._splits)

    def _read(self, path: Path) -> None:
        with path.open(encoding="utf-8") as file:
            for line in file:
                row = json.loads(line)
                self._pairs.add(row["pair"])
                self._texts.add(_text_key(row["target_text"]))


def _is_in_train_part(pair: LearntPair, training: TrainingRun) -> bool:
    if training.languages and pair.target_language not in training.languages:
        return False
    split = {"train": 1 - training.dev_percent / 100, "dev": training.dev_percent / 100}
    return part_of(pair.split_key, split, seed=0) == "train"


def _text_key(text: str) -> bytes:
    return sha256(text.encode()).digest()[:12]

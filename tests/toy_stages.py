"""Stages that know a few words, for tests of what becomes of their answers. Each is a dictionary."""

from unittest.mock import patch

import numpy as np
import pytest
from django.utils import timezone

from annotations.actions.runs import launch_run
from annotations.models import Candidate
from make_runs import add_pair
from workers import tasks
from workers.align import Alignment
from workers.project import get_projector
from workers.spans import Entity
from workers.stages import Stages
from workers.translate import Translation as Translated

pytestmark = pytest.mark.django_db
SPANISH = {"lives": "vive", "in": "en", "London": "Londres", "sings": "canta", "The": "Los", "and": "y"}
ENGLISH = {other: one for one, other in SPANISH.items()}
NAMES = {"Ana": "PER", "Eva": "PER", "London": "LOC", "Londres": "LOC"}


class WordByWord:
    """Translates word by word, by a dictionary for each target language; marks go through as they are."""

    name = "word-by-word"

    def __init__(self, signature="first", **changes):
        self.signature = signature
        self.words = {"es": SPANISH | changes, "en": ENGLISH}
        self.texts = []

    def check_languages(self, source_language, target_language):
        pass

    def translate(self, texts, *, source_language, target_language):
        self.texts += texts
        words = self.words[target_language]
        made = [" ".join(words.get(word, word) for word in text.split()) for text in texts]
        return [Translated(text, score=-0.5, flags=("split",) * ("." in text)) for text in made]


class Unmarks(WordByWord):
    """Loses the marks around London."""

    def translate(self, texts, **languages):
        made = super().translate(texts, **languages)
        return [Translated(one.text.replace("[ Londres ]", "Londres")) for one in made]


class SameWord:
    """Links each source word with the first target word that means the same."""

    name = signature = "same-word"

    def align(self, pairs):
        return [self.align_pair(*pair) for pair in pairs]

    def align_pair(self, source, target):
        links = [
            (i, list(target).index(SPANISH.get(word, word)))
            for i, word in enumerate(source)
            if SPANISH.get(word, word) in target
        ] + [
            (i, list(target).index(word))
            for i, word in enumerate(source)
            if word in target and word in SPANISH
        ]
        links = sorted(set(links))
        return Alignment(np.array(links, np.int32).reshape(-1, 2), np.ones(len(links), np.float32))


class ByName:
    """Knows a few names."""

    name = signature = "by-name"

    def tag(self, sentences):
        return [
            [Entity(k, k + 1, NAMES[word], 0.75) for k, word in enumerate(words) if word in NAMES]
            for words in sentences
        ]


def run_route(project, route, *, translator=None, back_translator=None, before_saving=None, **choices):
    """Launch a run and do all of it here: run_route(project, "translate-test", translator=...)."""

    def load(config):
        made = bool(translator)
        return Stages(
            None if route == "model-transfer" else SameWord(),
            None if route == "model-transfer" else get_projector("word-to-word"),
            tagger=ByName(),
            labels=config.labels,
            route=config.route,
            translator=translator,
            markers=config.markers,
            back_translation=config.back_translation,
            back_translator=back_translator or translator if made else None,
            target_tagger=ByName() if route == "model-transfer" else None,
            source_language=config.source_language,
            target_language=config.target_language,
        )

    names = {"translator_options": {"model": "toy"}} if translator else {}
    if route == "model-transfer":
        names = {"target_tagger_options": {"model": "toy"}}
    choices = {"target_language": "es", "route": route} | names | choices
    with patch("workers.tasks.start_run.delay"):
        run = launch_run(project=project, user=project.created_by, **choices)
    quiet = patch.object(tasks.process_chunk, "delay")
    slots = patch.object(tasks, "count_worker_slots", lambda *_, **__: 1)
    with patch("workers.stages.load_stages", load), quiet, slots:
        tasks.start_run(run.pk)
        if before_saving:
            with patch("workers.store.save_chunk", before_saving):
                tasks.process_chunk(run.pk)
        else:
            while tasks.process_chunk(run.pk):
                pass
    run.refresh_from_db()
    return run


def add_source(project, text="Ana lives in London", entities=((0, 1, "PER"), (3, 4, "LOC"))):
    return add_pair(project, text, "", list(entities) if entities is not None else None)


def add_target(project, text="Ana vive en Londres"):
    return add_pair(project, "", text, None)


def spans(run, pair):
    """(start, end, label, via) of a run's choices for a pair, in the order of the target."""
    chosen = Candidate.objects.filter(run=run, pair=pair, rank=0).order_by("start")
    return list(chosen.values_list("start", "end", "label", "via"))


def fix_by_edit(pair):
    pair.target_text, pair.translation = "Ana mora en Londres", None
    pair.target_offsets = [0, 3, 4, 8, 9, 11, 12, 19]
    pair.translation_edited_at, pair.text_version = timezone.now(), 2
    pair.save()

"""Addresses that begin a run with something picked."""

from __future__ import annotations

from urllib.parse import urlencode

from django import template
from django.urls import reverse

from annotations.model_fields import NAMED
from annotations.models import TrainingRun

register = template.Library()


@register.simple_tag
def run_with_tagger(training: TrainingRun) -> str:
    """The form of a new run that lets a trained tagger read the target, in its language where it has one."""
    picked = {
        "target_tagger": "huggingface",
        "target_tagger_model": NAMED,
        "target_tagger_named": training.model_folder,
    }
    if len(training.languages) == 1:
        picked["target_language"] = training.languages[0]
    return f"{reverse('annotations:run_launch', args=[training.project_id])}?{urlencode(picked)}"

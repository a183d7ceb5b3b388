"""Models, settings and versions of a run in one line: equal lines, equal results on the same pairs."""

import hashlib
import json
import platform
from importlib.metadata import PackageNotFoundError, version

from workers.stages import RunConfig, Stages

VERSION = "0.1.0"
PACKAGES = ("numpy", "scipy", "torch", "transformers", "tokenizers", "spacy")


def run_signature(config: RunConfig, stages: Stages) -> str:
    """`key:value` parts joined by `|`, like sacreBLEU's.

    Each stage answers for its models with their revision and for its options; "as imported" stands where the
    tagger would when every source sentence came labelled. Statistics that the method learnt are a digest.
    """
    parts = {
        "projector": VERSION,
        "route": config.route,
        **_translation_parts(config, stages),
        **_projection_parts(config, stages),
        "python": platform.python_version(),
    }
    parts |= {name: found for name in PACKAGES if (found := installed_version(name))}
    return "|".join(f"{key}:{one_line(value)}" for key, value in parts.items())


def _translation_parts(config: RunConfig, stages: Stages) -> dict[str, str]:
    if stages.translator is None:
        return {}
    parts = {"translator": stages.translator.signature, "markers": config.markers}
    if stages.back_translator is not None:
        parts["back"] = f"{config.back_translation} {stages.back_translator.signature}"
    return parts


def _projection_parts(config: RunConfig, stages: Stages) -> dict[str, str]:
    tagged = stages.tagger or stages.target_tagger
    labels = {"labels": ",".join(sorted(config.labels)) if tagged and config.labels else "all"}
    target = {"target tagger": stages.target_tagger.signature} if stages.target_tagger else {}
    if stages.aligner is None or stages.projector is None:
        return labels | target
    return {
        "tagger": stages.tagger.signature if stages.tagger else "as imported",
        **labels,
        **target,
        "aligner": stages.aligner.signature,
        "method": stages.projector.signature,
        "statistics": digest(config.statistics) if config.statistics else "none",
    }


def digest(value: object) -> str:
    """First 12 hexadecimal digits of the SHA-256 of a JSON value, whatever the order of its keys."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, default=dict)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def installed_version(package: str) -> str:
    """The version of an installed package, "" when it is not there."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def one_line(value: str) -> str:
    return " ".join(value.replace("|", "/").split())

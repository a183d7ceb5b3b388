"""What a worker process is and holds, as plain values for a report: memory, GPUs, models, models on disk."""

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from workers import model_cache

MIB = 1 << 20
GPU_FIELDS = "name,memory.total,memory.used"
MAX_FOLDERS = 200  # that are looked at below each root
TRANSLATOR_TYPES = ("m2m_100", "nllb-moe", "marian")


def resident_bytes() -> int:
    """Memory of this process; its peak where the system does not tell what it is now."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024


def find_gpus() -> list[dict[str, Any]]:
    """name, total_bytes and used_bytes of each NVIDIA GPU of this machine, by its driver's own tool."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    command = [program, f"--query-gpu={GPU_FIELDS}", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return [gpu for line in answer.stdout.splitlines() if (gpu := read_gpu(line))]


def read_gpu(line: str) -> dict[str, Any] | None:
    """One GPU of the tool's answer, "NVIDIA A100-SXM4-80GB, 81920, 1034"; None for a line that is not one."""
    name, _, numbers = line.partition(",")
    total, _, used = (part.strip() for part in numbers.partition(","))
    if not total.isdecimal() or not used.isdecimal():
        return None
    return {"name": name.strip(), "total_bytes": int(total) * MIB, "used_bytes": int(used) * MIB}


def describe_loaded() -> list[dict[str, Any]]:
    """The models of this process, in the order of loading."""
    return [
        {
            "kind": model.kind,
            "name": model.name,
            "device": model.device,
            "dtype": model.dtype,
            "n_bytes": model.n_bytes,
            "load_s": round(model.load_s, 1),
            "loaded_at": model.loaded_at,
        }
        for model in model_cache.loaded_models()
    ]


def find_on_disk(folders: Iterable[Path]) -> list[dict[str, Any]]:
    """The models that this machine can load without a download: of the hub's cache, and below `folders`.

    name: Hugging Face id or folder. n_bytes: of its weights. task: "tagger", "translator", "encoder", or
    "ctranslate2" for a converted translator. labels: a tagger's, prefixes left off, else [].
    problem: why it cannot be loaded all the same, or "".
    """
    found = [describe_folder(name, path) for name, path in _cached()]
    for root in folders:
        candidates = sorted(path.parent for path in root.glob("*/config.json"))
        candidates += sorted(path.parent for path in root.glob("*/*/config.json"))
        found += [describe_folder(str(path), path) for path in candidates[:MAX_FOLDERS]]
    return found


def describe_folder(name: str, folder: Path) -> dict[str, Any]:
    config = read_config(folder)
    weights = [path for path in folder.iterdir() if path.suffix == ".safetensors"]
    task = find_task(config)
    converted = folder / "model.bin"
    if converted.exists() and any(folder.glob("*_vocabulary.*")):
        weights, task = [converted], "ctranslate2"
    problem = "" if weights else "it has no safetensors; docs/models.md says how to save it with them"
    return {
        "name": name,
        "n_bytes": sum(path.stat().st_size for path in weights),
        "task": task,
        "labels": read_labels(config) if task == "tagger" else [],
        "problem": problem,
    }


def read_config(folder: Path) -> dict[str, Any]:
    """A model's config.json; {} where there is none that can be read."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return config if isinstance(config, dict) else {}


def find_task(config: Mapping[str, Any]) -> str:
    """What a transformers model is for, by its architecture."""
    architectures = " ".join(map(str, config.get("architectures") or ()))
    if "TokenClassification" in architectures:
        return "tagger"
    return "translator" if config.get("model_type") in TRANSLATOR_TYPES else "encoder"


def read_labels(config: Mapping[str, Any]) -> list[str]:
    """The entity labels of a token classifier, prefixes left off."""
    names = config.get("id2label")
    values = map(str, names.values()) if isinstance(names, dict) else ()
    return sorted({name.partition("-")[2] or name for name in values} - {"O"})


def _cached() -> list[tuple[str, Path]]:
    """Hugging Face id and folder of the newest revision of each model in the hub's cache."""
    from huggingface_hub import CacheNotFound, scan_cache_dir

    try:
        repositories = scan_cache_dir().repos
    except (CacheNotFound, OSError, ValueError):
        return []
    newest = [
        (repository.repo_id, max(repository.revisions, key=lambda revision: revision.last_modified))
        for repository in repositories
        if repository.repo_type == "model" and repository.revisions
    ]
    paths = sorted((name, revision.snapshot_path) for name, revision in newest)
    return [(name, path) for name, path in paths if (path / "config.json").exists()]

"""What a worker process is and holds, as plain values for a report: memory, GPUs, models, models on disk."""

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from workers import model_cache

MIB = 1 << 20
GPU_FIELDS = "name,memory.total,memory.used"
MAX_FOLDERS = 200  # that are looked at below each root
CTRANSLATE2_FILES = ("model.bin", "shared_vocabulary.json")  # of a converted translator


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

    name: Hugging Face id or folder. n_bytes: of its weights. labels: a tagger's, prefixes left off, else [].
    problem: why it cannot be loaded all the same, or "".
    """
    found = [describe_folder(name, path) for name, path in _cached()]
    for root in folders:
        candidates = sorted(path.parent for path in root.glob("*/config.json"))
        candidates += sorted(path.parent for path in root.glob("*/*/config.json"))
        found += [describe_folder(str(path), path) for path in candidates[:MAX_FOLDERS]]
    return found


def describe_folder(name: str, folder: Path) -> dict[str, Any]:
    weights = [path for path in folder.iterdir() if path.suffix == ".safetensors"]
    if (folder / CTRANSLATE2_FILES[1]).exists() and (folder / CTRANSLATE2_FILES[0]).exists():
        weights.append(folder / CTRANSLATE2_FILES[0])
    problem = "" if weights else "it has no safetensors; docs/models.md says how to save it with them"
    return {
        "name": name,
        "n_bytes": sum(path.stat().st_size for path in weights),
        "labels": read_labels(folder),
        "problem": problem,
    }


def read_labels(folder: Path) -> list[str]:
    """The entity labels of a token classifier, prefixes left off; [] for other models."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        names = list(config["id2label"].values())
        is_tagger = any("TokenClassification" in name for name in config["architectures"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []
    labels = {name.partition("-")[2] or name for name in map(str, names)}
    return sorted(labels - {"O"}) if is_tagger else []


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

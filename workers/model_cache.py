"""Models of this process: loaded once, with where they run and what they hold in memory.

Weights are read from safetensors files only and no code that comes with a model is ever run. Nothing
is downloaded unless `configure(downloads=True)` allows it.
"""

import hashlib
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

DTYPES = ("auto", "float32", "bfloat16", "float16")


class ModelUnavailable(RuntimeError):
    """A model cannot be loaded; the message says which and what would help."""


@dataclass(frozen=True, slots=True)
class ModelPolicy:
    """Where and how this process runs models.

    device: "auto" (a GPU when there is one), "cpu", "cuda", "cuda:1", "mps".
    dtype: one of DTYPES; "auto" is bfloat16 on a GPU that has it, float16 on an older one, float32 on a CPU.
    threads: CPU threads of one forward pass; None leaves torch's own choice.
    downloads: whether models that are not on this machine may be fetched from the hub.
    folders: where folders that are named as models must lie; None allows any folder.
    """

    device: str = "auto"
    dtype: str = "auto"
    threads: int | None = None
    downloads: bool = False
    folders: tuple[Path, ...] | None = None


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """One model in memory. n_bytes counts its parameters and buffers; loaded_at: seconds since 1970."""

    kind: str
    name: str
    device: str
    dtype: str
    n_bytes: int
    load_s: float
    loaded_at: float


_policy = ModelPolicy()
_models: dict[Hashable, tuple[Any, LoadedModel]] = {}
_lock = threading.RLock()


def configure(**changes: Any) -> ModelPolicy:
    """Change the policy of this process for models loaded from now on. Raises ValueError on a bad value."""
    global _policy
    policy = replace(_policy, **changes)
    if policy.dtype not in DTYPES:
        raise ValueError(f"unknown dtype {policy.dtype!r}; known: {', '.join(DTYPES)}")
    if policy.threads is not None and policy.threads < 1:
        raise ValueError(f"threads must be at least 1, not {policy.threads}")
    _policy = policy
    return policy


def policy() -> ModelPolicy:
    return _policy


def load_once(kind: str, name: str, key: Hashable, load: Callable[[], Any]) -> Any:
    """What `load()` gives for (kind, key), loaded at most once per process, also by several threads."""
    with _lock:
        if (kind, key) not in _models:
            started = time.monotonic()
            model = load()
            report = _describe(kind, name, model, time.monotonic() - started)
            _models[kind, key] = (model, report)
        return _models[kind, key][0]


def loaded_models() -> list[LoadedModel]:
    """What this process holds, in the order of loading."""
    with _lock:
        return [report for _, report in _models.values()]


def forget(name: str) -> None:
    """Drop what this process holds of one model, so that its memory is free again."""
    with _lock:
        for key in [key for key, (_, report) in _models.items() if report.name == name]:
            del _models[key]


def forget_models() -> None:
    """Drop every model of this process, so that the next use loads again."""
    with _lock:
        _models.clear()


def torch_device(name: str = "auto") -> Any:
    """The torch device called `name`. Raises ModelUnavailable for a GPU that is not there."""
    import torch

    if name == "auto":
        name = _policy.device
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise ModelUnavailable(f"device {name!r} was asked for, but torch sees no GPU here")
    return torch.device(name)


def torch_dtype(name: str, device: Any) -> Any:
    """The torch dtype called `name` ("auto": reduced precision on a GPU, float32 on a CPU)."""
    import torch

    if name == "auto":
        name = _policy.dtype
    if name == "auto":
        if device.type == "cuda":
            return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
        return torch.float32
    if name not in DTYPES:
        raise ValueError(f"unknown dtype {name!r}; known: {', '.join(DTYPES)}")
    return getattr(torch, name)


def apply_threads() -> None:
    """Let torch use as many CPU threads as the policy says."""
    import torch

    if _policy.threads is not None and torch.get_num_threads() != _policy.threads:
        torch.set_num_threads(_policy.threads)


def load_pretrained(auto_class: Any, name: str, **options: Any) -> Any:
    """`auto_class.from_pretrained(name)` under this project's rules: safetensors, no remote code, no hub.

    Raises ModelUnavailable with the reason and what to do.
    """
    from transformers.utils.logging import disable_progress_bar

    check_folder(name)
    disable_progress_bar()  # of weights: it belongs neither in a worker's log nor in a command's output
    try:
        return auto_class.from_pretrained(
            name,
            local_files_only=not _policy.downloads,
            trust_remote_code=False,
            use_safetensors=True,
            **options,
        )
    except (OSError, ValueError, KeyError, ImportError, RuntimeError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        hint = ""
        if not Path(name).is_dir() and not _policy.downloads:
            hint = " Downloads are off: give the folder of a model on this machine, or allow downloads."
        raise ModelUnavailable(f"cannot load model {name!r}: {reason}{hint}") from error


def check_folder(name: str) -> None:
    """Raise ModelUnavailable for a folder, or what looks like one, that this process may not load from."""
    if _policy.folders is None or not (Path(name).is_absolute() or Path(name).is_dir()):
        return
    folder = Path(name).resolve()
    if not any(folder.is_relative_to(root.resolve()) for root in _policy.folders):
        allowed = ", ".join(map(str, _policy.folders)) or "none"
        raise ModelUnavailable(f"folder {name!r} is not where models may lie (MODEL_FOLDERS: {allowed})")


def model_revision(name: str, config: Any) -> str:
    """What pins the weights of a model: the hub's commit, or a digest of a local folder's files.

    The digest takes every safetensors and JSON file's name, size, first and last megabyte.
    """
    if commit := getattr(config, "_commit_hash", None):
        return str(commit)[:12]
    folder = Path(name)
    if not folder.is_dir():
        return "unknown"
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.suffix in (".safetensors", ".json", ".model", ".spm", ".txt"):
            with path.open("rb") as file:
                digest.update(f"{path.name} {path.stat().st_size}\n".encode())
                digest.update(file.read(1 << 20))
                file.seek(max(0, path.stat().st_size - (1 << 20)))
                digest.update(file.read())
    return digest.hexdigest()[:12]


def _describe(kind: str, name: str, model: Any, load_s: float) -> LoadedModel:
    module = getattr(model, "model", model)
    tensors = []
    if hasattr(module, "parameters") and hasattr(module, "buffers"):
        tensors = [*module.parameters(), *module.buffers()]
    floats = [tensor for tensor in tensors if tensor.is_floating_point()]
    return LoadedModel(
        kind=kind,
        name=name,
        device=str(floats[0].device) if floats else "cpu",
        dtype=str(floats[0].dtype).removeprefix("torch.") if floats else "",
        n_bytes=sum(tensor.numel() * tensor.element_size() for tensor in tensors),
        load_s=load_s,
        loaded_at=time.time(),
    )

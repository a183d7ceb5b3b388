"""What a registry offers, in words, without importing what it names: that could load torch."""

import ast
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path


def describe_names(registry: Mapping[str, str], default: str) -> dict[str, str]:
    """Name to the first line of its class's docstring, the default first, the others in registry order."""
    names = sorted(registry, key=lambda name: name != default)
    return {name: first_line(registry[name]) for name in names}


@cache
def first_line(dotted_path: str) -> str:
    """The first docstring line of the class at "package.module.Class", read from its source."""
    module, _, name = dotted_path.rpartition(".")
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise ValueError(f"no module {module!r}, which the registry names")
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return (ast.get_docstring(node) or "").partition("\n")[0]
    raise ValueError(f"no class {name!r} in {module!r}, which the registry names")

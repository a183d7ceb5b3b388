"""Who may import whom, what must never be loaded where, and how long a file may be."""

import ast
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# What of workers the web side may use: values, scores, and the tasks themselves.
WORKERS_FOR_ANNOTATIONS = {
    "workers.spans",
    "workers.iob2",
    "workers.evaluate",
    "workers.known_models",
    "workers.agreement",
    "workers.choices",
    "workers.tasks",
    "workers.tokens",
}
# Projects an entity again when its links change: arrays only, imported when it is first needed.
ENGINE_FOR = {"annotations.reprojection": "workers.project"}
MODEL_PACKAGES = {"torch", "transformers", "simalign", "spacy"}
# Layers of annotations. Modules that are in none hold values, which every layer may use.
BOTTOM = {"models", "querysets"}
MIDDLE = {"actions", "access", "forms", "export", "imports"}
TOP = {"views", "admin", "management", "urls", "templatetags"}

# Lines of a file. What is longer holds two things, and each is looked for under its own name.
MOST_LINES = {"product": 250, "tests": 300}
PRODUCT = ("projector_site", "annotations", "workers", "templates", "static")
WRITTEN = {".py", ".html", ".css", ".js"}
NOT_WRITTEN_HERE = {"migrations", "vendor"}


def worker_may_not_import(module: str, name: str) -> bool:
    if is_within(module, {"workers.store"}):
        return is_within(name, {"annotations", "projector_site"}) and not (
            name == "annotations" or is_within(name, {"annotations.models"})
        )
    if is_within(module, {"workers.tasks"}):
        return is_within(name, {"annotations", "projector_site"})
    return is_within(name, {"django", "annotations", "projector_site", "workers.store", "workers.tasks"})


def annotations_may_not_import(module: str, name: str) -> bool:
    if is_within(name, {"workers"}):
        if is_within(module, {"annotations.management"}):  # commands are processes of their own
            return is_within(name, {"workers.store"})
        allowed = WORKERS_FOR_ANNOTATIONS | {ENGINE_FOR.get(module, "workers.spans")}
        return name != "workers" and not is_within(name, allowed)
    if is_within(name, MODEL_PACKAGES):
        return True
    if is_within(module, within_annotations(BOTTOM)):
        return is_within(name, within_annotations(MIDDLE | TOP))
    return not is_within(module, within_annotations(TOP)) and is_within(name, within_annotations(TOP))


def within_annotations(names: set[str]) -> set[str]:
    return {f"annotations.{name}" for name in names}


def is_within(module: str, packages: set[str]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def modules_of(package: str) -> dict[str, Path]:
    files = [path for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts]
    assert files
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files]
    return {name.removesuffix(".__init__"): path for name, path in zip(names, files, strict=True)}


def imports_of(path: Path) -> set[str]:
    """Every module that the file names in an import, inside functions too; `from a import b`: a and a.b."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(), filename=str(path))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {f"{node.module}", *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


@pytest.mark.parametrize(
    ("package", "may_not_import"),
    [("workers", worker_may_not_import), ("annotations", annotations_may_not_import)],
)
def test_imports_go_one_way(package: str, may_not_import: Callable[[str, str], bool]) -> None:
    offences = [
        f"{module} imports {name}"
        for module, path in modules_of(package).items()
        for name in sorted(imports_of(path))
        if may_not_import(module, name)
    ]
    assert offences == []


@pytest.mark.parametrize(
    ("rule", "module", "name", "forbidden"),
    [
        (worker_may_not_import, "workers.encode", "django.db", True),
        (worker_may_not_import, "workers.pipeline", "workers.store", True),
        (worker_may_not_import, "workers.encode", "workers.spans", False),
        (worker_may_not_import, "workers.store.runs", "annotations.models.ProjectionRun", False),
        (worker_may_not_import, "workers.store.runs", "annotations.actions", True),
        (worker_may_not_import, "workers.tasks", "workers.store", False),
        (worker_may_not_import, "workers.tasks.training", "annotations.models", True),
        (annotations_may_not_import, "annotations.forms", "torch.nn", True),
        (annotations_may_not_import, "annotations.forms", "workers.align", True),
        (annotations_may_not_import, "annotations.forms", "workers.spans.Span", False),
        (annotations_may_not_import, "annotations.forms", "workers.project", True),
        (annotations_may_not_import, "annotations.reprojection", "workers.project.Projector", False),
        (annotations_may_not_import, "annotations.reprojection", "workers.align", True),
        (annotations_may_not_import, "annotations.models.runs", "annotations.actions.runs", True),
        (annotations_may_not_import, "annotations.actions.runs", "annotations.views.runs", True),
        (annotations_may_not_import, "annotations.languages", "annotations.admin", True),
        (annotations_may_not_import, "annotations.views.runs", "annotations.actions.runs", False),
    ],
)
def test_the_rules_can_fail(
    rule: Callable[[str, str], bool], module: str, name: str, forbidden: bool
) -> None:
    assert rule(module, name) is forbidden


def loaded_after(code: str) -> set[str]:
    """Top-level packages that a fresh interpreter has loaded after running `code`."""
    program = f"{code}\nimport sys; print(' '.join({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_the_web_process_loads_no_models() -> None:
    names = sorted(modules_of("annotations"))
    loaded = loaded_after(
        "import importlib, projector_site.wsgi, django.urls\ndjango.urls.get_resolver().url_patterns\n"
        f"for name in {names}: importlib.import_module(name)"
    )
    assert "annotations" in loaded
    heavy = MODEL_PACKAGES | {"sklearn", "scipy", "matplotlib"}
    assert loaded & heavy == set()


def test_projecting_again_loads_no_model() -> None:
    """What the web process loads when a reviewer draws a link. scipy comes only where entities clash."""
    loaded = loaded_after(
        "import projector_site.wsgi, numpy as np\n"
        "from workers.project import METHODS, ProjectionInput, get_projector\n"
        "from workers.spans import Entity\n"
        "links, scores = np.array([[0, 0]], dtype=np.int32), np.ones(1, dtype=np.float32)\n"
        "pair = ProjectionInput(['Ana'], ['Ana'], [Entity(0, 1, 'PER')], links, scores)\n"
        "for name in set(METHODS) - {'ner-candidates'}: get_projector(name).project([pair])"
    )
    assert "workers" in loaded
    assert loaded & (MODEL_PACKAGES | {"sklearn", "matplotlib"}) == set()


def test_the_pipeline_loads_no_django() -> None:
    names = sorted(
        name for name in modules_of("workers") if not is_within(name, {"workers.store", "workers.tasks"})
    )
    loaded = loaded_after(f"import importlib\nfor name in {names}: importlib.import_module(name)")
    assert "workers" in loaded
    assert loaded & {"django", "annotations", "psycopg"} == set()


@pytest.mark.parametrize(("part", "folders"), [("product", PRODUCT), ("tests", ("tests",))])
def test_a_file_holds_one_thing(part: str, folders: tuple[str, ...]) -> None:
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in WRITTEN]
    lines = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for path in files
        if not NOT_WRITTEN_HERE & set(path.relative_to(ROOT).parts)
    }
    assert len(lines) > 100
    assert {path: n for path, n in lines.items() if n > MOST_LINES[part]} == {}

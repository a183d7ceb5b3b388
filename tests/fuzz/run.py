"""The long run of the fuzzing: `python tests/fuzz/run.py --inputs 100000`.

Readers are fuzzed by Atheris, which keeps what reaches new code and builds on it; a sixth of the inputs goes
to the pages, as requests of a signed-in owner. Each target is a process of its own. What was found lies in
`--findings` afterwards, and the exit status is 1. Needs tests/fuzz/requirements.txt, and for the pages a
DATABASE_URL or the time to start a throw-away server.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
TARGETS_OF_PAGES = "pages"
SLOW_S = 1


def main() -> int:
    options = read_options()
    if options.target:
        return fuzz(options.target, options.inputs, options.seed, options.findings)
    names = options.only or [*target_names(), TARGETS_OF_PAGES]
    readers = [name for name in names if name != TARGETS_OF_PAGES]
    n_pages = options.inputs // 6 if readers else options.inputs
    n_each = (options.inputs - n_pages * (len(readers) < len(names))) // max(1, len(readers))
    options.findings.mkdir(parents=True, exist_ok=True)
    total = n_failed = 0
    for name in names:
        started = time.monotonic()
        if name == TARGETS_OF_PAGES:
            n, is_clean = fuzz_pages(n_pages, options.seed)
        else:
            n, is_clean = fuzz_apart(name, n_each, options)
        total, n_failed = total + n, n_failed + (not is_clean)
        took = time.monotonic() - started
        say(f"{name}: {n} inputs, {'nothing found' if is_clean else 'FOUND'}, {took:.0f} s")
    say(f"{total} inputs, {n_failed} targets with findings")
    return int(n_failed > 0)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", help="these targets only, or `pages`")
    parser.add_argument("--findings", type=Path, default=Path(tempfile.gettempdir(), "projector-findings"))
    parser.add_argument("--target", help=argparse.SUPPRESS)
    return parser.parse_args()


def target_names() -> list[str]:
    text = Path(__file__).with_name("targets.py").read_text(encoding="utf-8")
    return re.findall(r"^        (\w+),$", text.partition("TARGETS:")[2], re.MULTILINE)


def fuzz_apart(name: str, n: int, options: argparse.Namespace) -> tuple[int, bool]:
    """Fuzz one target in a process of its own. Returns how many inputs it ran, and whether all was well."""
    command = [sys.executable, __file__, "--target", name, "--inputs", str(n)]
    command += ["--seed", str(options.seed), "--findings", str(options.findings)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        say(done.stdout[-3000:] + done.stderr[-6000:])
    ran = re.findall(r"^#(\d+)\s", done.stderr, re.MULTILINE)
    return max(map(int, ran), default=0), done.returncode == 0


def fuzz(name: str, n: int, seed: int, findings: Path) -> int:
    """Run one target under Atheris; does not return where something is found."""
    import atheris

    os.environ["DJANGO_SETTINGS_MODULE"] = "suite_settings"
    import django

    django.setup()
    with atheris.instrument_imports(include=["annotations.imports", "annotations.export", "workers", "json"]):
        from fuzz.inputs import GOOD, make_inputs
        from fuzz.targets import TARGETS

    def one(content: bytes) -> None:
        started = time.process_time()
        TARGETS[name](content)
        assert time.process_time() - started < SLOW_S, "slow"

    with tempfile.TemporaryDirectory() as corpus:
        for number, content in enumerate([*GOOD, *make_inputs(f"{name} {seed}", min(n // 4, 2_000))]):
            Path(corpus, str(number)).write_bytes(content)
        arguments = [f"-runs={n}", f"-seed={seed}", "-max_len=8192", "-timeout=20", "-rss_limit_mb=4096"]
        atheris.Setup([sys.argv[0], *arguments, f"-artifact_prefix={findings / name}-", corpus], one)
        atheris.Fuzz()
    return 0


def fuzz_pages(n: int, seed: int) -> tuple[int, bool]:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-c",
        "tests/pytest.ini",
        "tests/annotations/test_requests.py",
    ]
    environment = os.environ | {"FUZZ_REQUESTS": str(n), "FUZZ_SEED": str(seed)}
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment)
    if done.returncode:
        say(done.stdout[-8000:])
    return n, done.returncode == 0


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

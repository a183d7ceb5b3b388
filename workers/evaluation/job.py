"""One evaluation of a project from its files to its report; what is done already is not done again.

The folder holds gold.jsonl, and train.jsonl where it is known what the tagger learnt from. A system answers
in blocks, each a file that appears whole, so that work that was lost goes on after the last block.
"""

import json
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from workers.breakdown import count_names
from workers.conll import replace_file, write_conll
from workers.evaluation.data import TestSet, read_same_tokens, read_test_set, write_found
from workers.evaluation.report import ReportSettings, build_report, faulty_rows
from workers.evaluation.systems import load_system
from workers.iob2 import tags_to_entities
from workers.signature import VERSION, digest
from workers.tag import Tagger
from workers.training.data import read_lines_to_learn

GOLD, TRAIN = "gold.jsonl", "train.jsonl"
REPORT, SENTENCES = "report.json", "sentences.jsonl"
SIDES = ("predicted", "baseline")
BLOCK = 200  # sentences
_SPACE = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class System:
    """A tagger by its name in the registry, with its options.

    tagger: "" where the answers are in the folder already, as those of a run are; signature: then theirs.
    """

    tagger: str
    options: Mapping[str, Any] = field(default_factory=dict)
    signature: str = ""


def run_evaluation(
    folder: Path,
    systems: Sequence[System],
    settings: ReportSettings,
    *,
    on_stage: Callable[[str], None] = lambda stage: None,
    on_step: Callable[[int], None] = lambda n_sentences: None,
) -> dict[str, Any]:
    """The report, which is kept in the folder with the answers and the sentences that went wrong.

    systems: the one that is evaluated, and its baseline if there is one. on_step: with the sentences done,
    over both; what it raises ends the work. Raises ValueError or OSError with the reason.
    """
    test = read_test_set(folder / GOLD)
    answers: list[list[list[str]]] = []
    signatures = []
    for side, system in zip(SIDES, systems, strict=False):
        on_stage("tagging" if side == SIDES[0] else "tagging with the baseline")
        before = len(answers) * len(test.tokens)
        tags, signature = _answers(folder, side, system, test, partial(_add, on_step, before))
        answers.append(tags)
        signatures.append(signature)
    on_stage("scoring")
    seen = None
    if (folder / TRAIN).is_file():
        lines = read_lines_to_learn(folder / TRAIN)
        seen = count_names((sentence.tokens, sentence.entities) for sentence in lines)
    baseline = answers[1] if len(answers) > 1 else None
    report = build_report(test, answers[0], baseline, seen=seen, settings=settings)
    report["systems"] = signatures
    report["signature"] = digest([VERSION, signatures, answers, test.tokens, test.gold, settings.ignore])
    with replace_file(folder / SENTENCES) as output:
        rows = faulty_rows(test, answers[0], baseline, settings)
        output.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    with replace_file(folder / REPORT) as output:
        output.write(json.dumps(report, ensure_ascii=False, indent=1) + "\n")
    return report


def _answers(
    folder: Path, side: str, system: System, test: TestSet, on_step: Callable[[int], None]
) -> tuple[list[list[str]], str]:
    """Tags in IOB2 of every sentence, and the signature of whoever gave them."""
    path, signature = folder / f"{side}.jsonl", system.signature
    if system.tagger:
        tagger = load_system(system.tagger, dict(system.options))
        signature = tagger.signature
        if not path.is_file():
            _tag_in_blocks(path, tagger, test, on_step)
    on_step(len(test.tokens))
    tags = read_same_tokens(path, folder / GOLD, test.tokens)
    with replace_file(path.with_suffix(".conll")) as output:
        words = [[_writable(token) for token in one] for one in test.tokens]
        write_conll(output, zip(words, map(tags_to_entities, tags), strict=True))
    return tags, signature


def _writable(token: str) -> str:
    """The token as CoNLL can hold it: without white space, and not taken for the beginning of a document."""
    return f"_{token}" if token.startswith(("-DOCSTART-", "#")) else _SPACE.sub("_", token)


def _add(on_step: Callable[[int], None], before: int, n_sentences: int) -> None:
    on_step(before + n_sentences)


def _tag_in_blocks(path: Path, tagger: Tagger, test: TestSet, on_step: Callable[[int], None]) -> None:
    parts = path.with_suffix(".parts")
    parts.mkdir(exist_ok=True)
    blocks = []
    for start in range(0, len(test.tokens), BLOCK):
        on_step(start)
        tokens = test.tokens[start : start + BLOCK]
        blocks.append(parts / f"{start:09d}.jsonl")
        if not blocks[-1].is_file():
            found = tagger.tag(tokens)
            with replace_file(blocks[-1]) as output:
                write_found(output, tokens, found)
    with replace_file(path) as output:
        output.writelines(block.read_text(encoding="utf-8") for block in blocks)
    shutil.rmtree(parts, ignore_errors=True)

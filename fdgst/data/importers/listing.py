"""The files of a raw set: listed once, matched by what their paths look like, whatever their capitals.

Archives nest, tops of folders carry dates, mirrors change capitals. A pattern therefore looks at the end of a path,
in small letters, with `/` between folders; it never names the top. What file managers leave behind is no file of a
set. Nothing outside of the folder is read: a symbolic link that leads out of it is left out, and said.
"""

import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from fdgst.errors import DataError

PICTURE = r"\.(?:png|jpe?g|tiff?|bmp)"
"""The end of a picture's name, as a pattern."""
_JUNK = re.compile(r"^(?:\..*|__macosx|thumbs\.db|desktop\.ini|.*\.db|.*:zone\.identifier)$", re.IGNORECASE)
_SPLIT = re.compile(r"(?<![a-z])(train|test)")


@dataclass(frozen=True)
class Hit:
    """A file whose path fits a pattern.

    Attributes
    ----------
    path : Path
    groups : dict of str to str
        The pattern's named groups, in small letters; empty where a group took no part.
    """

    path: Path
    groups: Mapping[str, str]


class Listing:
    """All files of a folder, in the order of their paths.

    Parameters
    ----------
    folder : Path

    Attributes
    ----------
    folder : Path
        Without symbolic links.
    files : list of Path
    left_out : list of tuple of str
        What cannot be taken: a path as it can be printed, and why.

    Raises
    ------
    DataError
        If there is no such folder.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise DataError(f"{folder}: expected the folder of a raw set, found none; unpack its archives there")
        self.folder = folder.resolve()
        self.files: list[Path] = []
        self.left_out: list[tuple[str, str]] = []
        for top, folders, names in os.walk(self.folder):
            for name in [name for name in folders if (Path(top) / name).is_symlink()]:
                self.left_out.append(
                    (printable(Path(top) / name), "a symbolic link to a folder, which is not followed")
                )
            folders[:] = sorted(name for name in folders if not _JUNK.match(name))
            self.files += [Path(top) / name for name in sorted(names) if not _JUNK.match(name)]
        self.files = [path for path in self.files if self._taken(path)]
        self._texts = [self._text(path) for path in self.files]

    def hits(self, pattern: str) -> list[Hit]:
        """Return the files whose path below the folder, in small letters, has the pattern at its end."""
        compiled = re.compile(f"(?:^|/){pattern}$")
        found = ((path, compiled.search(text)) for path, text in zip(self.files, self._texts, strict=True))
        return [Hit(path, match.groupdict(default="")) for path, match in found if match]

    def relative(self, path: Path) -> str:
        """Return a path as seen from the folder, in small letters."""
        return self._text(path)

    def split(self, path: Path) -> str:
        """Return train or test, by the last of a file's folders whose name has a word that begins so; else nothing."""
        found = _SPLIT.findall(self._text(path).rpartition("/")[0])
        return found[-1] if found else ""

    def _text(self, path: Path) -> str:
        """Return what patterns look at."""
        return unquote(path.relative_to(self.folder).as_posix()).lower()  # some mirrors write %20 for a blank

    def _taken(self, path: Path) -> bool:
        """Tell whether a file can be a cell of a table and lies in the folder; take note if not."""
        if path.is_symlink() and not path.resolve().is_relative_to(self.folder):
            self.left_out.append((printable(path), "a symbolic link that leads out of the folder"))
            return False
        text = path.relative_to(self.folder).as_posix()
        if not text.isprintable() or text != text.strip():
            self.left_out.append((printable(path), "a name that no table can hold (control characters, outer blanks)"))
            return False
        return path.is_file()


def index(hits: Iterable[Hit], key: Callable[[Hit], tuple[str, ...]]) -> dict[tuple[str, ...], Path]:
    """Return files by their keys.

    Parameters
    ----------
    hits : iterable of Hit
    key : callable
        Returns what a file is matched by.

    Raises
    ------
    DataError
        With a line for each key of several files that are not the same; of the same ones the first is taken.
    """
    places = defaultdict(list)
    for hit in hits:
        places[key(hit)].append(hit.path)
    faults = [
        f"{paths[1]}: expected one file for {' '.join(filter(None, found))}, found {paths[0]}, too; keep one of them"
        for found, paths in places.items()
        if len(paths) > 1 and len({path.read_bytes() for path in paths}) > 1
    ]
    if faults:
        raise DataError(*faults)
    return {found: paths[0] for found, paths in places.items()}


def printable(path: Path) -> str:
    """Write a path on one line, whatever its name."""
    text = str(path)
    return text if text.isprintable() else ascii(text)[1:-1]

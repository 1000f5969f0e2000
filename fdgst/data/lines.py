"""The rows of a table of images, read once however many domains ask for them."""

import csv
import os
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from fdgst.data.names import look_alike, looked_for

LONGEST_HEADER = 100_000  # characters that are looked at for the separator


@dataclass(frozen=True)
class Line:
    """One row of a table.

    Attributes
    ----------
    number : int
        Line of the file, from 1: the header's.
    cells : dict of str to str
        By column, without surrounding blanks; empty where the row is too short.
    """

    number: int
    cells: dict[str, str]


@dataclass(frozen=True)
class Content:
    """What a table holds.

    Attributes
    ----------
    path : Path
    header : list of str
        Columns.
    lines : list of Line
        Rows that are not empty.
    broken : str
        Why there are none, one line; empty if they could be read.
    """

    path: Path
    header: list[str]
    lines: list[Line]
    broken: str = ""

    @cached_property
    def domains(self) -> dict[str, list[Line]]:
        """The rows of each domain, as the column ``domain`` names it."""
        found = defaultdict(list)
        for line in self.lines:
            found[line.cells.get("domain", "")].append(line)
        return dict(found)

    @cached_property
    def twice(self) -> list[list[Line]]:
        """The rows that name one image file, where there are several; paths are compared as text."""
        places = defaultdict(list)
        for line in self.lines:
            if line.cells.get("image"):
                places[os.path.normpath(self.path.parent / line.cells["image"])].append(line)
        return [found for found in places.values() if len(found) > 1]


def read_lines(path: Path) -> Content:
    """Read a table: CSV in UTF-8, with or without a byte order mark. Never fails, see `Content.broken`."""
    try:
        found = path.stat()
    except OSError:
        return _read(path, 0, 0)
    return _read(path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=8)
def _read(path: Path, changed_ns: int, size_bytes: int) -> Content:
    """Read a table as it was at some time."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as text:
            if strange := _separator(text.readline(LONGEST_HEADER)):
                return Content(path, [], [], f"{path}: {strange}")
            text.seek(0)
            return _parsed(path, csv.reader(text, strict=True))
    except FileNotFoundError:
        where = looked_for(path) or look_alike(path)
        return Content(path, [], [], f"{path}: expected a table of images, found no such file{where}")
    except OSError as error:
        return Content(path, [], [], f"{path}: cannot be read ({error.strerror})")
    except UnicodeDecodeError:
        return Content(path, [], [], f"{path}: expected UTF-8 text, found other bytes; save it as CSV in UTF-8")
    except csv.Error as error:
        reason = "a quotation mark that is never closed" if "unexpected end" in str(error) else error
        return Content(path, [], [], f"{path}: expected CSV, found what is none ({reason})")


def _separator(first: str) -> str:
    """Say which other separator a table's first line shows it to have, nothing where it has commas."""
    if first.lower().startswith("sep="):
        return f"expected the columns in the first line, found {first.strip()!r}, which is for Excel; remove that line"
    for sign, name in ((";", "semicolons"), ("\t", "tabs")):
        if sign in first and "," not in first:
            return f"expected commas between the cells, found {name}; save it with commas, and numbers with points"
    return ""


def _parsed(path: Path, reader: Any) -> Content:
    """Turn rows into lines."""
    header = [column.strip() for column in next(reader, [])]
    lines = []
    for row in reader:
        if len(row) > len(header):
            cells = f"expected {len(header)} cells, found {len(row)}; put a cell with commas in quotes"
            return Content(path, header, [], f"{path}:{reader.line_num}: {cells}")
        if any("\0" in cell for cell in (*header, *row)):
            return Content(path, [], [], f"{path}:{reader.line_num}: expected text, found zero bytes; save it as CSV")
        row = [cell.strip() for cell in row] + [""] * (len(header) - len(row))
        if any(row):
            lines.append(Line(reader.line_num, dict(zip(header, row, strict=True))))
    return Content(path, header, lines)

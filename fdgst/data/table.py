"""Reader ``table``: one CSV file that names images, masks, domains and splits.

Columns
-------
image
    Path of the image, relative to the table.
mask, or the columns that the task's structures name
    Path of a mask, relative to the table.
domain
    Text that a domain's `value` is compared with.
split
    ``train`` or ``test``; may be empty, or missing, where `dataset.test_fraction` is set.
name (optional)
    Of the image; else the file's name without its suffix, with its folder where two would be the same.
group (optional)
    Patient or slide: never on both sides of a split.
roi_left, roi_top, roi_width, roi_height (optional, all four or none)
    The part of the upright image that is taken, whole pixels; it may reach over the border.

unit_per_px (optional)
    What a pixel of the image measures, of all images or of none: distances are printed in this unit.
unit (optional)
    Its name; without the column, mm.

Any other column is carried into the manifest. The file is read as data: UTF-8 text with commas, no formula of which is
looked at. `dataset.exclude` names an image as its column ``image`` does.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Annotated

from pydantic import Field

from fdgst.data.lines import Content, Line, read_lines
from fdgst.data.names import look_alike, name_fault
from fdgst.data.reader import Reader
from fdgst.data.sample import Entry
from fdgst.data.source import Box, Source
from fdgst.storage import SPLITS
from fdgst.study.faults import nearest
from fdgst.study.strict import InnerShare, Strict

SCALE, UNIT = "unit_per_px", "unit"  # columns
MILLIMETRES = "mm"  # the unit where the table names none
BOX = ("roi_left", "roi_top", "roi_width", "roi_height")
MOST_PIXELS, MOST_DIGITS = 89_000_000, 9  # of a ROI, as of a photograph; of its sides and place
_MANIFEST = frozenset(("sha256", "pixel_sha256"))  # columns that the manifest has of its own
_NUMBER = re.compile(
    r"\+?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
)  # float() takes 1_0 and foreign digits, too


class Table(Reader):
    """Reads the rows of one domain."""

    class Dataset(Strict):
        """Keys of `dataset`."""

        table: Annotated[str, Field(min_length=1)]
        """The table, CSV, relative to the working directory; paths in it are relative to the table."""
        test_fraction: InnerShare | None = None
        """Share of groups that is drawn for test where the column split is empty; null: none may be empty."""

    class Domain(Strict):
        """Keys of a domain."""

        value: Annotated[str, Field(min_length=1)] | None = None
        """What the table's column domain says of this domain; null: its id."""

    @cached_property
    def path(self) -> Path:
        """The table."""
        return Path(self.dataset.table).expanduser()

    @cached_property
    def _folder(self) -> Path:
        """The table's folder, which its paths are relative to."""
        return self.path.parent

    @property
    def value(self) -> str:
        """What the rows of this domain have in their column ``domain``."""
        return self.domain.value or self.id

    def files(self) -> list[Path]:
        """List the table, and the images and masks of the domain in the table's order."""
        columns = ("image", *self.task.columns)
        return [self.path] + [
            self._file(line.cells[column]) for line in self._kept for column in columns if line.cells.get(column)
        ]

    def faults(self) -> list[str]:
        """Name what is wrong with the table, its columns and this domain's rows, by their lines."""
        content = self._content
        hint = "" if self.path.exists() else "; see dataset.table"
        faults = [content.broken + hint] if content.broken else [*self._header_faults(content.header)]
        if faults:
            return faults
        if self.value not in content.domains:
            known = sorted(set(content.domains) - {""})
            return [f"{self.path}: expected rows of domain {self.value}, found none{nearest(self.value, known)}"]
        faults += [
            f"{self.path}:{line.number}: expected a domain, found an empty cell" for line in content.domains.get("", ())
        ]
        named = {line.cells["image"] for line in content.lines} if self.exclude else set()
        faults += [
            f"dataset.exclude: {name}: expected what the column image of {self.path} says of a row, found no such row;"
            f" correct or remove it"
            for name in self.exclude
            if name not in named
        ]
        faults += [f"{self.path}:{line.number}: {fault}" for line in self._kept for fault in self._row_faults(line)]
        faults += name_faults(self.path, [line for line in self._kept if self._file(line.cells["image"]).is_file()])
        return [*faults, *self._twice(), *self._split_faults(), *unit_faults(self.path, self._kept)]

    def exclusions(self) -> list[str]:
        """Return what is excluded of this domain, and what names no row at all, which is a fault of every domain."""
        if not self.exclude:
            return []
        lines = self._content.lines
        others = {line.cells.get("image") for line in lines if line.cells.get("domain") != self.value}
        return [name for name in self.exclude if name not in others]

    def listed(self) -> list[Entry]:
        """List the images, training ones first, each split in the table's order."""
        whole = [
            line
            for line in self._kept
            if not any(self._row_faults(line)) and self._split(line) in SPLITS and line.cells["image"]
        ]
        entries = [self._entry(line) for line in whole]
        return sorted(entries, key=lambda entry: SPLITS.index(entry.split))

    @property
    def _content(self) -> Content:
        """All rows of the table."""
        return read_lines(self.path)

    @cached_property
    def _kept(self) -> list[Line]:
        """The domain's rows without the excluded ones; none of a table that cannot be read."""
        content = self._content
        if content.broken or any(self._header_faults(content.header)):
            return []
        return [line for line in content.domains.get(self.value, ()) if line.cells["image"] not in self.exclude]

    @cached_property
    def _names(self) -> dict[int, str]:
        """The image's name by the number of its line."""
        return names_of(self._kept)

    def _header_faults(self, header: Sequence[str]) -> Iterator[str]:
        """Yield a line for each column that is missing, doubled or without its fellows."""
        split = ["split"] if self.dataset.test_fraction is None else []
        yield from header_faults(self.path, header, ["image", *self.task.columns, "domain", *split])

    def _row_faults(self, line: Line) -> Iterator[str]:
        """Yield what is wrong with one row of its own, without the line's number."""
        for column in ("image", *self.task.columns):
            cell = line.cells[column]
            if not cell:
                yield f"expected a path in the column {column}, found an empty cell"
            elif not self._file(cell).is_file():
                yield f"{self._file(cell)}: expected the {column}'s file, found none{look_alike(self._file(cell))}"
        split = line.cells.get("split", "")
        if not split and self.dataset.test_fraction is None:
            yield "expected train or test in the column split, found an empty cell; or set dataset.test_fraction"
        elif split and split not in SPLITS:
            yield f"expected train or test in the column split, found {split!r}{nearest(split, SPLITS)}"
        yield from box_of(line)[1]
        yield from scale_of(line)[1]

    def _twice(self) -> Iterator[str]:
        """Yield a line for each image file, name or group that stands where another does."""
        told = set()
        for found in self._content.twice:
            kept = [line for line in found if line.cells["image"] not in self.exclude]
            if len(kept) > 1 and any(line.cells["domain"] == self.value for line in kept):
                told |= {line.number for line in kept}
                yield self._repeated("image file", kept[0].cells["image"], kept)
        names = defaultdict(list)
        for line in self._kept:
            if line.number not in told:  # one file has one name
                names[self._names[line.number]].append(line)
        yield from (self._repeated("name", name, found) for name, found in names.items() if len(found) > 1)
        sides = defaultdict(list)
        for line in self._kept:
            if line.cells.get("group"):
                sides[line.cells["group"]].append(line)
        for group, members in sides.items():
            splits = {self._split(line): line.number for line in members if self._split(line) in SPLITS}
            if len(splits) > 1:
                where = " and ".join(f"{split} (line {number})" for split, number in sorted(splits.items()))
                yield f"{self.path}: expected the group {group!r} on one side of the split, found it in {where}"

    def _repeated(self, what: str, shared: str, lines: Sequence[Line]) -> str:
        """Say in which lines something stands that should stand once."""
        numbers = " and ".join(str(line.number) for line in lines)
        return f"{self.path}: expected each {what} once, found {shared} in lines {numbers}"

    def _split_faults(self) -> Iterator[str]:
        """Yield a line for each split without an image."""
        splits = {self._split(line) for line in self._kept}
        for split in SPLITS:
            if split not in splits and splits <= set(SPLITS):
                hint = "" if self.dataset.test_fraction is None else "; fill the column split, or change test_fraction"
                yield f"{self.path}: expected {split} images of domain {self.value}, found none that is left{hint}"

    def _split(self, line: Line) -> str:
        """Return the split of a row: what it says, or what is drawn by its group.

        ASSUME: without a group, the image's path in the table is what is drawn by; neither depends on other rows, so
        that images can be added and none changes sides.
        """
        given = line.cells.get("split", "")
        if given or self.dataset.test_fraction is None:
            return given
        from fdgst.core.seeding import seed  # numpy, which most tables do not need

        drawn = seed("split", line.cells.get("group") or line.cells["image"]) / 2**63  # uniform in [0, 1)
        return "test" if drawn < self.dataset.test_fraction else "train"

    def _entry(self, line: Line) -> Entry:
        """Name one image and say how it is loaded."""
        name, split = self._names[line.number], self._split(line)
        group = line.cells.get("group") or name
        image = self._file(line.cells["image"])
        masks = {column: self._file(line.cells[column]) for column in self.task.columns}
        source = Source(name, split, group, image, masks, box_of(line)[0])
        used = {"image", *self.task.columns, "domain", "split", "name", "group", *BOX, ""}
        carried = {
            f"table_{column}" if column in _MANIFEST else column: cell
            for column, cell in line.cells.items()
            if column not in used
        }
        scale, _ = scale_of(line)
        unit = line.cells.get(UNIT) or MILLIMETRES if scale else ""
        return replace(source.entry(self.task, carried), unit_per_px=scale, unit=unit)

    def _file(self, cell: str) -> Path:
        """Return the path that a cell names."""
        return self._folder / cell


def header_faults(path: Path, header: Sequence[str], needed: Sequence[str]) -> Iterator[str]:
    """Yield a line for each column of a table that is missing, doubled or without its fellows."""
    if not header:
        yield f"{path}: expected the columns {', '.join(needed)}, found an empty file"
        return
    for column, count in Counter(header).items():
        if count > 1 and column:
            yield f"{path}: expected the column {column!r} once, found it {count} times"
    for column in needed:
        if column not in header:
            yield f"{path}: expected a column {column!r}, found none{nearest(column, header)}"
    box = [column for column in BOX if column in header]
    if box and len(box) < len(BOX):
        missing = ", ".join(column for column in BOX if column not in header)
        yield f"{path}: expected all of {', '.join(BOX)} or none, found no {missing}"


def names_of(lines: Sequence[Line]) -> dict[int, str]:
    """Return the names of a domain's images by the numbers of their lines."""
    stems = {line.number: PurePosixPath(line.cells["image"]).stem for line in lines}
    uses = Counter(stems.values())
    names = {}
    for line in lines:
        stem = stems[line.number]
        folder = "-".join(PurePosixPath(line.cells["image"]).parent.parts).strip("./")
        names[line.number] = line.cells.get("name") or (f"{folder}-{stem}" if uses[stem] > 1 and folder else stem)
    return names


def name_faults(path: Path, lines: Sequence[Line]) -> Iterator[str]:
    """Yield a line for each image of a domain whose name cannot be a file's."""
    names = names_of(lines)
    for line in lines:
        if fault := name_fault(names[line.number]):
            windows = "\\" in line.cells["image"] and not line.cells.get("name")
            advice = "write / between folders in the column image" if windows else "give another in the column name"
            yield f"{path}:{line.number}: expected {fault}; {advice}"


def scale_of(line: Line) -> tuple[float | None, list[str]]:
    """Return what a pixel of a row's image measures, None where nothing is said, and why it is no such number."""
    cell = line.cells.get(SCALE, "")
    scale = float(cell) if _NUMBER.fullmatch(cell) else 0.0
    if not cell or 0 < scale < float("inf"):
        return scale if cell else None, []
    comma = "; write a point for the comma" if _NUMBER.fullmatch(cell.replace(",", ".")) else ""
    return None, [f"expected a number above 0 in the column {SCALE}, found {cell!r}{comma if ',' in cell else ''}"]


def unit_faults(path: Path, lines: Sequence[Line]) -> Iterator[str]:
    """Yield a line if what a pixel measures is known of some rows alone, or in several units."""
    without = [line.number for line in lines if not line.cells.get(SCALE)]
    units = sorted({line.cells.get(UNIT) or MILLIMETRES for line in lines})
    if 0 < len(without) < len(lines):
        yield f"{path}: expected {SCALE} in every row or in none, found none in {len(without)} of {len(lines)} rows"
    elif not without and len(units) > 1:
        yield f"{path}: expected one unit in the column {UNIT}, found {', '.join(units)}"


def box_of(line: Line) -> tuple[Box | None, list[str]]:
    """Return the ROI of a row, and why it is none."""
    cells = {column: line.cells.get(column, "") for column in BOX}
    if not any(cells.values()):
        return None, []
    faults = []
    for column, cell in cells.items():
        digits = cell.removeprefix("-") if column in BOX[:2] else cell
        whole = digits.isascii() and digits.isdigit() and len(digits) <= MOST_DIGITS
        if not whole or (column in BOX[2:] and int(digits) == 0):
            least = "" if column in BOX[:2] else " above 0"
            faults.append(f"expected a whole number of pixels{least} in the column {column}, found {cell!r}")
    if faults:
        return None, faults
    left, top, width, height = map(int, cells.values())
    if width * height > MOST_PIXELS:
        return None, [f"expected a ROI of at most {MOST_PIXELS / 1e6:.0f} million pixels, found {width}x{height} px"]
    return (left, top, width, height), []

"""The truth that masks of any program are judged by: rows of a table of images, whose images need not be there.

The columns are those of the reader ``table``; of them only ``image`` and the masks' are needed. Without a column
``domain`` all images are of one; without ``split``, or where no row is of the test split, all are scored.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fdgst.core.masks import masks_of_greys
from fdgst.data.fitting import background_of, cut
from fdgst.data.lines import Line, read_lines
from fdgst.data.masks import mask_faults
from fdgst.data.names import look_alike
from fdgst.data.photographs import read_grey_mask
from fdgst.data.source import Box
from fdgst.data.table import MILLIMETRES, UNIT, box_of, header_faults, name_faults, names_of, scale_of, unit_faults
from fdgst.errors import DataError
from fdgst.storage import SPLITS
from fdgst.study.faults import nearest
from fdgst.study.strict import in_words
from fdgst.study.task import Task

ALL = "all"  # the domain of a table that names none


@dataclass(frozen=True)
class Truth:
    """One image of a table.

    Attributes
    ----------
    name, group : str
        As of a ROI file: the image's own name, and the patient's or slide's.
    domain : str
        As the table names it.
    scored : bool
        Whether it is of the split that is asked for.
    image : Path
        Need not be there.
    masks : mapping of str to Path
        For each mask column of the task its file.
    box : (left, top, width, height) or None
        The part that is scored; None for all.
    unit_per_px : float or None
        What a pixel measures.
    """

    name: str
    group: str
    domain: str
    scored: bool
    image: Path
    masks: Mapping[str, Path]
    box: Box | None
    unit_per_px: float | None

    @property
    def stems(self) -> dict[str, list[str]]:
        """For each mask column what a predicted mask's file may be called: as the image, or as its true mask."""
        own = [self.name, stem_of(self.image)]
        return {column: list(dict.fromkeys([*own, stem_of(path)])) for column, path in self.masks.items()}

    def greys(self, task: Task) -> dict[str, np.ndarray]:
        """Read the grey values of the true masks, whole, and look at what is scored of them.

        Raises
        ------
        DataError
            One line per fault: what `fdgst.data.masks.mask_faults` says, sizes that differ, a box beside the image.
        """
        faults: list[str] = []
        greys = {}
        for column, path in self.masks.items():
            try:
                greys[column] = read_grey_mask(path).pixels
            except DataError as error:
                faults += error.faults
        sizes = {grey.shape for grey in greys.values()}
        if len(sizes) > 1:
            found = " and ".join(in_words(size) for size in sorted(sizes))
            faults.append(f"{next(iter(self.masks.values()))}: expected masks of one size, found {found}")
        if not faults and self.box:
            (size,) = sizes
            left, top, width, height = self.box
            if left >= size[1] or top >= size[0] or left + width <= 0 or top + height <= 0:
                faults.append(
                    f"{next(iter(self.masks.values()))}: expected a ROI that meets the mask, found {self.box}"
                )
        if not faults:
            faults += mask_faults(self.masks, cut_to(greys, self.box, task), task)
        if faults:
            raise DataError(*faults)
        return greys

    def planes(self, greys: Mapping[str, np.ndarray], task: Task) -> np.ndarray:
        """Return the masks that are scored, bool (K, height, width), of whole grey values or of the box's."""
        return masks_of_greys(cut_to(greys, self.box, task), task.structures)


def cut_to(
    greys: Mapping[str, np.ndarray], box: Box | None, task: Task, *, fill: int | None = None
) -> dict[str, np.ndarray]:
    """Cut grey values to a box, where there is one and they are not of its size already; outside is background."""
    if box is None:
        return dict(greys)
    size = (box[3], box[2])
    background = background_of(task) if fill is None else fill
    return {
        column: grey if grey.shape[:2] == size else cut(grey, box, fill=background) for column, grey in greys.items()
    }


def stem_of(path: Path) -> str:
    """Return a file's name without what says its kind.

    Examples
    --------
    >>> stem_of(Path("a.b.png")), stem_of(Path("case.nii.gz"))
    ('a.b', 'case')
    """
    return re.sub(r"\.nii$", "", path.stem, flags=re.IGNORECASE) if path.suffix.lower() == ".gz" else path.stem


@dataclass(frozen=True)
class Truths:
    """The rows of a table.

    Attributes
    ----------
    rows : tuple of Truth
        In the table's order.
    unit : str
        Of what a pixel measures; empty where that is not known.
    """

    rows: tuple[Truth, ...]
    unit: str

    @property
    def scored(self) -> list[Truth]:
        """The rows that are scored."""
        return [row for row in self.rows if row.scored]

    @property
    def domains(self) -> list[str]:
        """The domains of the rows that are scored, in the table's order."""
        return list(dict.fromkeys(row.domain for row in self.scored))


def read_truths(table: Path, task: Task, *, split: str | None) -> Truths:
    """Read a table of images.

    Parameters
    ----------
    table : Path
        CSV.
    task : Task
        Which mask columns are read.
    split : {'train', 'test', 'all'} or None
        What is scored; None: ``test`` where there is such a row, else all.

    Raises
    ------
    DataError
        One line per fault of the table and of the rows that are scored, by their lines.
    """
    content = read_lines(table)
    if content.broken:
        raise DataError(content.broken.removesuffix("; see dataset.table"))
    if faults := [*header_faults(table, content.header, ("image", *task.columns))]:
        raise DataError(*faults)
    lines = content.lines
    if split is None:
        split = "test" if any(line.cells.get("split") == "test" for line in lines) else ALL
    chosen = [line for line in lines if split in (ALL, line.cells.get("split"))]
    faults = [f"{table}:{line.number}: {fault}" for line in chosen for fault in _row_faults(line, table, task)]
    names: dict[int, str] = {}
    for domain, members in _by_domain(lines).items():
        named = names_of(members)
        names |= named
        faults += name_faults(table, [line for line in members if line in chosen and line.cells["image"]])
        faults += [*_twice(table, domain, [line for line in members if line in chosen], named)]
    if not chosen:
        faults.append(f"{table}: expected rows of the split {split!r}, found none")
    faults += unit_faults(table, chosen) if not faults else []
    if faults:
        raise DataError(*faults)
    kept = set(map(id, chosen))
    rows = tuple(_truth(line, names[line.number], table, task, scored=id(line) in kept) for line in lines)
    return Truths(rows, chosen[0].cells.get(UNIT) or MILLIMETRES if scale_of(chosen[0])[0] else "")


def _truth(line: Line, name: str, table: Path, task: Task, *, scored: bool) -> Truth:
    """Make one row; of one that is not scored the names matter alone."""
    return Truth(
        name=name,
        group=line.cells.get("group") or name,
        domain=line.cells.get("domain") or ALL,
        scored=scored,
        image=table.parent / line.cells["image"],
        masks={column: table.parent / line.cells[column] for column in task.columns},
        box=box_of(line)[0],
        unit_per_px=scale_of(line)[0],
    )


def _by_domain(lines: Sequence[Line]) -> dict[str, list[Line]]:
    """Return the rows of each domain."""
    found = defaultdict(list)
    for line in lines:
        found[line.cells.get("domain") or ALL].append(line)
    return dict(found)


def _row_faults(line: Line, table: Path, task: Task) -> Iterator[str]:
    """Yield what is wrong with one row, without its line's number."""
    for column in ("image", *task.columns):
        cell = line.cells[column]
        if not cell:
            yield f"expected a path in the column {column}, found an empty cell"
        elif column != "image" and not (table.parent / cell).is_file():
            yield f"{table.parent / cell}: expected the true mask's file, found none{look_alike(table.parent / cell)}"
    split = line.cells.get("split", "")
    if split and split not in SPLITS:
        yield f"expected train or test in the column split, found {split!r}{nearest(split, SPLITS)}"
    if "domain" in line.cells and not line.cells["domain"]:
        yield "expected a domain, found an empty cell"
    yield from box_of(line)[1]
    yield from scale_of(line)[1]


def _twice(table: Path, domain: str, lines: Sequence[Line], names: Mapping[int, str]) -> Iterator[str]:
    """Yield a line for each name that two rows of a domain share."""
    places = defaultdict(list)
    for line in lines:
        places[names[line.number]].append(str(line.number))
    for name, numbers in places.items():
        if len(numbers) > 1:
            where = " and ".join(numbers)
            yield f"{table}: expected each name once in domain {domain}, found {name} in lines {where}"

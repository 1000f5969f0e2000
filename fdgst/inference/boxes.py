"""The table of what is located in whole photographs."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from fdgst.data.photographs import read_photograph
from fdgst.errors import DataError
from fdgst.inference.bundle import Bundle
from fdgst.inference.listing import list_photographs
from fdgst.inference.locating import LIMIT, Candidate, locate
from fdgst.inference.segmenter import Segmenter, open_locator
from fdgst.inference.working import in_workers
from fdgst.progress import progress
from fdgst.storage.apart import refuse_inputs
from fdgst.storage.atomic import write_text
from fdgst.storage.cells import guarded

COLUMNS = ("image", "left", "top", "width", "height", "confidence")

_LOCATOR: list[Segmenter] = []  # of this process: its network is opened once


def write_boxes(given: Sequence[Path], out: Path, *, jobs: int | None, locator: Path | None = None) -> list[str]:
    """Locate in photographs, and write a row for each.

    Parameters
    ----------
    given : sequence of Path
        Files and folders.
    out : Path
        CSV with the columns `COLUMNS`: the path as listed, pixels with one decimal, the confidence with three.
    jobs : int or None
        Processes; None: one for each core.
    locator : Path or None
        A bundle of one structure in whole images; None: the classical search.

    Returns
    -------
    list of str
        What was found, one line.

    Raises
    ------
    ConfigError
        If the bundle is no locator, or the table would take the place of a photograph.
    DataError
        If a photograph does not exist; or at the end, with the table written, a line for each that cannot be read.
    """
    paths = [item.path for item in list_photographs(given)]
    refuse_inputs("--out", out, (("PHOTO", path) for path in paths))
    if locator:
        open_locator(Bundle(locator))
    found_in = in_workers(look, paths, jobs=jobs, prepare=_prepare, given=(locator,))
    boxes = progress(found_in, total=len(paths), description="locate", unit="photograph")
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    faults, found = [], 0
    for path, box in zip(paths, boxes, strict=True):
        table.writerow([guarded(path.as_posix()), *_cells(box)])
        faults += [box] if isinstance(box, str) else []
        found += isinstance(box, Candidate)
    write_text(out, text.getvalue())
    if faults:
        raise DataError(*faults)
    return [f"{out}: found in {found} of {len(paths)} photographs"]


def look(path: Path) -> Candidate | str | None:
    """Locate in one photograph; return what is wrong with one that cannot be read."""
    channels, bits = (_LOCATOR[0].task.channels, _LOCATOR[0].task.bits) if _LOCATOR else (3, 8)
    try:
        image = read_photograph(path, channels=channels, bits=bits).pixels
    except DataError as error:
        return error.faults[0]
    if not _LOCATOR:
        return locate(image)
    return next((box for box in _LOCATOR[0].located(image) if box.confidence >= LIMIT), None)


def _prepare(locator: Path | None) -> None:
    """Open the locator of a worker."""
    _LOCATOR[:] = [open_locator(Bundle(locator))] if locator else []


def _cells(box: Candidate | str | None) -> list[str]:
    """Write a box, or five empty cells."""
    if not isinstance(box, Candidate):
        return [""] * 5
    return [*(f"{side:.1f}" for side in (box.left, box.top, box.width, box.height)), f"{box.confidence:.3f}"]

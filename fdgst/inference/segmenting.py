"""Segmenting photographs into a folder: masks, overlays, a table and a gallery; taken up again where it was left.

Each photograph's row is a file of its own in ``rows``, written last. A photograph that has one, made of the same file
by the same bundle in the same way, is not looked at again; the table and the gallery are put together of the rows.
"""

import csv
import hashlib
import io
import json
import logging
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from fdgst import __version__
from fdgst.core.measures import measure, names
from fdgst.data.photographs import read_photograph
from fdgst.data.source import Box
from fdgst.errors import ConfigError, DataError
from fdgst.inference.bundle import Bundle
from fdgst.inference.coding import grey_masks
from fdgst.inference.gallery import gallery
from fdgst.inference.listing import Listed, list_photographs
from fdgst.inference.overlays import overlay
from fdgst.inference.segmenter import Segmented, Segmenter
from fdgst.inference.working import in_workers
from fdgst.progress import Progress
from fdgst.storage.atomic import atomic, write_text
from fdgst.study.task import Task

log = logging.getLogger(__name__)
ROWS, TABLE, GALLERY = "rows", "measures.csv", "index.html"
EYES = ("right", "left")
PLACE = ("left", "top", "width", "height", "confidence", "flags")


@dataclass(frozen=True)
class Request:
    """What is asked of photographs; equal requests give equal files.

    Attributes
    ----------
    bundles : tuple of Path
    locator : Path or None
    roi : {'auto', 'whole'} or Box
    eyes : mapping of str to str
        ``right`` or ``left``, by the names of photographs; of the name ``*`` all others'. Empty: not known.
    """

    bundles: tuple[Path, ...]
    locator: Path | None
    roi: str | Box
    eyes: Mapping[str, str]


@dataclass(frozen=True)
class _Bench:
    """What a worker holds from one photograph to the next."""

    segmenter: Segmenter
    request: Request
    out: Path
    made_by: str


_BENCH: list[_Bench] = []  # of this process: networks are opened once


def segment(given: Sequence[Path], out: Path, request: Request, *, jobs: int | None) -> list[str]:
    """Segment photographs.

    Parameters
    ----------
    given : sequence of Path
        Files and folders.
    out : Path
        Folder: ``masks/{name}.png``, ``overlays/{name}.jpg``, `TABLE`, `GALLERY`, and `ROWS` to go on from. Table and
        gallery are of these photographs; files of others that lie there are left.
    request : Request
    jobs : int or None
        Processes of one thread; None: one for each core.

    Returns
    -------
    list of str
        What was made, a line each.

    Raises
    ------
    ConfigError
        If bundles do not go together, or an eye is named that is none.
    DataError
        If a photograph does not exist. One that cannot be read is a flag in its row.
    """
    listed = list_photographs(given)
    _check(request)
    made_by = _made_by(request)
    left = [item for item in listed if _kept(out, item, made_by) is None]
    done = len(listed) - len(left)
    if done:
        log.info("%s: %d of %d photographs were done before", out, done, len(listed))
    with Progress(len(listed), description="segment", unit="photograph", initial=done) as shown:
        if left:
            for _ in in_workers(segment_one, left, jobs=jobs, prepare=_prepare, given=(request, out, made_by)):
                shown.advance()
    rows = [_kept(out, item, made_by) for item in listed]
    changed = [item.path for item, row in zip(listed, rows, strict=True) if row is None]
    if changed:
        raise DataError(*(f"{path}: changed while it was segmented; run the same command again" for path in changed))
    return _put_together(out, [row for row in rows if row is not None], request)


def _check(request: Request) -> None:
    """Refuse what is found without a photograph, in this process, where it is one line."""
    wrong = sorted({eye for eye in request.eyes.values() if eye not in EYES})
    if wrong:
        raise ConfigError(f"--laterality: expected right or left, found {', '.join(wrong)}")
    _segmenter(request)


def _segmenter(request: Request) -> Segmenter:
    """Open bundles."""
    locator = Bundle(request.locator) if request.locator else None
    return Segmenter([Bundle(path) for path in request.bundles], locator=locator, roi=request.roi)


def _made_by(request: Request) -> str:
    """Name all but the photograph that a row depends on."""
    digests = [Bundle(path).digest for path in request.bundles]
    locator = Bundle(request.locator).digest if request.locator else None
    parts = [__version__, digests, locator, request.roi, sorted(request.eyes.items())]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _prepare(request: Request, out: Path, made_by: str) -> None:
    """Open the networks of a worker."""
    _BENCH[:] = [_Bench(_segmenter(request), request, out, made_by)]


def segment_one(item: Listed) -> None:
    """Segment one photograph and write its files, its row last."""
    (bench,) = _BENCH
    task, before = bench.segmenter.task, _stamp(item.path)
    try:
        image = read_photograph(item.path, channels=task.channels, bits=task.bits).pixels
    except DataError as error:
        row = dict.fromkeys(columns(bench.segmenter.contents.task, bench.request), "")
        row |= {"image": item.path.as_posix(), "flags": f"cannot be read: {error.faults[0]}"}
    else:
        found = bench.segmenter(image)
        _write_pictures(bench.out, item.name, image, found, task)
        row = row_of(item, found, task, bench.request)
    record = {"made_by": bench.made_by, "file": before, "name": item.name, "row": row}
    write_text(_row_path(bench.out, item), json.dumps(record) + "\n")


def _write_pictures(out: Path, name: str, image: np.ndarray, found: Segmented, task: Task) -> None:
    """Write the masks at the photograph's size, and the overlay."""
    for column, grey in _whole(found, image.shape[:2], task).items():
        folder = out / "masks" if len(task.columns) == 1 else out / "masks" / column
        with atomic(folder / f"{name}.png") as part:
            Image.fromarray(grey).save(part, "PNG", compress_type=zlib.Z_RLE)  # half the time
    with atomic(out / "overlays" / f"{name}.jpg") as part:
        overlay(image, found).save(part, "JPEG", quality=85)


def _whole(found: Segmented, size: Sequence[int], task: Task) -> dict[str, np.ndarray]:
    """Return the grey masks of the whole photograph by column: background where the network did not look."""
    height, width = size
    empty = grey_masks(np.zeros((len(task.structures), 1, 1), bool), task)
    greys = {column: np.full((height, width), grey[0, 0]) for column, grey in empty.items()}
    if found.box:
        left, top, wide, tall = found.box
        rows, columns = slice(max(top, 0), min(top + tall, height)), slice(max(left, 0), min(left + wide, width))
        inner = np.s_[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
        for column, grey in grey_masks(found.masks, task).items():
            greys[column][rows, columns] = grey[inner]
    return greys


def columns(task: Task, request: Request) -> list[str]:
    """Return the columns of the table."""
    sizes = [f"{structure.id}_px" for structure in task.structures]
    measured = [name for item in task.measures for name in _names(item.id, item.kind, request)]
    doubts = ["entropy", *(["disagreement"] if len(request.bundles) > 1 else [])]
    return [
        "image",
        *sizes,
        *measured,
        *(f"{structure.id}_{doubt}" for doubt in doubts for structure in task.structures),
        *PLACE,
    ]


def _names(identifier: str, kind: str, request: Request) -> list[str]:
    """Return the columns of a measure; of a rim's width also by the sides of the eye, where these are known."""
    sides = [f"{identifier}_nasal", f"{identifier}_temporal"] if kind == "rim_width" and request.eyes else []
    return [*names(identifier, kind), *sides]


def row_of(item: Listed, found: Segmented, task: Task, request: Request) -> dict[str, str]:
    """Return the cells of a photograph, by column; empty where there is no number."""
    row = {"image": item.path.as_posix()}
    row |= {f"{s.id}_px": str(int(found.masks[k].sum())) for k, s in enumerate(task.structures)}
    for wanted in task.measures:
        inner = found.masks[task.place(wanted.of)]
        outer = found.masks[task.place(wanted.to)] if wanted.to else None
        values: Any = measure(wanted.kind, inner, outer)
        numbers = list(values) if isinstance(values, tuple) else [values]
        if wanted.kind == "rim_width" and request.eyes:
            # in a photograph of a right eye the nose is to the right
            eye = request.eyes.get(item.name, request.eyes.get("*"))
            right, left = numbers[1], numbers[3]
            numbers += {"right": [right, left], "left": [left, right], None: [math.nan] * 2}[eye]
        digits = 4 if wanted.kind.endswith("ratio") else 0
        row |= {
            name: _cell(number, digits)
            for name, number in zip(_names(wanted.id, wanted.kind, request), numbers, strict=True)
        }
    for doubt in ("entropy", *(["disagreement"] if len(request.bundles) > 1 else [])):
        values = getattr(found, doubt)
        row |= {f"{s.id}_{doubt}": _cell(value, 4) for s, value in zip(task.structures, values, strict=True)}
    place = [""] * 4 if found.box is None else [str(side) for side in found.box]
    confidence = "" if found.confidence is None else f"{found.confidence:.3f}"
    return row | dict(zip(PLACE, [*place, confidence, "; ".join(found.flags)], strict=True))


def _cell(value: float, digits: int) -> str:
    """Write a number, nothing for NaN."""
    return "" if math.isnan(value) else f"{value:.{digits}f}"


def _row_path(out: Path, item: Listed) -> Path:
    """Return where a photograph's row is kept."""
    return out / ROWS / f"{item.name}.json"


def _stamp(path: Path) -> list[int]:
    """Return what tells a file from an edited one without reading it."""
    known = path.stat()
    return [known.st_size, known.st_mtime_ns]


def _kept(out: Path, item: Listed, made_by: str) -> dict[str, str] | None:
    """Return the row of a photograph that has been segmented in the same way, None if it has not."""
    try:
        record = json.loads(_row_path(out, item).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    same = isinstance(record, dict) and record.get("made_by") == made_by and record.get("file") == _stamp(item.path)
    return record["row"] | {"name": record["name"]} if same else None


def _put_together(out: Path, rows: Sequence[dict[str, str]], request: Request) -> list[str]:
    """Write the table and the gallery."""
    bundle = Bundle(request.bundles[0])
    header = columns(bundle.contents.task, request)
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(header)
    table.writerows([row[name] for name in header] for row in rows)
    write_text(out / TABLE, text.getvalue())
    write_text(out / GALLERY, gallery(out, rows, header, bundle.contents))
    flagged = sum(bool(row["flags"]) for row in rows)
    unread = sum(row["flags"].startswith("cannot be read") for row in rows)
    return [
        f"{out / TABLE}: {len(rows)} photographs, {flagged} flagged" + (f", {unread} cannot be read" if unread else ""),
        f"{out / GALLERY}: open it in a browser",
    ]

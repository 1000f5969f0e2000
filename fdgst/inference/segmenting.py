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
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from fdgst import __version__
from fdgst.core.measures import measure, names
from fdgst.data.photographs import read_photograph
from fdgst.data.source import Box
from fdgst.errors import ConfigError, DataError
from fdgst.inference.bundle import Bundle, Contents
from fdgst.inference.coding import grey_masks
from fdgst.inference.gallery import PLACE, UNREAD, gallery
from fdgst.inference.listing import EYES, Listed, eye_of, list_photographs
from fdgst.inference.overlays import overlay
from fdgst.inference.segmenter import Segmented, Segmenter
from fdgst.inference.working import in_workers
from fdgst.progress import Progress
from fdgst.storage.atomic import atomic, write_text
from fdgst.storage.cells import guarded
from fdgst.study.task import Measure, Task

log = logging.getLogger(__name__)
ROWS, TABLE, GALLERY = "rows", "measures.csv", "index.html"


@dataclass(frozen=True)
class Request:
    """What is asked of photographs; equal requests give equal files.

    Attributes
    ----------
    bundles : tuple of Path
    locator : Path or None
    roi : {'auto', 'whole'} or Box
    eyes : mapping of str to str
        ``right`` or ``left``, as `fdgst.inference.listing.eye_of` looks them up. Empty: not known.
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
        If a photograph does not exist, or none of them can be read (table and gallery say why). Of several, one that
        cannot be read is a flag in its row.
    """
    listed = list_photographs(given)
    _check(request, listed)
    bundles, locator = _open(request)
    Segmenter(bundles, locator=locator, roi=request.roi)  # what does not go together is one line, before any worker
    made_by = _made_by(request, bundles, locator)
    kept = partial(_kept, out, request=request, made_by=made_by, task=bundles[0].contents.task)
    rows = {item: kept(item) for item in listed}
    left = [item for item, row in rows.items() if row is None]
    done = len(listed) - len(left)
    if done:
        log.info("%s: %d of %d photographs were done before", out, done, len(listed))
    with Progress(len(listed), description="segment", unit="photograph", initial=done) as shown:
        if left:
            for _ in in_workers(segment_one, left, jobs=jobs, prepare=_prepare, given=(request, out, made_by)):
                shown.advance()
    rows |= {item: kept(item) for item in left}
    changed = [item.path for item, row in rows.items() if row is None]
    if changed:
        raise DataError(*(f"{path}: changed while it was segmented; run the same command again" for path in changed))
    whole = [row for row in rows.values() if row is not None]
    return _put_together(out, whole, request, [bundle.contents for bundle in bundles])


def _check(request: Request, listed: Sequence[Listed]) -> None:
    """Refuse what is found before a photograph is read, in this process, where it is one line."""
    wrong = sorted({eye for eye in request.eyes.values() if eye not in EYES.values()})
    if wrong:
        raise ConfigError(f"--laterality: expected right or left, found {', '.join(wrong)}")
    if request.eyes and not any(eye_of(item, request.eyes) for item in listed):
        raise DataError(f"--laterality: expected names of these photographs, found {next(iter(request.eyes))} and such")
    _warn_of_eyes(request, listed)


def _warn_of_eyes(request: Request, listed: Sequence[Listed]) -> None:
    """Tell which photographs have no eye named, and which names no photograph has."""
    unknown = [item.path.name for item in listed if request.eyes and not eye_of(item, request.eyes)]
    given = {name for item in listed for name in (item.path.name, item.path.stem, "*")}
    strangers = [name for name in request.eyes if name not in given]
    for found, what in (
        (unknown, "no eye is named for these photographs, and so nothing nasal or temporal"),
        (strangers, "no photograph is given of these names"),
    ):
        if found:
            log.warning(
                "--laterality: %s (%d): %s", what, len(found), ", ".join(found[:3]) + ", ..." * (len(found) > 3)
            )


def _open(request: Request) -> tuple[list[Bundle], Bundle | None]:
    """Open the bundles and the locator, each once: their files are read whole against their checksums."""
    return [Bundle(path) for path in request.bundles], Bundle(request.locator) if request.locator else None


def _made_by(request: Request, bundles: Sequence[Bundle], locator: Bundle | None) -> str:
    """Name all that a row depends on but its photograph and which eye that shows."""
    digests = [bundle.digest for bundle in bundles]
    parts = [__version__, digests, locator.digest if locator else None, request.roi, bool(request.eyes)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _prepare(request: Request, out: Path, made_by: str) -> None:
    """Open the networks of a worker."""
    bundles, locator = _open(request)
    _BENCH[:] = [_Bench(Segmenter(bundles, locator=locator, roi=request.roi), request, out, made_by)]


def segment_one(item: Listed) -> None:
    """Segment one photograph and write its files, its row last."""
    (bench,) = _BENCH
    task, before = bench.segmenter.task, _stamp(item.path)
    try:
        image = read_photograph(item.path, channels=task.channels, bits=task.bits).pixels
    except DataError as error:
        for path in _pictures(bench.out, item.name, task):  # of the whole file that it was before
            path.unlink(missing_ok=True)
        row = dict.fromkeys(columns(task, bench.request), "")
        # of the row's own photograph; flags are told apart by semicolons
        fault = error.faults[0].removeprefix(f"{item.path}: ").replace("; ", ", ")
        row |= {"image": item.path.as_posix(), "flags": f"{UNREAD}: {fault}"}
        row |= _eye(item, bench.request)
    else:
        found = bench.segmenter(image)
        _write_pictures(bench.out, item.name, image, found, task)
        row = row_of(item, found, task, bench.request)
    eye = eye_of(item, bench.request.eyes)
    record = {"made_by": bench.made_by, "file": before, "eye": eye, "name": item.name, "row": row}
    write_text(_row_path(bench.out, item), json.dumps(record) + "\n")


def _pictures(out: Path, name: str, task: Task) -> list[Path]:
    """Return where a photograph's masks are, in the order of columns, and its overlay."""
    folder, several = out / "masks", len(task.columns) > 1
    masks = [(folder / column if several else folder) / f"{name}.png" for column in task.columns]
    return [*masks, out / "overlays" / f"{name}.jpg"]


def _write_pictures(out: Path, name: str, image: np.ndarray, found: Segmented, task: Task) -> None:
    """Write the masks at the photograph's size, and the overlay."""
    *masks, drawn = _pictures(out, name, task)
    for path, grey in zip(masks, _whole(found, image.shape[:2], task).values(), strict=True):
        with atomic(path) as part:
            Image.fromarray(grey).save(part, "PNG", compress_type=zlib.Z_RLE)  # half the time
    with atomic(drawn) as part:
        overlay(image, found).save(part, "JPEG", quality=85)


def _whole(found: Segmented, size: Sequence[int], task: Task) -> dict[str, np.ndarray]:
    """Return the grey masks of the whole photograph by column: background where the network did not look."""
    height, width = size
    empty = grey_masks(np.zeros((len(task.structures), 1, 1), bool), task)
    greys = {column: np.full((height, width), grey[0, 0]) for column, grey in empty.items()}
    if found.box:
        left, top, wide, tall = found.box
        rows, inner_rows = _shared(top, tall, height)
        columns, inner_columns = _shared(left, wide, width)
        for column, grey in grey_masks(found.masks, task).items():
            greys[column][rows, columns] = grey[inner_rows, inner_columns]
    return greys


def _shared(first: int, length: int, size: int) -> tuple[slice, slice]:
    """Return what a part has in common with an axis of the photograph: in its pixels, and in the part's own."""
    start = min(max(first, 0), size)
    stop = max(min(first + length, size), start)
    return slice(start, stop), slice(start - first, stop - first)


def columns(task: Task, request: Request) -> list[str]:
    """Return the columns of the table."""
    sizes = [f"{structure.id}_px" for structure in task.structures]
    measured = [name for item in task.measures for name in _names(item.id, item.kind, request)]
    doubts = ["entropy", *(["disagreement"] if len(request.bundles) > 1 else [])]
    return [
        "image",
        *(["eye"] if request.eyes else []),
        *sizes,
        *measured,
        *(f"{structure.id}_{doubt}" for doubt in doubts for structure in task.structures),
        *PLACE,
        "confidence",
        "flags",
    ]


def _names(identifier: str, kind: str, request: Request) -> list[str]:
    """Return the columns of a measure; of a rim's width also by the sides of the eye, where these are known."""
    sides = [f"{identifier}_nasal", f"{identifier}_temporal"] if kind == "rim_width" and request.eyes else []
    return [*names(identifier, kind), *sides]


def row_of(item: Listed, found: Segmented, task: Task, request: Request) -> dict[str, str]:
    """Return the cells of a photograph, by column; empty where there is no number."""
    row = dict.fromkeys(columns(task, request), "") | {"image": item.path.as_posix(), "flags": "; ".join(found.flags)}
    row |= _eye(item, request)
    if found.box is None:
        return row
    eye = eye_of(item, request.eyes)
    for place, structure in enumerate(task.structures):
        row[f"{structure.id}_px"] = str(int(found.masks[place].sum()))
        row[f"{structure.id}_entropy"] = _cell(found.entropy[place], 4)
        if len(request.bundles) > 1:
            row[f"{structure.id}_disagreement"] = _cell(found.disagreement[place], 4)
    for wanted in task.measures:
        digits = 4 if wanted.kind.endswith("ratio") else 0
        cells = (_cell(number, digits) for number in _numbers(wanted, found.masks, task, eye))
        row |= dict(zip(_names(wanted.id, wanted.kind, request), cells, strict=False))
    if found.confidence is not None:
        row["confidence"] = f"{found.confidence:.3f}"
    return row | dict(zip(PLACE, map(str, found.box), strict=False))


def _eye(item: Listed, request: Request) -> dict[str, str]:
    """Return the cell that says which eye a photograph shows, where that is known."""
    eye = eye_of(item, request.eyes)
    return {"eye": eye} if eye else {}


def _numbers(wanted: Measure, masks: np.ndarray, task: Task, eye: str | None) -> list[float]:
    """Measure masks; after a rim's four widths come the nasal and the temporal one, where the eye is known.

    Of a structure that every image must have and that was not found there is no number: 0 would be one.
    """
    used = [task.structures[task.place(name)] for name in (wanted.of, wanted.to) if name]
    if any(not one.optional and not masks[task.place(one.id)].any() for one in used):
        return []
    outer = masks[task.place(wanted.to)] if wanted.to else None
    found: Any = measure(wanted.kind, masks[task.place(wanted.of)], outer)
    numbers = list(found) if isinstance(found, tuple) else [found]
    if wanted.kind != "rim_width" or eye is None:
        return numbers
    _, right, _, left = numbers
    return numbers + ([right, left] if eye == "right" else [left, right])  # a right eye's nose is on the right


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


def _kept(out: Path, item: Listed, *, request: Request, made_by: str, task: Task) -> dict[str, str] | None:
    """Return the row of a photograph that has been segmented in the same way, None if it has not."""
    try:
        record = json.loads(_row_path(out, item).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    wanted = {"made_by": made_by, "file": _stamp(item.path), "eye": eye_of(item, request.eyes)}
    if not isinstance(record, dict) or any(record.get(key) != value for key, value in wanted.items()):
        return None
    row: dict[str, str] = record["row"] | {"name": record["name"]}
    if not set(columns(task, request)) <= set(row):
        return None
    whole = row["flags"].startswith(UNREAD) or all(path.is_file() for path in _pictures(out, item.name, task))
    return row if whole else None


def _put_together(
    out: Path, rows: Sequence[dict[str, str]], request: Request, bundles: Sequence[Contents]
) -> list[str]:
    """Write the table and the gallery."""
    header = columns(bundles[0].task, request)
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(header)
    table.writerows([guarded(row[name]) if name == "image" else row[name] for name in header] for row in rows)
    write_text(out / TABLE, text.getvalue())
    write_text(out / GALLERY, gallery(out, rows, header, bundles, located=request.roi == "auto"))
    flagged = sum(bool(row["flags"]) for row in rows)
    unread = sum(row["flags"].startswith(UNREAD) for row in rows)
    if unread == len(rows):
        raise DataError(f"{rows[0]['image']}: {rows[0]['flags']}" + _others(out / TABLE, unread - 1))
    return [
        f"{out / TABLE}: {len(rows)} photographs, {flagged} flagged"
        + (f", of which {unread} cannot be read" if unread else ""),
        f"{out / GALLERY}: open it in a browser",
    ]


def _others(table: Path, count: int) -> str:
    """Say that other photographs fared like the first."""
    if not count:
        return ""
    return f"; nor can {'the other' if count == 1 else f'the {count} others'}: {table} says why"

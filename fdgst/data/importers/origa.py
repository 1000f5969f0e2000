"""Importer ``origa``: ORIGA-light, 650 photographs.

``Images/001.jpg`` with ``Semi-automatic-annotations*/001.mat`` (array ``mask``: 0, 1 rim, 2 cup); a mirror has
``Masks/001.png`` of the same values, which is taken where both are there, and ``OrigaList.csv`` with the makers' sets A
and B, and the reference ratio. Some arrays are of another shape than their photograph and fit no part of it known to
us: they are refused, not stretched.

ASSUME: set A is for training and set B for test.
"""

import csv
import io
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from fdgst.data.importers.drawn import Drawn, Size, coded, eye, fitted
from fdgst.data.importers.eyes import one_file
from fdgst.data.importers.kernel import Choice, Item, LeftOut, RawSet
from fdgst.data.importers.listing import PICTURE, Listing, index
from fdgst.errors import DataError

IMAGE = rf"images/(?P<key>\d{{3}}){PICTURE}"
MASK = rf"masks/(?P<key>\d{{3}}){PICTURE}"
ARRAY = r"(?P<key>\d{3})\.mat"
LIST = r"origalist\.csv"
SPLITS = {"a": "train", "b": "test"}


def find(listing: Listing, choice: Choice) -> Iterator[Item | LeftOut]:
    """Yield the photographs, by path."""
    photographs, masks, arrays = (
        index(listing.hits(kind), lambda hit: (hit.groups["key"],)) for kind in (IMAGE, MASK, ARRAY)
    )
    known = _list([hit.path for hit in listing.hits(LIST)])
    for (key,), path in photographs.items():
        row = known.get(key, {})
        more = {name: row[column] for name, column in (("eye", "eye"), ("exp_cdr", "expcdr")) if row.get(column)}
        if (key,) in masks:
            drawn = one_file(masks[(key,)])
        elif (key,) in arrays:
            drawn = partial(_array, arrays[(key,)])
        else:
            yield LeftOut(path, "no mask of its name in Masks (png) or Semi-automatic-annotations (mat)")
            continue
        yield Item(path, "origa", path.stem, drawn, split=SPLITS.get(row.get("set", "").lower(), ""), more=more)


def _array(path: Path, size: Size) -> Drawn:
    """Read Matlab's array ``mask``."""
    from scipy.io import loadmat  # only now: most copies have pictures

    try:
        grey = np.asarray(loadmat(path, variable_names=["mask"])["mask"])
    except Exception as error:  # damaged files make the reader fail in any way
        raise DataError(f"{path}: expected a MAT file with an array mask, found none; copy it again") from error
    if grey.ndim != 2 or not np.isin(grey, (0, 1, 2)).all():
        raise DataError(f"{path}: expected an array of 0, 1 and 2 in mask, found shape {grey.shape} or other values")
    plane, notes = fitted(grey.astype(np.uint8), size, path)
    disc, cup, told = coded(plane, path)
    return eye(disc, cup, (*notes, *told))


def _list(paths: list[Path]) -> dict[str, dict[str, str]]:
    """Read the makers' list, by the number of a photograph; its names stand in quotes of their own."""
    if not paths:
        return {}
    try:
        text = paths[0].read_bytes().decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text)))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{paths[0]}: expected CSV, found what is none; copy it again, or remove it") from error
    cleaned = [{str(k).strip().lower(): str(v).strip(" '\"") for k, v in row.items()} for row in rows]
    return {Path(row.get("filename", "")).stem: row for row in cleaned}


RAW = RawSet(find, "Images/001.jpg")

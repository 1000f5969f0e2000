"""Importer ``drishti-gs``: Drishti-GS1, 50 photographs for training and 51 for test.

``Training/Images/drishtiGS_002.png`` with ``Training/GT/drishtiGS_002/SoftMap/drishtiGS_002_{ODsegSoftmap,
cupsegSoftmap}.png`` (in ``Test``: ``Test_GT`` or ``GT``), below any top folder; ``Images`` may have folders in it. A
soft map says how many of four readers agree: 0, 64, 128, 191, 255.

Without soft maps the mean boundaries serve, ``AvgBoundary/*_{ODAvgBoundary,CupAvgBoundary}.txt``. Sources disagree
whether a line is x y or row column, so that it is found out: ``*_diskCenter.txt`` is row column, and the boundary is
about it in one order. Of a flat variant the masks of three values serve, ``annotations-ONH-ground truth/*``.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from fdgst.data.importers.drawn import Drawn, Size, read_points
from fdgst.data.importers.eyes import contours, one_file, soft_maps
from fdgst.data.importers.kernel import Choice, Item, LeftOut, RawSet
from fdgst.data.importers.listing import PICTURE, Listing, index

AGREED = 128  # ASSUME: two of four readers; the makers leave the threshold open
KEY = r"(?P<key>[gn]?drishtigs_\d+)"
IMAGE = rf"images/(?:[^/]+/)*{KEY}{PICTURE}"
SOFT = rf"{KEY}_(?P<structure>od|cup)segsoftmap{PICTURE}"
BOUNDARY = rf"{KEY}_(?P<structure>od|cup)avgboundary\.txt"
CENTRE = rf"{KEY}_diskcenter\.txt"
FLAT = rf"annotations[^/]*ground[^/]*/(?:[^/]+/)*{KEY}{PICTURE}"


def find(listing: Listing, choice: Choice) -> Iterator[Item | LeftOut]:
    """Yield the photographs, by path."""
    soft, lines = (
        index(listing.hits(kind), lambda hit: (hit.groups["key"], hit.groups["structure"])) for kind in (SOFT, BOUNDARY)
    )
    centres, flat = (index(listing.hits(kind), lambda hit: (hit.groups["key"],)) for kind in (CENTRE, FLAT))
    images = listing.hits(IMAGE)
    kept = index(images, lambda hit: (hit.groups["key"],))
    for hit in images:
        key = hit.groups["key"]
        drawn: Callable[[Size], Drawn] | None = None
        if kept[(key,)] != hit.path:
            continue
        if (key, "od") in soft and (key, "cup") in soft:
            drawn = soft_maps(soft[key, "od"], soft[key, "cup"], threshold=AGREED)
        elif (key, "od") in lines and (key, "cup") in lines and (key,) in centres:
            drawn = partial(_in_order, lines[key, "od"], lines[key, "cup"], centres[(key,)])
        elif (key,) in flat:
            drawn = one_file(flat[(key,)])
        if drawn:
            yield Item(hit.path, "drishti_gs", hit.path.stem, drawn, split=listing.split(hit.path))
        else:
            yield LeftOut(
                hit.path, "no soft maps *_{ODsegSoftmap,cupsegSoftmap}.png, and no boundaries with *_diskCenter.txt"
            )


def _in_order(disc: Path, cup: Path, centre: Path, size: Size) -> Drawn:
    """Read boundaries in the order of coordinates in which they are about the disc's centre.

    ASSUME: a centre is row column, as a loader that was tried with the real files reads it.
    """
    rows_columns = read_points(centre, least=1)[0]
    middle = read_points(disc).mean(axis=0)
    same_order = np.hypot(*(middle - rows_columns)) <= np.hypot(*(middle - rows_columns[::-1]))
    return contours(disc, cup, swapped=bool(same_order))(size)


RAW = RawSet(find, "Training/Images/drishtiGS_002.png", experts=("mean",))

"""Importer ``idrid``: the segmentation part of IDRiD, 54 photographs for training and 27 for test, with discs alone.

``1. Original Images/{a. Training Set,b. Testing Set}/IDRiD_01.jpg`` with ``2. All Segmentation
Groundtruths/{a...,b...}/5. Optic Disc/IDRiD_01_OD.tif``, below any top folder. In use besides: ``photo/IDRiD_01.jpg``
with ``disc/IDRiD_01.png``. Where no folder says the split, the number does: 1 to 54 are for training. There is no
cup, and masks have 128 for the disc: a study of them has one structure.
"""

import re
from collections.abc import Iterator

from fdgst.data.importers.eyes import structures
from fdgst.data.importers.kernel import Choice, Item, LeftOut, RawSet
from fdgst.data.importers.listing import PICTURE, Listing, index

TRAINING = 54
IMAGE = rf"(?P<key>idrid_\d+){PICTURE}"
MASK = rf"(?:(?P<key>idrid_\d+)_od|(?:optic disc|disc|od)/(?P<plain>idrid_\d+)){PICTURE}"
OTHER = re.compile(r"groundtruth|(?:^|/)(?:optic disc|disc|od|roi)/")


def find(listing: Listing, choice: Choice) -> Iterator[Item | LeftOut]:
    """Yield the photographs, by path."""
    masks = index(listing.hits(MASK), lambda hit: (hit.groups["key"] or hit.groups["plain"],))
    hits = [hit for hit in listing.hits(IMAGE) if not OTHER.search(listing.relative(hit.path))]
    kept = index(hits, lambda hit: (hit.groups["key"],))
    for hit in hits:
        key = hit.groups["key"]
        if kept[(key,)] != hit.path:
            continue
        if (key,) not in masks:
            yield LeftOut(hit.path, "no mask *_OD.tif in 5. Optic Disc")
            continue
        split = listing.split(hit.path) or ("train" if int(key.removeprefix("idrid_")) <= TRAINING else "test")
        yield Item(hit.path, "idrid", hit.path.stem, structures(masks[(key,)], None), split=split)


RAW = RawSet(
    find,
    "1. Original Images/a. Training Set/IDRiD_01.jpg",
    values="masks: 128 disc, 255 background; there is no cup, so that the task has the disc alone",
)

"""Importer ``rim-one-dl``: 485 square crops around the disc, of three hospitals.

``RIM-ONE_DL_images/{partitioned_by_hospital,partitioned_randomly}/{training_set,test_set}/{normal,glaucoma}/r1_Im069.png``
with ``RIM-ONE_DL_reference_segmentations/{normal,glaucoma}/r1_Im069-1-{Disc,Cup}-T.png``. Both partitions hold the
same images; the split is the one by hospital, where it is there, else the random one. The part r3 shows the eyes of
RIM-ONE r3, cut in another way, so that equal files do not tell: use one of the two sets.
"""

from collections.abc import Iterator

from fdgst.data.importers.eyes import structures
from fdgst.data.importers.kernel import Choice, Item, LeftOut, RawSet
from fdgst.data.importers.listing import PICTURE, Listing, index

KEY = r"(?P<key>r[123]_(?:(?!-1-)[^/])+?)"
IMAGE = rf"partitioned_(?P<partition>by_hospital|randomly)/(?P<split>training|test)[^/]*/(?:[^/]+/)*{KEY}{PICTURE}"
LOOSE = rf"{KEY}{PICTURE}"
MASK = rf"{KEY}(?:-1)?-(?P<structure>disc|cup)-t{PICTURE}"


def find(listing: Listing, choice: Choice) -> Iterator[Item | LeftOut]:
    """Yield the crops, by path."""
    masks = index(listing.hits(MASK), lambda hit: (hit.groups["key"], hit.groups["structure"]))
    images = listing.hits(IMAGE)
    by_hospital = [hit for hit in images if hit.groups["partition"] == "by_hospital"]
    drawings = set(masks.values())
    hits = by_hospital or images or [hit for hit in listing.hits(LOOSE) if hit.path not in drawings]
    kept = index(hits, lambda hit: (hit.groups["key"],))
    for hit in hits:
        key = hit.groups["key"]
        if kept[(key,)] != hit.path:
            continue
        if (key, "disc") not in masks or (key, "cup") not in masks:
            yield LeftOut(hit.path, "no masks *-1-Disc-T.png and *-1-Cup-T.png")
            continue
        drawn = structures(masks[key, "disc"], masks[key, "cup"])
        yield Item(hit.path, "rim_one_dl", hit.path.stem, drawn, split=listing.split(hit.path), more={"part": key[:2]})


RAW = RawSet(find, "RIM-ONE_DL_images/partitioned_by_hospital/training_set/normal/r1_Im001.png")

"""Importer ``papila``: 488 photographs of both eyes of 244 patients, with contours by two experts.

``FundusImages/RET002OD.jpg`` with ``ExpertsSegmentations/Contours/RET002OD_{disc,cup}_exp{1,2}.txt``: a point per
line, x y. Copies such as ``RET002OD_cup_exp2 2.txt`` are no contours. The patient is ``RET002``. Without
``--expert``, or with ``mean``, the outline lies halfway between those of the experts.
"""

from collections.abc import Iterator

from fdgst.data.importers.eyes import MEAN, chosen, contours
from fdgst.data.importers.kernel import Choice, Item, LeftOut, RawSet
from fdgst.data.importers.listing import PICTURE, Listing, index

KEY = r"(?P<key>ret\d+o[ds])"
IMAGE = rf"{KEY}{PICTURE}"
CONTOUR = rf"{KEY}_(?P<structure>disc|cup)_exp(?P<expert>[12])\.txt"
COPY = rf"{KEY}_(?:disc|cup)_exp[12][^/]+\.txt"
EXPERTS = ("1", "2")


def find(listing: Listing, choice: Choice) -> Iterator[Item | LeftOut]:
    """Yield the photographs, by path, and copies of contours as left out."""
    lines = index(listing.hits(CONTOUR), lambda hit: (hit.groups["key"], hit.groups["structure"], hit.groups["expert"]))
    yield from (LeftOut(hit.path, "a copy of a contour, by its name") for hit in listing.hits(COPY))
    expert = choice.expert or MEAN
    for (key,), path in index(listing.hits(IMAGE), lambda hit: (hit.groups["key"],)).items():
        readings = {
            one: contours(lines[key, "disc", one], lines[key, "cup", one])
            for one in EXPERTS
            if (key, "disc", one) in lines and (key, "cup", one) in lines
        }
        drawn = chosen(readings, expert)
        if not drawn or (expert == MEAN and len(readings) < len(EXPERTS)):
            wanted = "both experts" if expert == MEAN else f"expert {expert}"
            yield LeftOut(path, f"no contours *_disc_exp*.txt and *_cup_exp*.txt of {wanted}")
            continue
        yield Item(path, "papila", path.stem, drawn, group=key[:-2].upper(), more={"eye": key[-2:].upper()})


RAW = RawSet(find, "FundusImages/RET002OD.jpg", experts=(MEAN, *EXPERTS))

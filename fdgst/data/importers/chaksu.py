"""Importer ``chaksu``: Chaksu IMAGE, 1345 photographs by three cameras, a domain each, with drawings by five experts.

``{Train,Test}/1.0_Original_Fundus_Images/{Bosch,Forus,Remidio}/*`` with ``3.0_Doctors_Annotations_Binary_OD_OC/Expert
1/{camera}/{Disc,Cup}/*.tif`` and ``5.0_OD_OC_Mean_Median_Majority_STAPLE/{camera}/{Disc,Cup}/Mean/*.png``. Capitals
and suffixes vary, and one folder says Remedio. Without ``--expert``, or with ``mean``, the published mean is taken,
or else the mean outline of the experts there are.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial

from fdgst.data.importers.drawn import Drawn, Size
from fdgst.data.importers.eyes import MEAN, chosen, structures
from fdgst.data.importers.kernel import Choice, Item, LeftOut, RawSet
from fdgst.data.importers.listing import PICTURE, Hit, Listing, index

EXPERTS = ("1", "2", "3", "4", "5")
CAMERA = r"(?P<camera>bosch|forus|rem[ie]dio)"
IMAGE = rf"1\.0_[^/]*/{CAMERA}/(?:[^/]+/)*(?P<key>[^/]+){PICTURE}"
ONE = rf"3\.0_[^/]*/expert[ _]?(?P<expert>[1-5])/{CAMERA}/(?P<structure>disc|cup)/(?P<key>[^/]+){PICTURE}"
MEANS = rf"5\.0_[^/]*/{CAMERA}/(?P<structure>disc|cup)/(?P<expert>mean)/(?P<key>[^/]+){PICTURE}"


def find(listing: Listing, choice: Choice) -> Iterator[Item | LeftOut]:
    """Yield the photographs, by path."""
    expert = choice.expert or MEAN
    masks = index(
        [*listing.hits(ONE), *listing.hits(MEANS)],
        lambda hit: (*_place(listing, hit), hit.groups["structure"], hit.groups["expert"]),
    )
    readings: dict[tuple[str, ...], dict[str, Callable[[Size], Drawn]]] = defaultdict(dict)
    for key, disc in masks.items():
        place, structure, who = key[:3], key[3], key[4]
        if structure == "disc" and (*place, "cup", who) in masks:
            readings[place][who] = structures(disc, masks[*place, "cup", who])
    for place, path in index(listing.hits(IMAGE), partial(_place, listing)).items():
        drawn = chosen(readings[place], expert)
        if drawn:
            yield Item(path, f"chaksu_{place[1]}", path.stem, drawn, split=place[0])
        else:
            yield LeftOut(path, f"no masks of expert {expert} in Disc and Cup")


def _place(listing: Listing, hit: Hit) -> tuple[str, str, str]:
    """Return what photographs and masks are matched by: split, camera and name."""
    return listing.split(hit.path), hit.groups["camera"].replace("remedio", "remidio"), hit.groups["key"]


RAW = RawSet(find, "Train/1.0_Original_Fundus_Images/Bosch/*.JPG", experts=(MEAN, *EXPERTS))

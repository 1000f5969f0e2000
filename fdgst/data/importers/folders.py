"""Importer ``folders``: a folder of images and a folder of masks with equal names, of any task.

``images/a.jpg`` with ``masks/a.png``; the names of folders that are in use are in `IMAGES` and `MASKS`. A mask's name
may have one of `ENDS` after its image's. Folders ``train`` and ``test``, above or below, say the split. Masks are
used as they are, and their values are what a person must tell the task.
"""

import re
from collections.abc import Iterator
from functools import partial

from fdgst.data.importers.drawn import as_it_is
from fdgst.data.importers.kernel import Choice, Item, LeftOut, RawSet, identifier
from fdgst.data.importers.listing import PICTURE, Hit, Listing, index

IMAGES = "images?|imgs?|photos?|photographs|pictures"
MASKS = "masks?|labels?|annotations?|segmentations?|gts?|ground[-_ ]?truths?|disc"
ENDS = re.compile(r"[-_ ](?:mask|label|seg(?:mentation)?|gt)$")
FILE = rf"(?P<above>(?:[^/]+/)*)(?:(?P<image>{IMAGES})|(?P<mask>{MASKS}))/(?P<below>(?:[^/]+/)*)(?P<key>[^/]+){PICTURE}"


def find(listing: Listing, choice: Choice) -> Iterator[Item | LeftOut]:
    """Yield the images, by path."""
    hits = listing.hits(FILE)
    masks = index((hit for hit in hits if hit.groups["mask"]), _place)
    plain = {(*place[:-1], ENDS.sub("", place[-1])): path for place, path in masks.items()}
    domain = choice.domain or identifier(listing.folder.name)
    for place, path in index((hit for hit in hits if hit.groups["image"]), _place).items():
        mask = masks.get(place) or plain.get(place)
        if mask is None:
            yield LeftOut(path, "no mask of its name in a folder beside its own")
        else:
            yield Item(path, domain, path.stem, partial(as_it_is, mask), split=listing.split(path), mask=mask)


def _place(hit: Hit) -> tuple[str, ...]:
    """Return what an image and its mask are matched by: all of the path but the folder that tells them apart."""
    return hit.groups["above"], hit.groups["below"], hit.groups["key"]


RAW = RawSet(
    find,
    "images/*.png and masks/*.png",
    values="masks are used as they are: say in the task what their grey values mean",
    one_domain=True,
    in_place=True,
)

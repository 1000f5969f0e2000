"""Importer ``fundus``: the public preprocessed set, ``Domain1/{train,test}/ROIs/{image,mask}/*.png``, as a table.

The reader ``fundus`` reads these folders without a table; a table lets them stand beside other sets. Masks are used as
they are.
"""

from collections.abc import Iterator
from functools import partial

from fdgst.data.importers.drawn import as_it_is
from fdgst.data.importers.kernel import Choice, Item, LeftOut, RawSet
from fdgst.data.importers.listing import PICTURE, Listing, index

FILE = rf"(?P<domain>domain\d+)/(?P<split>train|test)/rois/(?P<kind>image|mask)/(?P<key>[^/]+){PICTURE}"


def find(listing: Listing, choice: Choice) -> Iterator[Item | LeftOut]:
    """Yield the ROIs, by path."""
    names = ("kind", "domain", "split", "key")
    files = index(listing.hits(FILE), lambda hit: tuple(hit.groups[name] for name in names))
    for (kind, domain, split, key), path in files.items():
        other = files.get(("mask" if kind == "image" else "image", domain, split, key))
        if other is None:
            yield LeftOut(path, f"no {'mask' if kind == 'image' else 'image'} of its name")
        elif kind == "image":
            yield Item(path, domain, path.stem, partial(as_it_is, other), split=split, mask=other)


RAW = RawSet(find, "Domain1/train/ROIs/image/*.png", in_place=True)

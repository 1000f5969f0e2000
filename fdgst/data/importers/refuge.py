"""Importer ``refuge``: 400 photographs each for training, validation and test; a domain each, as cameras differ.

``Training400/{Glaucoma,Non-Glaucoma}/g0001.jpg`` with ``Annotation-Training400/Disc_Cup_Masks/**/g0001.bmp``;
``REFUGE-Validation400/V0001.jpg`` with ``REFUGE-Validation400-GT/Disc_Cup_Masks/V0001.bmp``; ``Test400/T0001.jpg`` with
``REFUGE-Test-GT/Disc_Cup_Masks/**/T0001.bmp``. In use besides: ``{train,val,test}/{Images,Masks}`` and
``{train,val,test}/{images,mask}``, also with masks of 0, 1, 2. Which part a file belongs to is the last of its folders
that says so; masks of three values are read whichever their code.
"""

import re
from collections.abc import Iterator

from fdgst.data.importers.eyes import one_file
from fdgst.data.importers.kernel import Choice, Item, LeftOut, RawSet
from fdgst.data.importers.listing import PICTURE, Hit, Listing, index

FILE = rf"(?P<folders>(?:[^/]+/)*)(?P<key>[a-z]?\d{{4}}){PICTURE}"
PART = re.compile(r"train|val|test")
MASK = re.compile(r"(?:disc_cup_)?masks?(?:/|$)|-gt(?:/|$)|annotation")
OTHER = re.compile(r"(?:^|/)amd/|cropped|square|resized|overlay")
DOMAINS = {"train": "refuge_train", "val": "refuge_validation", "test": "refuge_test"}


def find(listing: Listing, choice: Choice) -> Iterator[Item | LeftOut]:
    """Yield the photographs, by path."""
    hits = [hit for hit in listing.hits(FILE) if _part(listing, hit) and not OTHER.search(listing.relative(hit.path))]
    drawings, photographs = (
        index(
            (hit for hit in hits if _is_mask(listing, hit) == wanted),
            lambda hit: (_part(listing, hit), hit.groups["key"]),
        )
        for wanted in (True, False)
    )
    for (part, key), path in photographs.items():
        if (part, key) in drawings:
            yield Item(path, DOMAINS[part], path.stem, one_file(drawings[part, key]))
        else:
            yield LeftOut(path, f"no mask of its name in Disc_Cup_Masks of {part}")


def _folders(listing: Listing, hit: Hit) -> str:
    """Return the folders of a file, below the set's."""
    text = listing.relative(hit.path)
    return text[: text.rfind("/") + 1]


def _part(listing: Listing, hit: Hit) -> str:
    """Return train, val or test, by the last folder that says so; else by the file's letter."""
    found = PART.findall(_folders(listing, hit))
    return found[-1] if found else {"g": "train", "n": "train", "v": "val", "t": "test"}.get(hit.groups["key"][0], "")


def _is_mask(listing: Listing, hit: Hit) -> bool:
    """Tell masks from photographs by their folders."""
    return bool(MASK.search(_folders(listing, hit)))


RAW = RawSet(find, "Training400/Glaucoma/g0001.jpg, REFUGE-Validation400/V0001.jpg or Test400/T0001.jpg")

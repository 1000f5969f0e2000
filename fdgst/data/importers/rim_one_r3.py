"""Importer ``rim-one-r3``: 159 stereo photographs, of which the left view is annotated: it is cut out.

``{Healthy,Glaucoma and suspects}/Stereo Images/N-12-L.jpg``, and a mask file for each structure and reader:
``Expert1_masks/N-12-R-1-Disc-exp1.png``, ``Average_masks/N-12-R-Cup-Avg.png``. In use besides: ``Expert1/{Disc,Cup}/
N-12-R.png``, masks as JPEG, names without ``-1-``, averages with three values in
``SegmentationsAverage-GroundTruth``, photographs and masks that are cut already. What a file is, is read off the whole
path: its structure, its reader, and that it is a mask.

ASSUME: N-12-L and N-12-R are not known to be one patient; each image is a group of its own.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from fdgst.data.importers.drawn import Drawn, Size
from fdgst.data.importers.eyes import MEAN, chosen, left_half, one_file, structures
from fdgst.data.importers.kernel import Choice, Item, LeftOut, RawSet, size_of
from fdgst.data.importers.listing import PICTURE, Hit, Listing, index
from fdgst.data.photographs import read_photograph

FILE = rf"(?P<key>[ngs]-\d+-[lr])(?P<rest>[^/]*){PICTURE}"
STRUCTURE = re.compile(r"(?:^|[-_/ ])(cup|disc)(?:$|[-_/ .])")
READER = re.compile(r"exp(?:ert)?[-_ ]?([12])(?!\d)|(av(?:g|erage))")
MASK = re.compile(r"mask|ground ?truth|segmentation")
Kind = tuple[str, str, str]  # key, structure, reader


def find(listing: Listing, choice: Choice) -> Iterator[Item | LeftOut]:
    """Yield the photographs, by path."""
    expert = choice.expert or MEAN
    hits = [(hit, _kind(listing, hit)) for hit in listing.hits(FILE)]
    masks = index((hit for hit, kind in hits if any(kind[1:])), lambda hit: _kind(listing, hit))
    readings: dict[str, dict[str, Callable[[Size], Drawn]]] = defaultdict(dict)
    for key, structure, reader in masks:
        if structure == "both":
            readings[key].setdefault(reader, one_file(masks[key, "both", reader], half=True))
        elif structure == "disc" and (key, "cup", reader) in masks:
            readings[key][reader] = structures(masks[key, "disc", reader], masks[key, "cup", reader], half=True)
    photographs = index((hit for hit, kind in hits if not any(kind[1:])), lambda hit: (hit.groups["key"],))
    for (key,), path in photographs.items():
        drawn = chosen(readings[key], expert)
        if not drawn:
            yield LeftOut(path, f"no masks of expert {expert}, *-Disc-* and *-Cup-*")
            continue
        stereo = left_half(size_of(path))
        pixels = partial(_left, path) if stereo else None
        yield Item(path, "rim_one_r3", path.stem, drawn, pixels=pixels, more={"eye": key[-1].upper()})


def _kind(listing: Listing, hit: Hit) -> Kind:
    """Tell what a file is: its photograph's key, structure (cup, disc, both or none), reader; none of a photograph."""
    text = listing.relative(hit.path)
    below = text[: text.rfind("/") + 1] + hit.groups["rest"]
    structure, reader = STRUCTURE.search(below), READER.search(below)
    if not (structure or reader or MASK.search(below)):
        return hit.groups["key"], "", ""
    who = reader[1] if reader and reader[1] else MEAN
    return hit.groups["key"], structure[1] if structure else "both", who


def _left(path: Path) -> np.ndarray:
    """Read the left view of a stereo pair."""
    pixels = read_photograph(path, channels=3, bits=8).pixels
    return np.ascontiguousarray(pixels[:, : pixels.shape[1] // 2])


RAW = RawSet(find, "Healthy/Stereo Images/N-1-L.jpg", experts=(MEAN, "1", "2"))

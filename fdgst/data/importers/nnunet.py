"""Importer ``nnunet``: a data set of nnU-Net v2 with pictures of two dimensions.

``DatasetNNN_Name/{dataset.json,imagesTr,labelsTr}``, and ``imagesTs`` with ``labelsTs`` where there are labels for
test. A colour image may be one file, ``case_0000.png``, or one for each channel, ``case_0000.png`` to
``case_0002.png``: these are joined into one picture beside the table. Labels are used as they are; what they mean is
said as a task's structures.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from fdgst.data.importers.drawn import as_it_is
from fdgst.data.importers.kernel import Choice, Item, LeftOut, RawSet, identifier
from fdgst.data.importers.listing import Listing, index
from fdgst.data.photographs import read_photograph
from fdgst.errors import DataError

ENDINGS = (".png", ".tif", ".tiff", ".bmp")
FOLDER = re.compile(r"^dataset\d+_(?P<name>.+)$", re.IGNORECASE)
SPLITS = {"tr": "train", "ts": "test"}


def find(listing: Listing, choice: Choice) -> Iterator[Item | LeftOut]:
    """Yield the cases of every data set in the folder, by path."""
    for hit in listing.hits(r"dataset\.json"):
        yield from _cases(listing, hit.path, choice)


def _cases(listing: Listing, settings: Path, choice: Choice) -> Iterator[Item | LeftOut]:
    """Yield the cases of one data set."""
    ending = _ending(settings)
    top = settings.parent
    named = FOLDER.match(top.name)
    domain = choice.domain or identifier(named["name"] if named else top.name)
    base = re.escape(listing.relative(settings).removesuffix("dataset.json"))
    files = rf"{base}images(?P<split>tr|ts)/(?P<key>[^/]+)_(?P<channel>\d{{4}}){re.escape(ending)}"
    labels = rf"{base}labels(?P<split>tr|ts)/(?P<key>[^/]+){re.escape(ending)}"
    drawings = index(listing.hits(labels), lambda hit: (hit.groups["split"], hit.groups["key"]))
    channels: dict[tuple[str, str], dict[str, Path]] = defaultdict(dict)
    for hit in listing.hits(files):
        channels[hit.groups["split"], hit.groups["key"]][hit.groups["channel"]] = hit.path
    tested = any(split == "ts" for split, _ in drawings)
    for (split, key), found in channels.items():
        paths = [found[channel] for channel in sorted(found)]
        if len(paths) not in (1, 3):
            yield LeftOut(paths[0], f"{len(paths)} channels; one and three can be read")
            continue
        if (split, key) not in drawings:
            yield LeftOut(paths[0], f"no label of its name in labels{split.capitalize()}")
            continue
        mask = drawings[split, key]
        pixels = partial(_joined, paths) if len(paths) == 3 else None
        side = SPLITS[split] if tested else ""
        yield Item(paths[0], domain, mask.stem, partial(as_it_is, mask), split=side, mask=mask, pixels=pixels)


def _ending(settings: Path) -> str:
    """Return the end of the files' names, of a data set that can be read."""
    try:
        found: Any = json.loads(settings.read_bytes())
        ending = str(found.get("file_ending", ".png")).lower()
    except (ValueError, AttributeError) as error:
        raise DataError(f"{settings}: expected a data set's JSON, found what is none ({error})") from error
    if ending not in ENDINGS:
        raise DataError(
            f"{settings}: expected file_ending to be one of {', '.join(ENDINGS)}, pictures of two dimensions, found"
            f" {ending!r}"
        )
    return ending


def _joined(paths: list[Path]) -> np.ndarray:
    """Join the files of three channels into one picture."""
    planes = [read_photograph(path, channels=1, bits=8).pixels for path in paths]
    if len({plane.shape for plane in planes}) > 1:
        raise DataError(
            f"{paths[0]}: expected the channels of a case to be of one size, found {len(planes)} that differ"
        )
    return np.concatenate(planes, axis=2)


RAW = RawSet(
    find,
    "dataset.json with imagesTr/*_0000.png and labelsTr/*.png",
    values="masks are used as they are: dataset.json says what their numbers mean, and the task must say it again",
    one_domain=True,
    in_place=True,
)

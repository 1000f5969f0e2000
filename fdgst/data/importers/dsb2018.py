"""Importer ``dsb2018``: the training images of the 2018 Data Science Bowl (BBBC038v1), as its makers publish them.

In ``stage1_train`` each image is a folder ``{id}/images/{id}.png`` with one mask per nucleus, ``{id}/masks/*.png``.
They become one mask per image, 255 nucleus and 0 background. The set has no labels of microscopes; the domains are told
apart by what their images look like (`microscope`). Of each domain every third image, by id, is for test: images that
come after the last id change no other's split.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from fdgst.data.importers.drawn import Drawn, Size
from fdgst.data.importers.kernel import Choice, Item, LeftOut, RawSet
from fdgst.data.importers.listing import Listing
from fdgst.data.photographs import read_grey_mask, read_photograph
from fdgst.errors import DataError
from fdgst.progress import progress
from fdgst.storage import SPLITS

IMAGE = r"(?P<id>[^/]+)/images/(?P<name>[^/]+)\.png"
MASK = r"(?P<id>[^/]+)/masks/[^/]+\.png"
COLOURED, DARK, LIGHT = 3.0, 100.0, 170.0  # mean saturation, percent; mean grey levels
TEST_EVERY = 3
SIZE = "fluorescence of another size than 256x256 and 360x360"


def find(listing: Listing, choice: Choice) -> Iterator[Item | LeftOut | DataError]:
    """Yield the images, by id."""
    nuclei = defaultdict(list)
    for hit in listing.hits(MASK):
        nuclei[hit.path.parents[1]].append(hit.path)
    found = [hit.path for hit in listing.hits(IMAGE) if hit.groups["id"] == hit.groups["name"]]
    places: Counter[str] = Counter()
    for path in progress(found, total=len(found), description="microscopes", unit="image"):
        try:
            image = read_photograph(path, channels=3, bits=8).pixels
            domain = microscope(image)
            mask = _union(nuclei[path.parents[1]], image.shape[:2]) if domain else np.zeros(0)
        except DataError as error:
            yield error
            continue
        if not domain or not mask.any():
            yield LeftOut(path, "no nucleus in the masks" if domain else SIZE)
            continue
        split = SPLITS[places[domain] % TEST_EVERY == TEST_EVERY - 1]
        places[domain] += 1
        yield Item(path, domain, path.stem, partial(_drawn, mask), split=split)


def microscope(image: np.ndarray) -> str:
    """Tell which domain an image belongs to, from its own pixels.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width, 3)

    Returns
    -------
    str
        By mean saturation, 100 (max - min) / max of a pixel's channels, and mean grey level. Below 3:
        ``fluorescence_256`` or ``fluorescence_360`` (by the side, in pixels) where the mean is below 100, else
        ``brightfield``. From 3 on: ``tissue_light`` where the mean is above 170, else ``tissue_dark``. Empty for
        fluorescence of another size, which is neither of the two microscopes.
    """
    high, low = image.max(axis=2).astype(float), image.min(axis=2).astype(float)
    saturation = 100 * np.divide(high - low, high, out=np.zeros_like(high), where=high > 0).mean()
    grey = image.mean()
    if saturation >= COLOURED:
        return "tissue_light" if grey > LIGHT else "tissue_dark"
    if grey >= DARK:
        return "brightfield"
    height, width = image.shape[:2]
    return f"fluorescence_{height}" if height == width and height in (256, 360) else ""


def _union(paths: list[Path], shape: tuple[int, ...]) -> np.ndarray:
    """Join the masks of single nuclei, uint8 (height, width) of 0 and 255."""
    union = np.zeros(shape, bool)
    for path in paths:
        grey = read_grey_mask(path).pixels
        if grey.shape != shape:
            raise DataError(
                f"{path}: expected the size of its image, {shape[1]}x{shape[0]}, found {grey.shape[1]}x{grey.shape[0]}"
            )
        union |= grey > 0
    return np.where(union, np.uint8(255), np.uint8(0))


def _drawn(mask: np.ndarray, size: Size) -> Drawn:
    """Return what was read already, when the image was told apart."""
    return Drawn(mask)


RAW = RawSet(
    find,
    "{id}/images/{id}.png and {id}/masks/*.png",
    values="masks: 255 nucleus, 0 background",
    in_place=True,
)

"""Importer ``dsb2018``: the training images of the 2018 Data Science Bowl (BBBC038v1), as its makers publish them.

In ``stage1_train`` each image is a folder ``{id}/images/{id}.png`` with one mask per nucleus, ``{id}/masks/*.png``.
They become one mask per image, 255 nucleus and 0 background, in a folder beside the table. The set has no labels of
microscopes; the domains are told apart by what their images look like (`microscope`). Of each domain every third image,
by id, is for test: images that come after the last id change no other's split.
"""

import csv
import io
import os
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from PIL import Image

from fdgst.data.photographs import read_grey_mask, read_photograph
from fdgst.errors import DataError
from fdgst.progress import progress
from fdgst.storage import SPLITS
from fdgst.storage.atomic import atomic, write_text

COLUMNS = ("image", "mask", "domain", "split", "name")
WANTED = "{id}/images/{id}.png"
COLOURED, DARK, LIGHT = 3.0, 100.0, 170.0  # mean saturation, percent; mean grey levels
TEST_EVERY = 3


def make_table(folder: Path, out: Path) -> list[str]:
    """Write the table of the set, and its masks beside it.

    Parameters
    ----------
    folder : Path
        ``stage1_train``, or the folder that holds it.
    out : Path
        The table, CSV, columns `COLUMNS`; the masks go into ``{its name without suffix}_masks/``. Paths are relative
        to the table.

    Returns
    -------
    list of str
        Images per domain and split, and what was left out and why.

    Raises
    ------
    DataError
        If no image is found, or an image or a mask cannot be read: one line for each.
    """
    base, found = _images(folder)
    masks = out.with_name(f"{out.stem}_masks")
    faults: list[str] = []
    left_out: Counter[str] = Counter()
    domains: dict[str, list[dict[str, str]]] = defaultdict(list)
    for path in progress(found, total=len(found), description="import dsb2018", unit="image"):
        name = path.stem
        try:
            image = read_photograph(path, channels=3, bits=8).pixels
            domain = microscope(image)
            if not domain:
                left_out["fluorescence of another size than 256x256 and 360x360"] += 1
                continue
            mask = _union(base / name / "masks", image.shape[:2])
        except DataError as error:
            faults += error.faults
            continue
        if not mask.any():
            left_out["no nucleus in the masks"] += 1
            continue
        target = masks / f"{name}.png"
        with atomic(target) as part:
            Image.fromarray(mask).save(part, format="PNG")
        row = {"image": _relative(path, out), "mask": _relative(target, out), "domain": domain, "name": name}
        domains[domain].append(row)
    if faults:
        raise DataError(*faults)
    rows = [
        row | {"split": SPLITS[place % TEST_EVERY == TEST_EVERY - 1]}
        for _, images in sorted(domains.items())
        for place, row in enumerate(images)
    ]
    write_text(out, _csv(rows))
    return _told(rows, left_out, out)


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


def _images(folder: Path) -> tuple[Path, list[Path]]:
    """Find the images, by id, in a folder or in its ``stage1_train``."""
    for base in (folder, folder / "stage1_train"):
        found = sorted(path for path in base.glob("*/images/*.png") if path.stem == path.parents[1].name)
        if found:
            return base, found
    raise DataError(
        f"{folder}: expected {WANTED} in it or in its folder stage1_train, found none; unpack stage1_train.zip there"
    )


def _union(folder: Path, shape: tuple[int, ...]) -> np.ndarray:
    """Join the masks of single nuclei, uint8 (height, width) of 0 and 255."""
    paths = sorted(folder.glob("*.png"))
    if not paths:
        raise DataError(f"{folder}: expected one PNG per nucleus, found none")
    union = np.zeros(shape, bool)
    for path in paths:
        grey = read_grey_mask(path).pixels
        if grey.shape != shape:
            raise DataError(
                f"{path}: expected the size of its image, {shape[1]}x{shape[0]}, found {grey.shape[1]}x{grey.shape[0]}"
            )
        union |= grey > 0
    return np.where(union, np.uint8(255), np.uint8(0))


def _relative(path: Path, out: Path) -> str:
    """Write a path as seen from the table's folder."""
    return Path(os.path.relpath(path.resolve(), out.parent.resolve())).as_posix()


def _csv(rows: list[dict[str, str]]) -> str:
    """Write the table as text."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _told(rows: list[dict[str, str]], left_out: Counter[str], out: Path) -> list[str]:
    """Say what was found and what was left out."""
    counts = Counter((row["domain"], row["split"]) for row in rows)
    told = [
        f"{domain}: " + ", ".join(f"{counts[domain, split]} {split}" for split in SPLITS) + " images"
        for domain in sorted({row["domain"] for row in rows})
    ]
    told += [f"left out: {count} images: {why}" for why, count in sorted(left_out.items())]
    return [*told, f"{out}: {len(rows)} images"]

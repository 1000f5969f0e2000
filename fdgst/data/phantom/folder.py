"""The phantom as PNG files: in the layout of the public preprocessed set, or as a table with a mask per structure.

A table's folder holds ``images.csv``, which the reader ``table`` reads, ``images/{domain}/{name}.png`` and
``masks/{structure}/{domain}/{name}.png``; there disc and vessels overlap without one holding the other, and a lesion
may be absent.
"""

import csv
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from fdgst.data.phantom.drawing import draw
from fdgst.data.phantom.reader import STRUCTURES, has_lesion, image_name
from fdgst.errors import ConfigError, DataError
from fdgst.progress import progress
from fdgst.storage import SPLITS

TABLE = "images.csv"


def write_folder(
    out: Path,
    *,
    seed: int,
    size_px: tuple[int, int],
    train: int,
    test: int,
    domains: int,
    rgb_masks: Collection[int],
    jobs: int,
    layout: str = "fundus",
    channels: int = 3,
    bits: int = 8,
    lesions: float = 0.0,
) -> int:
    """Draw the phantom's domains into a folder, which appears only when all its images are written.

    Parameters
    ----------
    out : Path
        Folder that is made.
    seed, size_px
        As of `fdgst.data.phantom.drawing.draw`; a size is (height, width).
    train, test : int
        Images of each domain.
    domains : int
        Number of domains, a camera each.
    rgb_masks : collection of int
        Domains whose masks are stored as RGB with equal channels; the others' are grey.
    jobs : int
        Processes to draw with.
    layout : {'fundus', 'table'}
        ``Domain{number}/{train,test}/ROIs/{image,mask}/*.png``, or a table with a mask for each of the four structures.
    channels, bits : int
        Of the images: colour of 8 bits, grey of 8 or 16.
    lesions : float
        Share of the images with a lesion, in [0, 1].

    Returns
    -------
    int
        Number of images.

    Raises
    ------
    DataError
        If `out` exists and is not an empty folder.
    ConfigError
        If `rgb_masks` names a domain that is not drawn, or 16 bits are asked for in colour, which Pillow cannot write.
    """
    unknown = sorted(set(rgb_masks) - set(range(1, domains + 1)))
    if unknown:
        raise ConfigError(f"--rgb-masks: expected domains from 1 to {domains}, found {', '.join(map(str, unknown))}")
    if bits == 16 and channels == 3:
        raise ConfigError("--bits: expected 8 for images in colour, found 16; give --channels 1")
    items: list[dict[str, Any]] = [
        {"number": number, "split": split, "index": index}
        for number in range(1, domains + 1)
        for split, count in zip(SPLITS, (train, test), strict=True)
        for index in range(count)
    ]
    settings: dict[str, Any] = {"seed": seed, "size_px": size_px, "layout": layout, "channels": channels, "bits": bits}
    with new_folder(out) as part:
        draw_all(
            [
                partial(_write, part, **item, **settings, rgb=item["number"] in rgb_masks, lesions=lesions)
                for item in items
            ],
            jobs=jobs,
        )
        if layout == "table":
            _write_table(part / TABLE, items)
    return len(items)


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """Yield a folder beside `out`, which takes that name when all is written; of a failure nothing is left.

    Raises
    ------
    DataError
        If `out` exists and is not an empty folder.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise DataError(
            f"{out}: expected a new or an empty folder, found one in use; remove it or choose another --out"
        )
    part = out.with_name(out.name + ".part")
    shutil.rmtree(part, ignore_errors=True)  # of an attempt that was killed
    try:
        yield part
        part.replace(out)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def draw_all(tasks: Sequence[Callable[[], None]], *, jobs: int) -> None:
    """Draw images by some processes; each of `tasks` draws one."""
    with ProcessPoolExecutor(jobs) as pool:
        drawn = [pool.submit(task) for task in tasks]
        try:
            for image in progress(as_completed(drawn), total=len(drawn), description="phantom", unit="image"):
                image.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _write(
    part: Path,
    *,
    number: int,
    split: str,
    index: int,
    seed: int,
    size_px: tuple[int, int],
    layout: str,
    channels: int,
    bits: int,
    rgb: bool,
    lesions: float,
) -> None:
    """Draw one image and write it and its masks."""
    drawing = draw(
        seed=seed, number=number, split=split, index=index, size_px=size_px, lesion=has_lesion(index, lesions)
    )
    name = image_name(number, split, index)
    image = drawing.levels(channels=channels, bits=bits)
    if layout == "table":
        image_path, mask_paths = _places(number, name)
    else:
        image_path, mask = (f"Domain{number}/{split}/ROIs/{kind}/{name}.png" for kind in ("image", "mask"))
        mask_paths = {"mask": mask}
    _save(part / image_path, image if channels == 3 else image[..., 0])
    for column, path in mask_paths.items():
        grey = drawing.grey(column)
        _save(part / path, np.repeat(grey[..., None], 3, axis=2) if rgb else grey)


def _places(number: int, name: str) -> tuple[str, dict[str, str]]:
    """Return the paths of an image and its masks in a table's folder."""
    masks = {structure: f"masks/{structure}/domain{number}/{name}.png" for structure in STRUCTURES}
    return f"images/domain{number}/{name}.png", masks


def _write_table(path: Path, items: list[dict[str, Any]]) -> None:
    """Write the table of all images."""
    with path.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("image", *STRUCTURES, "domain", "split"))
        for item in items:
            image, masks = _places(item["number"], image_name(**item))
            writer.writerow((image, *masks.values(), f"domain{item['number']}", item["split"]))


def _save(path: Path, pixels: np.ndarray) -> None:
    """Write pixels as PNG, with folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)

"""The phantom as PNG files in the layout of the public preprocessed set (see `fdgst.data.fundus`)."""

import shutil
from collections.abc import Collection
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from PIL import Image

from fdgst.data.phantom.reader import draw, image_name
from fdgst.data.pictures import GREYS
from fdgst.errors import ConfigError, DataError
from fdgst.progress import progress
from fdgst.storage.rois import SPLITS

_GREY_OF_LABEL = np.array(GREYS[::-1], np.uint8)  # background, rim, cup


def write_folder(
    out: Path,
    *,
    seed: int,
    size_px: int,
    train: int,
    test: int,
    domains: int,
    rgb_masks: Collection[int],
    jobs: int,
) -> int:
    """Draw the phantom's domains into a folder, which appears only when all its images are written.

    Parameters
    ----------
    out : Path
        Folder that is made; ``out/Domain{number}/{train,test}/ROIs/{image,mask}/*.png``.
    seed, size_px : int
        As of `fdgst.data.phantom.reader.draw`.
    train, test : int
        Images of each domain.
    domains : int
        Number of domains, a camera each.
    rgb_masks : collection of int
        Domains whose masks are stored as RGB with equal channels; the others' are grey.
    jobs : int
        Processes to draw with.

    Returns
    -------
    int
        Number of images.

    Raises
    ------
    DataError
        If `out` exists and is not an empty folder.
    ConfigError
        If `rgb_masks` names a domain that is not drawn.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise DataError(
            f"{out}: expected a new or an empty folder, found one in use; remove it or choose another --out"
        )
    unknown = sorted(set(rgb_masks) - set(range(1, domains + 1)))
    if unknown:
        raise ConfigError(f"--rgb-masks: expected domains from 1 to {domains}, found {', '.join(map(str, unknown))}")
    part = out.with_name(out.name + ".part")
    shutil.rmtree(part, ignore_errors=True)  # of an attempt that was killed
    tasks = [
        delayed(_write)(
            part, seed=seed, size_px=size_px, number=number, split=split, index=index, rgb=number in rgb_masks
        )
        for number in range(1, domains + 1)
        for split, count in zip(SPLITS, (train, test), strict=True)
        for index in range(count)
    ]
    try:
        drawn = Parallel(n_jobs=jobs, return_as="generator_unordered")(tasks)
        for _ in progress(drawn, total=len(tasks), description="phantom", unit="image"):
            pass
        part.replace(out)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return len(tasks)


def _write(part: Path, *, seed: int, size_px: int, number: int, split: str, index: int, rgb: bool) -> None:
    """Draw one image and write it and its mask."""
    image, label = draw(seed=seed, number=number, split=split, index=index, size_px=size_px)
    mask = _GREY_OF_LABEL[label]
    pictures = {"image": image, "mask": np.repeat(mask[..., None], 3, axis=2) if rgb else mask}
    for kind, pixels in pictures.items():
        folder = part / f"Domain{number}" / split / "ROIs" / kind
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(folder / f"{image_name(number, split, index)}.png")

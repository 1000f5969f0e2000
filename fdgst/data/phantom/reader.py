"""Reader ``phantom``: drawn ROIs with exact labels. Needs no download, and no photograph of a person.

An image is drawn from what it is: the seed, its domain's number, its split and its index; nothing else changes it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from fdgst.core.seeding import generator
from fdgst.data.exclusion import excluded, unknown
from fdgst.data.phantom.anatomy import Eye, draw_eye
from fdgst.data.phantom.camera import Camera, camera, develop
from fdgst.data.phantom.frame import Frame
from fdgst.data.phantom.paint import inside, reflectance
from fdgst.data.phantom.vessels import grow
from fdgst.data.sample import Entry, Sample
from fdgst.errors import DataError
from fdgst.storage.rois import SPLITS

FIELD = (6.5, 7.5)  # diameter of a photograph's field of view, disc heights: about 45 degrees


def files(dataset: Mapping[str, Any], folder: str) -> list[Path]:
    """Return no file: what is drawn is read from none."""
    return []


def entries(dataset: Mapping[str, Any], folder: str, number: int) -> list[Entry]:
    """List the images of a domain.

    Parameters
    ----------
    dataset : mapping
        With `seed`, `size_px`, `train` and `test` (numbers of images: one for all domains, or one for each) and
        `exclude`.
    folder : str
        The domain's name in `exclude`.
    number : int
        Its camera, from 1.

    Returns
    -------
    list of Entry
        Training images first, in order of their index, named by camera, split and index (``c1_train_000``).

    Raises
    ------
    DataError
        If a split has no image that is left, or an exclusion names no image.
    """
    counts = {split: _count(dataset[split], number) for split in SPLITS}
    names = {split: [image_name(number, split, index) for index in range(count)] for split, count in counts.items()}
    faults = unknown(dataset["exclude"], folder, {split: [f"{name}.png" for name in names[split]] for split in SPLITS})
    found = []
    for split in SPLITS:
        out = excluded(dataset["exclude"], folder, split)
        kept = [index for index, name in enumerate(names[split]) if f"{name}.png" not in out]
        found += [_entry(dataset, number, split, index) for index in kept]
        if not kept:
            faults.append(f"dataset.{split}: expected at least one image of {folder}, found none that is left")
    if faults:
        raise DataError(*faults)
    return found


def draw(*, seed: int, number: int, split: str, index: int, size_px: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw one ROI.

    Parameters
    ----------
    seed : int
        Of the data set.
    number : int
        Of the domain, from 1: its camera.
    split : str
        ``train`` or ``test``.
    index : int
        Of the image in its split, from 0.
    size_px : int
        Side. The eye, its picture and its label are the same at any size, but for what pixels cannot show.

    Returns
    -------
    image : ndarray of uint8, shape (size_px, size_px, 3)
        RGB.
    label : ndarray of uint8, shape (size_px, size_px)
        0 background, 1 rim, 2 cup.

    Raises
    ------
    ValueError
        If the size is less than 16 pixels or the number less than 1: nothing could be seen, or there is no camera.
    """
    if size_px < 16:
        raise ValueError(f"size_px must be >= 16, got {size_px}")
    identity = ("phantom", seed, number, split, index)
    by = camera(number)
    eye = _eye(identity, by)
    rng = generator(*identity, "frame")
    width = 1 / rng.uniform(*by.disc_fraction)
    centre = rng.uniform(-0.05, 0.05, 2) * width
    frame = Frame(size_px, size_px, width, (float(centre[0]), float(centre[1])))
    image = _photographed(identity, eye, frame, by, aperture=None)
    x, y = frame.axes()
    label = (eye.disc.distance(x, y) < 0).astype(np.uint8) + (eye.cup.distance(x, y) < 0)
    return image, label


def photograph(*, seed: int, number: int, index: int, height_px: int, width_px: int) -> np.ndarray:
    """Draw a whole fundus photograph: a round field of view in black, the disc to one side of the macula.

    Parameters
    ----------
    seed, number : int
        As of `draw`.
    index : int
        Of the photograph; it shows another eye than the ROI of that index.
    height_px, width_px : int
        Size. The field of view touches the nearer edges.

    Returns
    -------
    ndarray of uint8, shape (height_px, width_px, 3)
        RGB.
    """
    identity = ("phantom", seed, number, "photograph", index)
    by = camera(number)
    eye = _eye(identity, by)
    rng = generator(*identity, "frame")
    field = rng.uniform(*FIELD)
    centre = eye.side * rng.uniform(1.3, 1.9), rng.normal(0.1, 0.15)
    frame = Frame(height_px, width_px, field * width_px / min(height_px, width_px), centre)
    x, y = frame.axes()
    edge = np.hypot(x - centre[0], y - centre[1]) - field * 0.495
    return _photographed(identity, eye, frame, by, aperture=inside(edge, 0.03))


def image_name(number: int, split: str, index: int) -> str:
    """Return what an image is called: by its camera, its split and its index, as in ``c1_train_000``."""
    return f"c{number}_{split}_{index:03d}"


def _count(numbers: int | Sequence[int], number: int) -> int:
    """Return one domain's number of images."""
    return numbers if isinstance(numbers, int) else numbers[number - 1]


def _entry(dataset: Mapping[str, Any], number: int, split: str, index: int) -> Entry:
    """Name an image and say how it is drawn."""
    what = {"seed": dataset["seed"], "number": number, "split": split, "index": index, "size_px": dataset["size_px"]}
    return Entry(image_name(number, split, index), split, partial(_load, **what))


def _load(*, number: int, split: str, index: int, **what: int) -> Sample:
    """Draw an image as a sample."""
    image, label = draw(number=number, split=split, index=index, **what)
    return Sample(
        image_name(number, split, index), split, image, label, hashlib.sha256(image.tobytes()).hexdigest(), ()
    )


def _eye(identity: tuple[str | int, ...], by: Camera) -> Eye:
    """Draw a patient of a camera's clinic."""
    return draw_eye(
        generator(*identity, "eye"),
        cup_ratio=by.cup_ratio,
        pallor=by.pallor,
        pigment=by.pigment,
        tessellation=by.tessellation,
    )


def _photographed(
    identity: tuple[str | int, ...], eye: Eye, frame: Frame, by: Camera, *, aperture: np.ndarray | None
) -> np.ndarray:
    """Grow the eye's vessels as far as the frame shows them, paint it, and take its picture."""
    reach = max(frame.width + 2 * abs(frame.centre[0]), frame.height + 2 * abs(frame.centre[1])) / 2 * 1.1
    vessels = grow(generator(*identity, "vessels"), side=eye.side, reach=reach)
    light = reflectance(generator(*identity, "texture"), eye, vessels, frame)
    return develop(generator(*identity, "camera"), light, frame, by, aperture=aperture)

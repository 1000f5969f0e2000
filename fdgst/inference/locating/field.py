"""The field of view of a photograph: what is eye and what is the black around it, and how large the eye is shown."""

from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

FIELD_PX = 300  # the field's diameter at which the disc is searched: trunks are then some four pixels wide
GLANCE_PX = 400  # longer side of the reduced photograph in which the field is found
DARK = 12  # grey levels, and
DARK_FRACTION = 0.15  # of the bright parts' level: what is below either is surround
CROPPED = 0.97  # share of the photograph from which on the field fills it
ROUNDS = 4  # of fitting a circle and leaving out what lies off it: notches, haze at the rim


@dataclass(frozen=True)
class View:
    """A photograph brought to the size at which the disc is searched.

    Attributes
    ----------
    green : ndarray of float32, shape (height, width)
        Logarithm of the green channel (of a grey photograph its only one), so that a factor on the light is a constant.
    inside : ndarray of bool, shape (height, width)
        The field of view.
    scale : float
        Pixels of the view per pixel of the photograph.
    """

    green: np.ndarray
    inside: np.ndarray
    scale: float


def view_of(image: np.ndarray) -> View | None:
    """Find the field of view of a photograph and reduce it to `FIELD_PX`.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width, C)
        C is 1 or 3.

    Returns
    -------
    View or None
        None where the photograph is black.

    Notes
    -----
    ASSUME: a photograph without black around its field is cut out of one; its diagonal then stands for the diameter.
    """
    height, width = image.shape[:2]
    glance = GLANCE_PX / max(height, width)
    step = max(1, int(0.5 / glance))  # every second pixel of what is averaged: the field is large
    small = _resized(image[::step, ::step], (max(8, round(height * glance)), max(8, round(width * glance))))
    inside = _inside(small)
    if inside is None:
        return None
    scale = FIELD_PX / _diameter(inside) * glance  # pixels of the view per pixel of the photograph
    size = max(8, round(height * scale)), max(8, round(width * scale))
    green, step = min(1, image.shape[2] - 1), max(1, int(0.25 / scale))
    levels = _resized(image[::step, ::step, green : green + 1], size)[..., 0].astype(np.float32)
    mask = np.asarray(Image.fromarray(inside).resize(size[::-1], Image.Resampling.NEAREST))
    return View(np.log(levels + 8), mask, size[1] / width)


def _resized(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize a photograph by averaging, shape (*size, C)."""
    rule = Image.Resampling.BOX if size[0] < image.shape[0] else Image.Resampling.BICUBIC
    picture = Image.fromarray(np.ascontiguousarray(image[..., 0] if image.shape[2] == 1 else image))
    return np.asarray(picture.resize(size[::-1], rule)).reshape(*size, -1)


def _inside(small: np.ndarray) -> np.ndarray | None:
    """Return the largest bright part of a photograph without its holes, None where nothing is bright."""
    light = ndimage.gaussian_filter(small.max(axis=-1).astype(np.float32), 1)
    labels, count = ndimage.label(light > max(DARK, DARK_FRACTION * np.percentile(light, 95)))
    if not count:
        return None
    return ndimage.binary_fill_holes(labels == 1 + np.bincount(labels.ravel())[1:].argmax())


def _diameter(inside: np.ndarray) -> float:
    """Return the diameter of the circle whose arcs the field shows; the diagonal where it shows too few."""
    height, width = inside.shape
    edge = inside & ~ndimage.binary_erosion(inside, border_value=1)
    edge[:2] = edge[-2:] = edge[:, :2] = edge[:, -2:] = False
    y, x = np.nonzero(edge)
    diagonal = float(np.hypot(height, width))
    if inside.mean() > CROPPED or len(x) < (height + width) / 4:
        return diagonal
    kept = np.ones(len(x), bool)
    for _ in range(ROUNDS):  # x^2 + y^2 = 2 a x + 2 b y + c, least squares
        terms = np.stack([2 * x[kept], 2 * y[kept], np.ones(kept.sum())], axis=1)
        a, b, c = np.linalg.lstsq(terms, (x[kept] ** 2 + y[kept] ** 2).astype(float), rcond=None)[0]
        radius = np.sqrt(max(c + a * a + b * b, 1))
        off = np.abs(np.hypot(x - a, y - b) - radius)
        kept = off < max(2 * np.median(off), 1.5)
    return float(np.clip(2 * radius, min(height, width) / 2, 2 * diagonal))

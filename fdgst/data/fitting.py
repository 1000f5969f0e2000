"""Cutting, padding, and the aspect of ROIs: what happens to an image and its masks before anything is resized."""

from collections.abc import Mapping

import numpy as np

from fdgst.data.source import Box
from fdgst.study.task import Task


def background_of(task: Task) -> int:
    """Return the grey value that stands for background where a mask is enlarged.

    ASSUME: 0 where it is background, else the highest background value: the two customs of masks.
    """
    if any(low == 0 for low, _ in task.background):
        return 0
    return max((high for _, high in task.background), default=0)


def cut(pixels: np.ndarray, box: Box, *, fill: int) -> np.ndarray:
    """Cut a box out of an image or a mask; where it reaches over the border, it is filled.

    Parameters
    ----------
    pixels : ndarray, shape (height, width) or (height, width, C)
    box : (left, top, width, height)
        In pixels; may begin left of 0 and end beyond the border.
    fill : int
        Value outside.

    Returns
    -------
    ndarray, shape (box height, box width) or with C

    Examples
    --------
    >>> cut(np.array([[1, 2], [3, 4]]), (1, -1, 2, 2), fill=0)
    array([[0, 0],
           [2, 0]])
    """
    left, top, width, height = box
    out = np.full((height, width, *pixels.shape[2:]), fill, pixels.dtype)
    rows = slice(max(top, 0), max(min(top + height, pixels.shape[0]), 0))
    columns = slice(max(left, 0), max(min(left + width, pixels.shape[1]), 0))
    inner = pixels[rows, columns]
    if inner.size:
        out[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left] = inner
    return out


def same_aspect(size_px: tuple[int, int], roi_size_px: tuple[int, int]) -> bool:
    """Tell whether an image of some size (height, width) has the ROIs' aspect, to the rounding of half a pixel."""
    return abs(size_px[0] - size_px[1] * roi_size_px[0] / roi_size_px[1]) <= 0.5


def padded_size(size_px: tuple[int, int], roi_size_px: tuple[int, int]) -> tuple[int, int]:
    """Return the smallest size (height, width) of the ROIs' aspect that holds an image."""
    height, width = size_px
    return (
        max(height, round(width * roi_size_px[0] / roi_size_px[1])),
        max(width, round(height * roi_size_px[1] / roi_size_px[0])),
    )


def pad(
    image: np.ndarray, greys: Mapping[str, np.ndarray], size_px: tuple[int, int], *, background: int
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Centre an image in black and its masks in background; of an odd border the larger half is right and below."""
    top, left = ((wanted - found) // 2 for wanted, found in zip(size_px, image.shape[:2], strict=True))
    box = (-left, -top, size_px[1], size_px[0])
    return cut(image, box, fill=0), {column: cut(grey, box, fill=background) for column, grey in greys.items()}

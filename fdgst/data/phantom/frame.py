"""The frame of a drawing: which part of the eye it shows, and textures that do not depend on its pixels.

Lengths of the eye are measured in disc heights, from the middle of the disc, x to the right and y downwards. A pixel
stands for its centre. Whatever is drawn at random lives on grids that depend on the frame's extent alone, so that
the same eye at another number of pixels is the same picture.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image


@dataclass(frozen=True)
class Frame:
    """A rectangle of the eye's plane and its pixels.

    Attributes
    ----------
    height_px, width_px : int
        Pixels.
    width : float
        Extent, disc heights.
    centre : tuple of float
        Its middle (x, y), disc heights.
    """

    height_px: int
    width_px: int
    width: float
    centre: tuple[float, float]

    @property
    def px(self) -> float:
        """Pixels per disc height."""
        return self.width_px / self.width

    @property
    def height(self) -> float:
        """Extent, disc heights."""
        return self.height_px / self.px

    def axes(self) -> tuple[np.ndarray, np.ndarray]:
        """Return x (1, width_px) and y (height_px, 1) of the pixels' centres, disc heights, float32."""
        x = self.centre[0] + ((np.arange(self.width_px) + 0.5) / self.width_px - 0.5) * self.width
        y = self.centre[1] + ((np.arange(self.height_px) + 0.5) / self.height_px - 0.5) * self.height
        return x[None, :].astype(np.float32), y[:, None].astype(np.float32)

    def pixels(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return where points (disc heights) lie in pixels; the first pixel's centre is (0, 0)."""
        column = ((x - self.centre[0]) / self.width + 0.5) * self.width_px - 0.5
        row = ((y - self.centre[1]) / self.height + 0.5) * self.height_px - 0.5
        return column, row


def stretch(grid: np.ndarray, frame: Frame) -> np.ndarray:
    """Bring a grid of numbers (float32, any shape) to a frame's pixels, bicubic, low-passed where it shrinks."""
    picture = Image.fromarray(np.ascontiguousarray(grid, np.float32))
    return np.asarray(picture.resize((frame.width_px, frame.height_px), Image.Resampling.BICUBIC))


def noise(rng: np.random.Generator, frame: Frame, *, cell: float) -> np.ndarray:
    """Draw smooth noise of mean 0 and deviation about 1.

    Parameters
    ----------
    rng : Generator
        Gives the same numbers for any number of pixels.
    frame : Frame
    cell : float
        Size of a bump, disc heights.

    Returns
    -------
    ndarray of float32, shape (height_px, width_px)
    """
    rows, columns = (max(2, round(extent / cell)) for extent in (frame.height, frame.width))
    return stretch(rng.standard_normal((rows, columns), np.float32), frame) * 1.25  # interpolation takes a fifth away


def clouds(rng: np.random.Generator, frame: Frame, *, cell: float, octaves: int) -> np.ndarray:
    """Add `octaves` of noise, each with half the cell and 0.6 of the height of the one before (see `noise`)."""
    heights = 0.6 ** np.arange(octaves)
    layers = [noise(rng, frame, cell=cell / 2**octave) * np.float32(height) for octave, height in enumerate(heights)]
    return np.sum(layers, axis=0) / np.float32(np.linalg.norm(heights))

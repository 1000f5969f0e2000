"""What importers of eyes share: masks read from a file per structure, from a file of three values, from contours."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from fdgst.data.importers.drawn import (
    AbsentError,
    Drawn,
    Size,
    binary,
    coded,
    eye,
    fill,
    fitted,
    levels,
    mean_shape,
    read_points,
)

STRUCTURES = ("disc", "cup")
MEAN = "mean"
Reading = Mapping[str, Callable[[Size], tuple[np.ndarray, tuple[str, ...]]]]  # by structure


def structures(disc: Path, cup: Path | None, *, half: bool = False) -> Callable[[Size], Drawn]:
    """Return how masks of one file per structure are read; `half`: of stereo pairs the left one is taken."""
    files = {"disc": disc} | ({"cup": cup} if cup else {})
    return partial(_read, {name: partial(_file, path, half) for name, path in files.items()})


def one_file(path: Path, *, half: bool = False) -> Callable[[Size], Drawn]:
    """Return how a mask of three values is read, whichever its code."""
    return partial(_one_file, path, half)


def soft_maps(disc: Path, cup: Path, *, threshold: int) -> Callable[[Size], Drawn]:
    """Return how maps of the readers' agreement are read: a structure is where the map is at least the threshold."""
    return partial(_read, {"disc": partial(_soft, disc, threshold), "cup": partial(_soft, cup, threshold)})


def contours(disc: Path, cup: Path | None, *, swapped: bool = False) -> Callable[[Size], Drawn]:
    """Return how contours are read: x and y in a line, or y and x where they are swapped."""
    files = {"disc": disc} | ({"cup": cup} if cup else {})
    return partial(_read, {name: partial(_contour, path, swapped) for name, path in files.items()})


def means(readings: Sequence[Callable[[Size], Drawn]]) -> Callable[[Size], Drawn]:
    """Return how the mean of several drawings is read, see `fdgst.data.importers.drawn.mean_shape`."""
    return readings[0] if len(readings) == 1 else partial(_mean, tuple(readings))


def chosen(
    readings: Mapping[str, Callable[[Size], Drawn]], expert: str, *, published: bool = True
) -> Callable[[Size], Drawn] | None:
    """Return the drawing of an expert: the published mean, or the mean of those there are; None where there is none.

    Parameters
    ----------
    readings : mapping
        By expert; the published mean as ``mean``.
    expert : str
    published : bool
        Whether a mean may be taken from the makers.
    """
    if expert in readings and (expert != MEAN or published):
        return readings[expert]
    experts = [reading for name, reading in sorted(readings.items()) if name != MEAN]
    return means(experts) if expert == MEAN and experts else None


def left_half(size: Size) -> bool:
    """Tell whether an image of a size (height, width) is a stereo pair: two views side by side."""
    return size[1] > 1.2 * size[0]


def _read(reading: Reading, size: Size) -> Drawn:
    """Read each structure by itself."""
    planes, notes = {}, dict[str, None]()
    for structure, read in reading.items():
        planes[structure], told = read(size)
        notes |= dict.fromkeys(told)
    return eye(planes["disc"], planes.get("cup"), tuple(notes))


def _one_file(path: Path, half: bool, size: Size) -> Drawn:
    """Read a mask of three values."""
    grey, notes = fitted(_halved(levels(path), half), size, path)
    disc, cup, told = coded(grey, path)
    return eye(disc, cup, (*notes, *told))


def _file(path: Path, half: bool, size: Size) -> tuple[np.ndarray, tuple[str, ...]]:
    """Read the mask of one structure."""
    return fitted(_halved(binary(path), half), size, path)


def _soft(path: Path, threshold: int, size: Size) -> tuple[np.ndarray, tuple[str, ...]]:
    """Read a map of agreement, 0 to 255."""
    return fitted(np.asarray(levels(path) >= threshold), size, path)


def _contour(path: Path, swapped: bool, size: Size) -> tuple[np.ndarray, tuple[str, ...]]:
    """Read the contour of one structure."""
    points = read_points(path)
    return fill(points[:, ::-1] if swapped else points, size), ()


def _mean(readings: Sequence[Callable[[Size], Drawn]], size: Size) -> Drawn:
    """Read several drawings and take their mean."""
    drawings = [reading(size) for reading in readings]
    greys = [drawing.grey for drawing in drawings]
    disc, cup = (mean_shape([grey <= limit for grey in greys]) for limit in (200, 50))
    if not disc.any():
        raise AbsentError("the experts' discs have no mean: they lie apart")
    return eye(disc, cup, tuple(dict.fromkeys(note for drawing in drawings for note in drawing.notes)))


def _halved(mask: np.ndarray, half: bool) -> np.ndarray:
    """Return the left view of a mask, where it shows two."""
    return mask[:, : mask.shape[1] // 2] if half and left_half((mask.shape[0], mask.shape[1])) else mask

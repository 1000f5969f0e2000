"""What raw sets have for masks: codes of three values, a file per structure, soft maps, contours; brought to one.

Masks of eyes are written as 0 cup, 128 rim (or disc, where a set has no cup), 255 background: the values that the task
of config.yaml reads.
"""

import io
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from fdgst.core.masks import along_border, bounding_box
from fdgst.data.photographs import read_grey_mask
from fdgst.errors import DataError
from fdgst.study.strict import in_words

CUP, RIM, BACKGROUND = 0, 128, 255
ASPECT_TOLERANCE = 0.01  # ASSUME: Drishti-GS has masks that differ by .4 % from their photographs' aspect
SOFT_FRACTION = 0.25
LINE, FARTHEST = 120, 1e6  # of a contour: characters that are looked at, pixels
_FORMATS = ("PNG", "JPEG", "TIFF", "BMP")
_NUMBER = r"[-+]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d+)?"
_POINT = re.compile(rf"^({_NUMBER})(?:[\s;]+|,\s+)({_NUMBER})[,;]?$")
_COMMAS = re.compile(r"^([-+]?\d*\.?\d+),([-+]?\d*\.?\d+),?$")

Size = tuple[int, int]


class AbsentError(Exception):
    """A structure that is not drawn: the image is left out, and the reason said."""


@dataclass(frozen=True)
class Drawn:
    """The mask of an image.

    Attributes
    ----------
    grey : ndarray of uint8 or uint16, shape (height, width)
    notes : tuple of str
        What was done, or is odd: one phrase each, the same for all images that it holds for.
    """

    grey: np.ndarray
    notes: tuple[str, ...] = ()


def levels(path: Path) -> np.ndarray:
    """Read a mask file of any kind.

    Parameters
    ----------
    path : Path
        PNG, JPEG, TIFF or BMP; of colours the largest channel counts, an alpha channel is dropped; of a palette the
        class numbers, where there are at most three, else the colours.

    Returns
    -------
    ndarray of uint8 or uint16, shape (height, width)

    Raises
    ------
    DataError
        If it cannot be decoded, or has several pages.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(path.read_bytes()), formats=_FORMATS) as opened:
                pages = getattr(opened, "n_frames", 1) if opened.format in ("TIFF", "PNG") else 1
                opened.load()
                picture = ImageOps.exif_transpose(opened)
    except Exception as error:  # damaged bytes make Pillow's decoders fail in any way
        text = " ".join(str(error).split())
        reason = type(error).__name__ if not text or "<" in text else text
        raise DataError(f"{path}: expected a mask, found what cannot be decoded ({reason}); copy it again") from error
    if pages > 1:
        raise DataError(f"{path}: expected one mask, found a file of {pages} pages; split it")
    if picture.mode in ("1", "L", "LA"):
        return np.asarray(picture.convert("L"))
    if picture.mode.startswith("I"):
        return np.asarray(picture).astype(np.uint16)
    if picture.mode == "P" and np.asarray(picture).max() <= 2:
        return np.asarray(picture)
    return np.asarray(picture.convert("RGB")).max(axis=2)


def as_it_is(path: Path, size: Size) -> Drawn:
    """Read a mask that is used as it is: its values are the task's to say."""
    return Drawn(read_grey_mask(path).pixels)


def binary(path: Path) -> np.ndarray:
    """Read the mask of one structure: what is brighter than half of its brightest pixel, bool (height, width)."""
    grey = levels(path)
    return np.asarray(grey > grey.max() / 2)


def coded(grey: np.ndarray, path: Path) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Read disc and cup from a mask of three values, of whichever code.

    Parameters
    ----------
    grey : ndarray of uint8, shape (height, width)
        0, 1 and 2, or about 0, 128 and 255. The background is what the border of the mask is; of the other two the
        rim is what has more of its edge in common with the background.
    path : Path
        For errors.

    Returns
    -------
    disc, cup : ndarray of bool, shape (height, width)
        The cup empty where there is one value besides the background.
    notes : tuple of str

    Raises
    ------
    DataError
        If the values are none of a code.
    """
    if grey.max() <= 2:
        classes, soft = grey.astype(int), 0
    else:
        classes = np.digitize(grey, (65, 193))  # about 0, 128 and 255
        soft = int((np.abs(grey.astype(int) - np.array((0, 128, 255))[classes]) > 8).sum())
        if soft > SOFT_FRACTION * grey.size:
            raise DataError(
                f"{path}: expected about three values (0, 1, 2 or 0, 128, 255), found {soft / grey.size:.0%} of the"
                f" pixels elsewhere; is it a mask?"
            )
    border = along_border(classes)
    background = int(np.bincount(border, minlength=3).argmax())
    others = [value for value in range(3) if value != background and (classes == value).any()]
    if len(others) == 2:
        shared = [_touching(classes == value, classes == background) for value in others]
        others = [others[int(np.argmax(shared))], others[int(np.argmin(shared))]]
    disc = classes != background
    cup = classes == others[1] if len(others) == 2 else np.zeros_like(disc)
    return disc, cup, ("mask with soft edges, read as the nearest of three values",) if soft else ()


def eye(disc: np.ndarray, cup: np.ndarray | None, notes: Sequence[str] = ()) -> Drawn:
    """Write disc and cup as one mask.

    Parameters
    ----------
    disc, cup : ndarray of bool, shape (height, width)
        None: the set has no cup. A cup that reaches out of the disc widens it, which is noted.
    notes : sequence of str
        What to tell besides.

    Raises
    ------
    AbsentError
        If one of them is empty, or the disc covers the corners.
    """
    if not disc.any():
        raise AbsentError("no disc is drawn")
    if cup is not None and not cup.any():
        raise AbsentError("no cup is drawn")
    if disc[:: max(len(disc) - 1, 1), :: max(disc.shape[1] - 1, 1)].all():
        raise AbsentError("the disc covers all corners: is the mask inverted?")
    grey = np.where(disc, np.uint8(RIM), np.uint8(BACKGROUND))
    if cup is not None:
        if (cup & ~disc).any():
            notes = (*notes, "cup reaches out of the disc, which takes it in")
        grey[cup] = CUP
    return Drawn(grey, tuple(notes))


def fitted(mask: np.ndarray, size: Size, path: Path) -> tuple[np.ndarray, tuple[str, ...]]:
    """Bring a mask (height, width) to its photograph's size, nearest neighbour, if the aspects agree within 1 %.

    Raises
    ------
    DataError
        If they do not.
    """
    if mask.shape == size:
        return mask, ()
    if abs(mask.shape[1] / mask.shape[0] * size[0] / size[1] - 1) > ASPECT_TOLERANCE:
        raise DataError(
            f"{path}: expected a mask of its photograph's aspect, {in_words(size)}, found {in_words(mask.shape)}; it"
            f" belongs to another version of the photograph"
        )
    rows, columns = (
        np.minimum(((np.arange(wanted) + 0.5) * have / wanted).astype(int), have - 1)
        for wanted, have in zip(size, mask.shape, strict=True)
    )
    return mask[rows[:, None], columns], ("mask of another size than its photograph, brought to it (nearest)",)


def read_points(path: Path, *, least: int = 3) -> np.ndarray:
    """Read a contour: a point per line, two numbers, by blanks, semicolon or comma; a decimal comma may stand in them.

    Parameters
    ----------
    path : Path
    least : int
        How many points there must be.

    Returns
    -------
    ndarray of float, shape (points, 2)
        In the file's order of coordinates.

    Raises
    ------
    DataError
        If a line is no point, or there are too few: all such lines of the file in one fault.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: expected a contour, found what is no text; copy it again") from error
    points, strange = [], []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        cells = _COMMAS.match(line.strip()[:LINE]) or _POINT.match(line.strip()[:LINE])
        point = [float(cell.replace(",", ".")) for cell in cells.groups()] if cells else []
        if point and max(map(abs, point)) < FARTHEST:
            points.append(point)
        else:
            strange.append(number)
    if strange or len(points) < least:
        found = f"none in line {', '.join(map(str, strange[:3]))}" if strange else f"{len(points)} points"
        raise DataError(f"{path}: expected a point (two numbers) per line, {least} or more, found {found}")
    return np.array(points)


def fill(points: np.ndarray, size: Size) -> np.ndarray:
    """Return the pixels whose centres lie inside a closed contour.

    Parameters
    ----------
    points : ndarray of float, shape (points, 2)
        x and y; the centre of the first pixel is (0, 0).
    size : (height, width)

    Returns
    -------
    ndarray of bool, shape (height, width)
        By the even-odd rule; a centre on the contour is inside on its left side only.

    Notes
    -----
    ASSUME: contours count pixels from 0, at their centres; the makers do not say. One pixel of shift moves the Dice
    coefficient of a disc of 400 px by .003.
    """
    height, width = size
    inside = np.zeros(size, bool)
    x, y = points.T
    following_x, following_y = np.roll(x, -1), np.roll(y, -1)
    first, last = max(0, int(np.ceil(y.min()))), min(height - 1, int(np.floor(y.max())))
    columns = np.arange(width)
    for row in range(first, last + 1):
        crosses = (y <= row) != (following_y <= row)
        share = (row - y[crosses]) / (following_y[crosses] - y[crosses])
        at = np.sort(x[crosses] + share * (following_x[crosses] - x[crosses]))
        inside[row] = np.searchsorted(at, columns, side="right") % 2 == 1
    return inside


def mean_shape(masks: Sequence[np.ndarray]) -> np.ndarray:
    """Return the mean of outlines that differ: where the mean signed distance to them is inside.

    Parameters
    ----------
    masks : sequence of ndarray of bool, shape (height, width)
        A vote of two readers has no majority; a mean outline lies halfway. An empty one makes the mean empty.
    """
    if len(masks) == 1 or not all(mask.any() for mask in masks):
        return np.logical_and.reduce(masks)
    from scipy.ndimage import distance_transform_edt  # only now: it takes a while

    rows, columns = bounding_box(*masks)
    window = slice(max(rows.start - 1, 0), rows.stop + 1), slice(max(columns.start - 1, 0), columns.stop + 1)
    distance = np.sum(
        [distance_transform_edt(mask[window]) - distance_transform_edt(~mask[window]) for mask in masks], axis=0
    )
    mean = np.zeros_like(masks[0])
    mean[window] = distance > 0
    return mean


def _touching(one: np.ndarray, other: np.ndarray) -> int:
    """Count the pairs of neighbours of which one lies in each mask."""
    return int(
        (one[1:] & other[:-1]).sum()
        + (one[:-1] & other[1:]).sum()
        + (one[:, 1:] & other[:, :-1]).sum()
        + (one[:, :-1] & other[:, 1:]).sum()
    )

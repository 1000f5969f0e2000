"""Candidates for the disc of a whole photograph, each with a confidence.

Three marks speak for or against a candidate: a ring (an outline that is brighter inside), an arcade (vessels that lead
there as a disc's do), and a crowd (vessels that are near but lead anywhere, such as the choroid's). No brightness is
compared with another: what is bright, and what is brighter still, has the same ring.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.special import expit

from fdgst.inference.locating.arcade import convergence, vessels
from fdgst.inference.locating.field import View, view_of
from fdgst.inference.locating.rings import STEP, close_vessels, fit_outline, rings

MOST = 6  # circles of a photograph that are looked at
APART = 1.2  # radii between two of them
FAINTEST = 0.1  # ring of a circle that is looked at
SHADING_PX = 75  # what is wider than such a window is the field's shading, pixels of the view

# How sure: fitted by tests/benchmarks/locating.py on 60 phantoms with a disc, 20 without one, the first ten IDRiD
# photographs and as many pieces of them with and without the disc; a photograph of IDRiD counts for three phantoms.
RING, RING_CAP = 45.5, 0.65  # a lesion's outline may be better than a disc's: beyond the cap nothing is gained
ARCADE, ARCADE_SCALE = 8.3, 0.04
CROWD = -12.7
OFFSET = -27.5


@dataclass(frozen=True)
class Candidate:
    """A place where the disc may be.

    Attributes
    ----------
    left, top, width, height : float
        Of the smallest upright rectangle around its outline, pixels of the photograph, whose corner is (0, 0); it may
        reach over the border.
    confidence : float
        In [0, 1]: the share of calibrating photographs with this value whose best candidate had its middle in the disc.
    """

    left: float
    top: float
    width: float
    height: float
    confidence: float

    def overlap(self, other: "Candidate") -> float:
        """Return the share of two rectangles' union that both hold, in [0, 1]."""
        width = min(self.left + self.width, other.left + other.width) - max(self.left, other.left)
        height = min(self.top + self.height, other.top + other.height) - max(self.top, other.top)
        shared = max(width, 0.0) * max(height, 0.0)
        return shared / (self.width * self.height + other.width * other.height - shared)


@dataclass(frozen=True)
class Marks:
    """What speaks for a circle.

    Attributes
    ----------
    row, column : int
        Its middle, pixels of the view.
    radius : float
        Pixels of the view.
    ring : float
        How much of it is an outline, -1 to 1 (`fdgst.inference.locating.rings.rings`).
    arcade, crowd : float
        The vessels about it (`fdgst.inference.locating.arcade.convergence`).
    """

    row: int
    column: int
    radius: float
    ring: float
    arcade: float
    crowd: float

    @property
    def confidence(self) -> float:
        """Of `Candidate`."""
        arcade = ARCADE * math.tanh(self.arcade / ARCADE_SCALE)
        return float(expit(RING * min(self.ring, RING_CAP) + arcade + CROWD * self.crowd + OFFSET))


def candidates(image: np.ndarray, *, most: int = 1, least: float = 0.0, view: View | None = None) -> list[Candidate]:
    """Look for the disc in a whole photograph.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width, C)
        C is 1 or 3.
    most : int
        Candidates to return, at most `MOST`.
    least : float
        Confidence that all but the first must have.
    view : View or None
        Of the photograph, where it is at hand.

    Returns
    -------
    list of Candidate
        The surest first. Empty where nothing round is brighter than what is around it.
    """
    view = view or view_of(image)
    if view is None:
        return []
    green = _flat(view.green, view.inside)
    closed = close_vessels(green)
    marks = sorted(_marks(green, closed, view.inside), key=lambda mark: -mark.confidence)
    found = []
    for number, mark in enumerate(marks[:most]):
        if number and mark.confidence < least:
            break
        x, y, half_width, half_height = fit_outline(closed, view.inside, mark.column, mark.row, mark.radius)
        box = x + 0.5 - half_width, y + 0.5 - half_height, 2 * half_width, 2 * half_height
        left, top, width, height = (side / view.scale for side in box)
        found.append(Candidate(left, top, width, height, mark.confidence))
    return found


def _marks(green: np.ndarray, closed: np.ndarray, inside: np.ndarray) -> list[Marks]:
    """Measure the circles that stand out most."""
    arcade, crowd = convergence(*vessels(green, inside), inside)
    ring, radius = rings(closed, inside)
    marks = []
    for row, column in _peaks(ring, radius, inside[::STEP, ::STEP]):
        size = float(radius[row, column])
        y, x, reach = row * STEP, column * STEP, int(size / 2)
        near = np.s_[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1]
        vessel_marks = float(arcade[near].max()), float(crowd[near].max())
        marks.append(Marks(y, x, size, float(ring[row, column]), *vessel_marks))
    return marks


def _peaks(ring: np.ndarray, radius: np.ndarray, inside: np.ndarray) -> list[tuple[int, int]]:
    """Return row and column of the highest values, each far enough from those before it."""
    left = np.where(inside, ring, -1)
    rows, columns = np.mgrid[: ring.shape[0], : ring.shape[1]]
    peaks: list[tuple[int, int]] = []
    while len(peaks) < MOST and left.max() > FAINTEST:
        row, column = (int(place) for place in np.unravel_index(left.argmax(), left.shape))
        peaks.append((row, column))
        left[np.hypot(columns - column, rows - row) * STEP < APART * radius[row, column]] = -1
    return peaks


def _flat(green: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Take the field's shading away, and continue the field beyond its edge by what is near there."""
    filled = np.where(inside, green, _mean(green, inside, SHADING_PX // 5))
    return (filled - _mean(filled, inside, SHADING_PX)).astype(np.float32)


def _mean(levels: np.ndarray, inside: np.ndarray, side_px: int) -> np.ndarray:
    """Return the mean of the field's pixels around each pixel, under two windows of `side_px`, one over the other."""
    sums = [np.where(inside, levels, 0), inside.astype(np.float32)]
    for _ in range(2):
        sums = [ndimage.uniform_filter(plane, side_px, mode="constant") for plane in sums]
    return sums[0] / np.maximum(sums[1], 1e-3)

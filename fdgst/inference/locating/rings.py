"""Round outlines that are brighter inside than outside: the disc against its ring.

Vessels are closed before (they are dark and thin), and slopes are saturated: a lesion that is four times as bright as
the disc has no better outline for that.
"""

import math

import numpy as np
from scipy import ndimage, optimize

from fdgst.inference.locating.correlation import correlate

RADII = (15.0, 18.0, 21.5, 26.0, 31.0, 37.0)  # pixels of the view: the field's diameter by 10 to by 4
STEP = 2  # circles are looked for at every second pixel
VESSEL = 5  # radius of the closing, pixels: above half of a trunk
SLOPE = 0.04  # of the logarithm over the filter's width: a fraction of a pale disc's, about a dull one's
RIBBON = 0.14  # half width of an outline, by its radius
POINTS = 48  # of an outline that is fitted
LIMITS = ((-0.5, -0.5, 0.7, 0.7), (0.5, 0.5, 1.5, 1.5))  # of its middle's shift and its half axes, radii


def close_vessels(green: np.ndarray) -> np.ndarray:
    """Fill what is darker than its surroundings and thinner than a trunk."""
    y, x = np.mgrid[-VESSEL : VESSEL + 1, -VESSEL : VESSEL + 1]
    return ndimage.grey_closing(green, footprint=x * x + y * y <= VESSEL * VESSEL)


def rings(closed: np.ndarray, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ask at every pixel how much of a circle around it is the outline of something brighter.

    Parameters
    ----------
    closed : ndarray of float32, shape (height, width)
        Of `close_vessels`.
    inside : ndarray of bool, shape (height, width)

    Returns
    -------
    ring : ndarray of float32, a value for every `STEP`-th row and column
        Mean saturated slope towards the middle, in (-1, 1), of the best radius. The less of the circle the field
        shows, the more the mean is drawn to 0.
    radius : ndarray of float32
        That radius, pixels of the view.
    """
    coarse, field = _coarse(closed), inside[::STEP, ::STEP]
    found = []
    for radius in np.array(RADII) / STEP:
        slope, kept = slopes(coarse, field, radius)
        reach = int(radius * 1.5) + 1
        y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
        distance = np.hypot(x, y)
        ribbon = np.exp(-(((distance - radius) / (radius * RIBBON)) ** 2)).astype(np.float32)
        inwards = (-(x + 1j * y) / np.maximum(distance, 1) * ribbon).astype(np.complex64)
        (towards,) = correlate(slope, [inwards])
        (seen,) = correlate(kept, [ribbon])
        found.append(towards / (seen + 0.3 * ribbon.sum()))
    best = np.argmax(found, axis=0)
    return np.max(found, axis=0), np.array(RADII, np.float32)[best]


def _coarse(closed: np.ndarray) -> np.ndarray:
    """Return the means of blocks of `STEP` pixels; a last row or column that fills no block is repeated."""
    height, width = closed.shape
    padded = np.pad(closed, ((0, -height % STEP), (0, -width % STEP)), mode="edge")
    blocks: np.ndarray = padded.reshape(padded.shape[0] // STEP, STEP, -1, STEP)
    return blocks.mean(axis=(1, 3))


def slopes(closed: np.ndarray, inside: np.ndarray, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the saturated slope towards the light (complex64: x + j y) at a disc's scale, and where it is known."""
    width = radius / 7
    across = ndimage.gaussian_filter(closed, width, order=(0, 1)) * width
    down = ndimage.gaussian_filter(closed, width, order=(1, 0)) * width
    kept = ndimage.binary_erosion(inside, iterations=int(2 * width)).astype(np.float32)
    steepness = np.hypot(across, down)
    factor = kept * np.tanh(steepness / SLOPE) / np.maximum(steepness, 1e-9)
    return (across * factor + 1j * (down * factor)).astype(np.complex64), kept


def fit_outline(
    closed: np.ndarray, inside: np.ndarray, x: float, y: float, radius: float
) -> tuple[float, float, float, float]:
    """Fit an upright ellipse to the outline near a circle.

    Parameters
    ----------
    closed, inside : ndarray, shape (height, width)
        As of `rings`.
    x, y, radius : float
        The circle, pixels of the view.

    Returns
    -------
    x, y, half_width, half_height : float
        Its middle is moved by at most half of the radius, and its axes are 0.7 to 1.5 of it.
    """
    reach = int(2.5 * radius)
    top, left = max(0, round(y) - reach), max(0, round(x) - reach)
    window = np.s_[top : round(y) + reach + 1, left : round(x) + reach + 1]
    slope, kept = slopes(closed[window], inside[window], radius)
    parts = np.stack([slope.real, slope.imag, kept])
    angles = np.linspace(0, 2 * np.pi, POINTS, endpoint=False)
    cosine, sine = np.cos(angles), np.sin(angles)

    def cost(moved: np.ndarray) -> float:
        """Return how little of an outline is one, and how far it is from a circle and from the limits."""
        dx, dy, wide, tall = limited = np.clip(moved, *LIMITS)
        columns = x - left + radius * (dx + wide * cosine)
        rows = y - top + radius * (dy + tall * sine)
        across, down, seen = _sampled(parts, rows, columns)
        normal = np.stack([cosine / wide, sine / tall])
        towards = -(across * normal[0] + down * normal[1]) / np.hypot(*normal)
        oval = 0.1 * math.log(wide / tall) ** 2  # discs are nearly round
        return float(-towards.sum() / (seen.sum() + 0.3 * POINTS) + oval + np.abs(moved - limited).sum())

    start = np.array([0, 0, 1, 1.0])
    simplex = start + np.vstack([np.zeros(4), 0.15 * np.eye(4)])
    options = {"initial_simplex": simplex, "maxfev": 160, "xatol": 0.01, "fatol": 1e-4}
    best = optimize.minimize(cost, start, method="Nelder-Mead", options=options).x
    dx, dy, wide, tall = np.clip(best, *LIMITS)
    return float(x + radius * dx), float(y + radius * dy), float(radius * wide), float(radius * tall)


def _sampled(parts: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return the pixels (P, height, width) that points lie in, shape (P, points); 0 beyond the border."""
    height, width = parts.shape[1:]
    row, column = np.rint(rows).astype(int), np.rint(columns).astype(int)
    known = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    return parts[:, np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)] * known

"""Where vessels lead: the arcade's trunks leave the disc upwards and downwards and bend towards the macula.

A vessel's pixel votes with its direction, so that brightness plays no part. Directions have no sense (a vessel leads
both ways), so that they are doubled: e^{2j angle}.
"""

import numpy as np
from scipy import ndimage

from fdgst.inference.locating.correlation import correlate

WIDTHS = (1.3, 2.2)  # deviations of the line filter, pixels of the view
STEP = 2  # directions are correlated at every second pixel
REACH, FADING, HUB = 55, 22.0, 4  # of the model, in steps: its end, its decay, and the disc, where vessels cross
RIM = 5  # pixels of the field's edge that are no vessel
NEAR = 6.0  # deviation of the window in which vessels crowd, steps


def vessels(green: np.ndarray, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find dark lines.

    Parameters
    ----------
    green : ndarray of float32, shape (height, width)
        Without the field's shading.
    inside : ndarray of bool, shape (height, width)

    Returns
    -------
    weight : ndarray of float32, shape (height, width)
        0 for none to 1 for the darkest: against the lines of the same photograph, so that a large bleed is one vote.
    direction : ndarray of complex64, shape (height, width)
        Doubled direction along the line, of length 1; any where there is none.
    """
    best = np.zeros(green.shape, np.float32)
    direction = np.zeros(green.shape, np.complex64)
    for width in WIDTHS:
        across, down, slant = (
            ndimage.gaussian_filter(green, width, order=order) * width**2 for order in ((0, 2), (2, 0), (1, 1))
        )
        spread = np.hypot(across - down, 2 * slant)
        ridge, other = (across + down + spread) / 2, (across + down - spread) / 2
        weight = np.maximum(ridge - np.abs(other), 0)
        stronger = weight > best
        best[stronger] = weight[stronger]
        # a line runs across the direction in which it bends
        direction[stronger] = -((across - down + 2j * slant) / np.maximum(spread, 1e-9))[stronger]
    kept = ndimage.binary_erosion(inside, iterations=RIM)
    if not kept.any():
        return np.zeros_like(best), direction
    limit = max(float(np.percentile(best[kept], 90)), 1e-9)
    return np.clip((best * kept - 0.5 * limit) / (2 * limit), 0, 1), direction


def convergence(weight: np.ndarray, direction: np.ndarray, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ask at every pixel how well the vessels around it would fit an arcade that leaves from there.

    Parameters
    ----------
    weight, direction : ndarray, shape (height, width)
        Of `vessels`.
    inside : ndarray of bool, shape (height, width)

    Returns
    -------
    arcade : ndarray of float32, shape (height, width)
        Vessels that lie as the model says less those that lie across it, per area of the field around the pixel; of
        the right and the left eye the better.
    crowd : ndarray of float32, shape (height, width)
        Vessels near the pixel, whatever their direction, as a share of the area.
    """
    lines = (weight * direction)[::STEP, ::STEP].astype(np.complex64)
    field = inside[::STEP, ::STEP].astype(np.float32)
    mass = _mass()
    eyes = np.maximum(*correlate(lines, [mass * _model(side) for side in (1, -1)]))
    (room,) = correlate(field, [mass])
    crowd = ndimage.gaussian_filter(weight[::STEP, ::STEP], NEAR, mode="constant")
    return _fine(eyes / (room + 0.1 * room.max() + 1e-6), weight.shape), _fine(crowd, weight.shape)


def _mass() -> np.ndarray:
    """Return how much a vessel counts at each distance, in all as much at one as at another, but for the decay."""
    y, x = np.mgrid[-REACH : REACH + 1, -REACH : REACH + 1].astype(np.float32)
    distance = np.hypot(x, y)
    return np.exp(-distance / FADING) * ((distance > HUB) & (distance < REACH)) / np.maximum(distance, HUB)


def _model(side: int) -> np.ndarray:
    """Return the model's doubled directions: parabolas x = k y^2 towards the macula (`side`), rays away from it."""
    y, x = np.mgrid[-REACH : REACH + 1, -REACH : REACH + 1].astype(np.float32)
    tangent = np.where(x * side > 0, 2 * x, x)  # of the parabola through (x, y): (2 k y, 1), that is (2 x, y)
    return np.exp(2j * np.arctan2(y, tangent)).astype(np.complex64)


def _fine(coarse: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Bring a map at every `STEP`-th pixel to every pixel."""
    return np.repeat(np.repeat(coarse, STEP, axis=0), STEP, axis=1)[: shape[0], : shape[1]]

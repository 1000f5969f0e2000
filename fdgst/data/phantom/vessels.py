"""The vessels of a phantom eye: grown as trees of curved, tapering tubes, then drawn as the blood light has to cross.

Growth happens in one quadrant's own directions: an angle of 0 leads straight up (or down, in the lower half), a
positive one towards the macula, a negative one away from it.
"""

from dataclasses import dataclass

import numpy as np

from fdgst.data.phantom.frame import Frame

STEP = 0.03  # of a path, disc heights
VEIN_RADIUS, ARTERY_RADIUS = 0.05, 0.036  # of a trunk, disc heights: a vein is about a tenth of the disc wide
THINNEST = 0.005
GENERATIONS = 3
_REFLEX = 0.32  # width of the light streak on a vessel, by the vessel's width


@dataclass(frozen=True)
class Vessel:
    """A tube.

    Attributes
    ----------
    points : ndarray, shape (n, 2)
        Its middle line (x, y), `STEP` apart, disc heights.
    radii : ndarray, shape (n,)
        Disc heights.
    artery : bool
        Bright and thin; otherwise a vein.
    """

    points: np.ndarray
    radii: np.ndarray
    artery: bool


@dataclass(frozen=True)
class _Shoot:
    """A vessel to be grown: where it starts, where it leads, how thick it is."""

    start: tuple[float, float]
    mirror: tuple[int, int]  # of the quadrant: macula's side, up or down
    angles: tuple[float, float]  # at the start, and later
    bend: float  # where it has turned from one to the other, disc heights
    drift: float  # turn per disc height beyond
    radius: float
    length: float
    artery: bool
    generation: int
    parentless: bool


def grow(rng: np.random.Generator, *, side: int, reach: float) -> list[Vessel]:
    """Grow the vessels of an eye.

    Parameters
    ----------
    rng : Generator
    side : int
        1 if the macula is to the right, -1 if to the left.
    reach : float
        How far from the disc to follow them, disc heights.
    """
    hub = -side * rng.uniform(0.04, 0.14), rng.normal(0, 0.04)  # vessels leave on the nasal side
    waiting = [shoot for artery in (False, True) for shoot in _trunks(rng, hub, side, reach, artery)]
    vessels = []
    while waiting:
        shoot = waiting.pop()
        vessel, headings = _path(rng, shoot, reach)
        if len(vessel.points) > 2:
            vessels.append(vessel)
            waiting += _branches(rng, shoot, vessel, headings)
    return vessels


def _trunks(rng: np.random.Generator, hub: tuple[float, float], side: int, reach: float, artery: bool) -> list[_Shoot]:
    """Name the vessels that leave the hub: an arcade's two arms above and below, and small ones to both sides."""
    radius = ARTERY_RADIUS if artery else VEIN_RADIUS
    shoots = []
    for vertical in (-1, 1):
        start = hub[0] + rng.normal(0, 0.03), hub[1] + vertical * rng.uniform(0, 0.06)
        lean = rng.normal(0, 0.3)
        for towards, arm in ((1, rng.uniform(0.75, 1)), (-1, rng.uniform(0.5, 0.85))):
            later = towards * rng.uniform(0.35, 0.95)
            shoots.append(
                _Shoot(
                    start=start,
                    mirror=(side, vertical),
                    angles=(lean + towards * rng.uniform(0, 0.25), later),
                    bend=rng.uniform(0.3, 0.9),
                    drift=0.22 * rng.uniform(0.6, 1.4) if towards > 0 else 0.05 * rng.normal(),
                    radius=radius * arm,
                    length=2 * reach,
                    artery=artery,
                    generation=0,
                    parentless=True,
                )
            )
    for _ in range(rng.integers(2, 5)):
        angle = rng.choice((-1, 1), p=(0.35, 0.65)) * rng.uniform(0.9, 1.6)
        shoots.append(
            _Shoot(
                start=(hub[0] + side * np.sign(angle) * rng.uniform(0, 0.12), hub[1] + rng.normal(0, 0.08)),
                mirror=(side, int(rng.choice((-1, 1)))),
                angles=(angle * rng.uniform(0.2, 0.8), angle),
                bend=rng.uniform(0.15, 0.4),
                drift=0.1 * rng.normal(),
                radius=radius * rng.uniform(0.22, 0.4),
                length=rng.uniform(1, 2.2),
                artery=artery,
                generation=1,
                parentless=True,
            )
        )
    return shoots


def _path(rng: np.random.Generator, shoot: _Shoot, reach: float) -> tuple[Vessel, np.ndarray]:
    """Follow a vessel to its end or to where it leaves the drawing; return it and its angle at each point."""
    along = np.arange(0, shoot.length, STEP)
    turned = np.clip(along / shoot.bend, 0, 1)
    turned = turned * turned * (3 - 2 * turned)
    angle = shoot.angles[0] + (shoot.angles[1] - shoot.angles[0]) * turned
    angle += shoot.drift * np.maximum(along - shoot.bend, 0)
    for wave, swing in ((1.3, 0.16), (0.55, 0.16), (0.24, 0.1)):
        swing *= rng.uniform(0.3, 1.3) * (1.4 if shoot.generation else 1)
        angle += swing * np.sin(2 * np.pi * along / (wave * rng.uniform(0.8, 1.3)) + rng.uniform(0, 2 * np.pi))
    steps = STEP * np.stack([np.sin(angle) * shoot.mirror[0], np.cos(angle) * shoot.mirror[1]], axis=1)
    points = np.array(shoot.start) + np.cumsum(steps, axis=0)
    taper = 1 - (0.5 if shoot.generation == 0 else 0.75) * along / shoot.length
    radii = shoot.radius * taper * (1 + 0.06 * np.sin(along / rng.uniform(0.05, 0.1)))
    if shoot.parentless:
        radii *= np.clip(0.45 + 4 * along, 0, 1)  # it comes up from behind the disc
    outside = np.flatnonzero((np.abs(points).max(axis=1) > reach) | (radii < THINNEST))
    end = outside[0] if len(outside) else len(points)
    return Vessel(points[:end], radii[:end], shoot.artery), angle


def _branches(rng: np.random.Generator, shoot: _Shoot, vessel: Vessel, headings: np.ndarray) -> list[_Shoot]:
    """Name the vessels that leave another, on alternating sides."""
    if shoot.generation >= GENERATIONS:
        return []
    spacing = (0.34, 0.28, 0.24)[shoot.generation]
    at, sign = rng.uniform(0.35, 0.8) if shoot.generation == 0 else rng.uniform(0.1, 0.4), rng.choice((-1, 1))
    shoots = []
    while (row := round(at / STEP)) < len(vessel.points):
        opening = sign * rng.uniform(0.45, 1.0)
        radius = vessel.radii[row] * rng.uniform(0.3, 0.7)
        if radius > THINNEST:
            shoots.append(
                _Shoot(
                    start=tuple(vessel.points[row]),
                    mirror=shoot.mirror,
                    angles=(headings[row] + opening, headings[row] + opening * rng.uniform(0.4, 1.2)),
                    bend=rng.uniform(0.1, 0.4),
                    drift=0.15 * rng.normal(),
                    radius=radius,
                    length=rng.uniform(20, 45) * radius,
                    artery=shoot.artery,
                    generation=shoot.generation + 1,
                    parentless=False,
                )
            )
        at, sign = at + spacing * rng.uniform(0.5, 1.7), -sign
    return shoots


def draw(vessels: list[Vessel], frame: Frame, *, artery: bool) -> tuple[np.ndarray, np.ndarray]:
    """Draw the arteries or the veins.

    Parameters
    ----------
    vessels : list of Vessel
    frame : Frame
    artery : bool
        Which of them.

    Returns
    -------
    blood, reflex : ndarray of float32, shape (height_px, width_px)
        The depth of blood, 1 in the middle of a trunk; the streak of light along a vessel's middle, to 1.
    """
    trunk = ARTERY_RADIUS if artery else VEIN_RADIUS
    chosen = [vessel for vessel in vessels if vessel.artery == artery]
    x, y, radius = (np.concatenate(part) for part in zip(*(_dense(vessel, frame) for vessel in chosen), strict=True))
    depth = np.minimum(radius / (trunk * frame.px), 1) ** 0.6
    blood = _stamp(frame, x, y, radius, depth, np.sqrt)
    reflex = _stamp(frame, x, y, radius * _REFLEX, depth, np.square)
    return blood, reflex


def _dense(vessel: Vessel, frame: Frame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return column, row and radius (pixels) of points along a vessel, a quarter of its radius apart."""
    length = STEP * (len(vessel.points) - 1)
    spacing = max(0.25 * float(vessel.radii.mean()), 0.5 / frame.px)
    at = np.linspace(0, len(vessel.points) - 1, max(2, round(length / spacing)))
    rows = np.arange(len(vessel.points))
    x, y, radius = (np.interp(at, rows, values) for values in (*vessel.points.T, vessel.radii))
    column = (x - frame.centre[0] + frame.width / 2) * frame.px - 0.5
    row = (y - frame.centre[1] + frame.height / 2) * frame.px - 0.5
    return column, row, radius * frame.px


def _stamp(
    frame: Frame, x: np.ndarray, y: np.ndarray, radius: np.ndarray, height: np.ndarray, profile: np.ufunc
) -> np.ndarray:
    """Put a round bump on every point and keep the highest; thinner than a pixel, it is fainter instead."""
    drawn = np.maximum(radius, 0.75)
    height = height * radius / drawn
    canvas = np.zeros(frame.height_px * frame.width_px, np.float32)
    half = 2 ** np.ceil(np.log2(drawn)).astype(int)  # few sizes of patch: each is one call
    for size in np.unique(half):
        same = half == size
        dy, dx = np.mgrid[-size : size + 1, -size : size + 1].reshape(2, -1, 1)
        column, row = np.rint(x[same]).astype(int) + dx, np.rint(y[same]).astype(int) + dy
        squared = ((column - x[same]) ** 2 + (row - y[same]) ** 2) / drawn[same] ** 2
        inside = (squared < 1) & (column >= 0) & (column < frame.width_px) & (row >= 0) & (row < frame.height_px)
        value = (height[same] * profile(np.maximum(1 - squared, 0))).astype(np.float32)
        np.maximum.at(canvas, (row * frame.width_px + column)[inside], value[inside])
    return canvas.reshape(frame.height_px, frame.width_px)

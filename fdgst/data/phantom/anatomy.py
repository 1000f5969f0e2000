"""What a phantom eye is like: outlines of disc and cup, the crescent beside the disc, pigment, the eye's side.

Lengths are disc heights (see `fdgst.data.phantom.frame`).
"""

from dataclasses import dataclass, replace

import numpy as np

HARMONICS = np.arange(2, 7)
_ANGLES = np.linspace(-np.pi, np.pi, 361)
RIM_MINIMUM = 0.035  # thinnest rim, disc heights: a cup that reaches the edge of its disc is an annotation's slip


@dataclass(frozen=True)
class Contour:
    """A perturbed ellipse, star-shaped about its centre.

    Attributes
    ----------
    x, y : float
        Centre.
    half_width, half_height : float
        Semi-axes.
    tilt : float
        Rotation, radians.
    amplitudes, phases : ndarray, shape (len(HARMONICS),)
        Relative bumps of the radius, and where they are, radians.
    """

    x: float
    y: float
    half_width: float
    half_height: float
    tilt: float
    amplitudes: np.ndarray
    phases: np.ndarray

    def radius(self, angle: np.ndarray) -> np.ndarray:
        """Return the distance from the centre to the outline in each direction (radians)."""
        turned = angle - self.tilt
        ellipse = 1 / np.hypot(np.cos(turned) / self.half_width, np.sin(turned) / self.half_height)
        waves = np.cos(HARMONICS[:, None] * turned.ravel() - self.phases[:, None])
        return ellipse * (1 + (self.amplitudes @ waves).reshape(turned.shape))

    def distance(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return how far points lie outside the outline, along the ray from its centre (negative inside)."""
        dx, dy = x - np.float32(self.x), y - np.float32(self.y)
        table = self.radius(_ANGLES).astype(np.float32)
        radius = np.interp(np.arctan2(dy, dx), _ANGLES, table)  # a table, for speed
        return np.hypot(dx, dy) - radius.astype(np.float32)


@dataclass(frozen=True)
class Eye:
    """One eye.

    Attributes
    ----------
    side : int
        1 if the macula is to the right of the disc, -1 if to the left.
    disc, cup : Contour
        The disc's height is about 1.
    crescent : Contour
        Atrophy beside the disc: what of this outline lies outside the disc.
    crescent_strength : float
        0 for none, to 1.
    pallor : float
        How much paler the cup is than the rim, 0 to 1.
    pigment : float
        0 fair to 1 dark.
    tessellation : float
        How far choroidal vessels show, 0 to 1.
    depth : float
        How far the cup's wall shades it, 0 to 1.
    disc_softness, cup_softness : float
        Width of the slope across their outlines.
    """

    side: int
    disc: Contour
    cup: Contour
    crescent: Contour
    crescent_strength: float
    pallor: float
    pigment: float
    tessellation: float
    depth: float
    disc_softness: float
    cup_softness: float


def draw_eye(
    rng: np.random.Generator,
    *,
    cup_ratio: tuple[float, float],
    pallor: tuple[float, float],
    pigment: tuple[float, float],
    tessellation: tuple[float, float],
) -> Eye:
    """Draw an eye.

    Parameters
    ----------
    rng : Generator
    cup_ratio : tuple of float
        Mean and deviation of the vertical cup-to-disc ratio in this clinic; cut to 0.35 to 0.75.
    pallor, pigment, tessellation : tuple of float
        Ranges of these attributes of `Eye`.
    """
    side = int(rng.choice((-1, 1)))
    disc = _outline(rng, 0, 0, half_height=0.5, slimness=rng.uniform(0.86, 1.0), roughness=0.012, tilt=0.25)
    ratio = float(np.clip(rng.normal(*cup_ratio), 0.35, 0.75))
    cup = _outline(
        rng,
        side * rng.normal(0.03, 0.025),
        rng.normal(0, 0.025),
        half_height=ratio / 2,
        slimness=rng.uniform(0.88, 1.08),
        roughness=0.035,
        tilt=0.6,
    )
    reach = rng.uniform(0.04, 0.22)
    crescent = _outline(
        rng,
        side * reach,
        rng.normal(0, 0.05),
        half_height=0.5 + 0.3 * reach,
        slimness=rng.uniform(0.92, 1.02),
        roughness=0.02,
        tilt=0.3,
    )
    return Eye(
        side=side,
        disc=disc,
        cup=_within(cup, disc),
        crescent=crescent,
        crescent_strength=float(rng.choice((0, rng.uniform(0.3, 0.9)), p=(0.6, 0.4))),
        pallor=rng.uniform(*pallor),
        pigment=rng.uniform(*pigment),
        tessellation=rng.uniform(*tessellation),
        depth=rng.uniform(0.2, 1),
        disc_softness=rng.uniform(0.04, 0.1),
        cup_softness=rng.uniform(0.05, 0.14),
    )


def draw_lesion(rng: np.random.Generator) -> Contour:
    """Draw the outline of a bright lesion beside the disc, near enough to lie in every ROI."""
    direction, distance = rng.uniform(-np.pi, np.pi), rng.uniform(0.66, 0.74)
    x, y = distance * np.cos(direction), distance * np.sin(direction)
    height = rng.uniform(0.09, 0.14)
    return _outline(rng, x, y, half_height=height, slimness=rng.uniform(0.8, 1.2), roughness=0.08, tilt=1.5)


def draw_plaques(rng: np.random.Generator, *, side: int) -> tuple[Contour, ...]:
    """Draw the outlines of bright lesions about the macula, a few of them as large as a disc.

    Parameters
    ----------
    rng : Generator
    side : int
        Of the eye, see `Eye`.
    """
    heights = np.concatenate([rng.uniform(0.2, 0.55, rng.integers(0, 3)), rng.uniform(0.04, 0.1, rng.integers(4, 12))])
    return tuple(
        _outline(
            rng,
            side * rng.normal(2.6, 0.8),
            rng.normal(0.25, 0.8),
            half_height=height,
            slimness=rng.uniform(0.6, 1.4),
            roughness=0.1,
            tilt=1.5,
        )
        for height in heights
    )


def _outline(
    rng: np.random.Generator,
    x: float,
    y: float,
    *,
    half_height: float,
    slimness: float,
    roughness: float,
    tilt: float,
) -> Contour:
    """Draw an outline about a centre; `slimness` is its width by its height, `roughness` the deviation of its bumps."""
    return Contour(
        x=float(x),
        y=float(y),
        half_width=half_height * slimness,
        half_height=half_height,
        tilt=rng.normal(0, tilt / 2),
        amplitudes=rng.normal(0, roughness, len(HARMONICS)) / (HARMONICS / 2),
        phases=rng.uniform(-np.pi, np.pi, len(HARMONICS)),
    )


def _within(cup: Contour, disc: Contour) -> Contour:
    """Move a cup towards the middle of its disc, and shrink it, until the thinnest rim is left."""
    for share in np.linspace(1, 0.5, 21):
        tried = replace(
            cup,
            x=cup.x * share,
            y=cup.y * share,
            half_width=cup.half_width * (share + 1) / 2,
            half_height=cup.half_height * (share + 1) / 2,
        )
        radius = tried.radius(_ANGLES)
        edge = tried.x + radius * np.cos(_ANGLES), tried.y + radius * np.sin(_ANGLES)
        if (disc.distance(*edge) <= -RIM_MINIMUM).all():
            break
    return tried

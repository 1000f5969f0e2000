"""The light that a phantom eye sends back: linear RGB reflectance, before any camera.

Layers from the back to the front: choroid and pigment, nerve fibres, crescent, disc, cup, vessels.
"""

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from fdgst.data.phantom.anatomy import Contour, Eye
from fdgst.data.phantom.frame import Frame, clouds, noise
from fdgst.data.phantom.vessels import Vessel, draw

FAIR, DARK = np.array([0.62, 0.27, 0.13], np.float32), np.array([0.34, 0.12, 0.045], np.float32)  # fundus
CHOROID = np.array([0.72, 0.27, 0.09], np.float32)  # vessels behind the pigment
SCLERA = np.array([0.62, 0.44, 0.27], np.float32)  # laid bare in a crescent
RIM, PALE = np.array([0.84, 0.47, 0.22], np.float32), np.array([0.97, 0.86, 0.60], np.float32)  # disc, palest cup
VEIN = np.array([0.75, 1.9, 1.8], np.float32)  # absorption of a trunk
ARTERY = np.array([0.20, 0.95, 1.05], np.float32)
FIBRES = np.array([0.03, 0.05, 0.035], np.float32)
EXUDATE = np.array([0.98, 0.88, 0.52], np.float32)  # a bright lesion
BLOOD = 0.3  # depth from which blood counts as a vessel, by a trunk's: what is thinner hardly shows
MACULA = (2.6, 0.25)  # distance from the disc towards its side, and below it, disc heights


def reflectance(
    rng: np.random.Generator, eye: Eye, vessels: list[Vessel], frame: Frame, *, lesions: Sequence[Contour]
) -> np.ndarray:
    """Paint an eye.

    Parameters
    ----------
    rng : Generator
        Draws the textures.
    eye : Eye
    vessels : list of Vessel
    frame : Frame
    lesions : sequence of Contour
        Bright lesions, below the vessels.

    Returns
    -------
    ndarray of float32, shape (height_px, width_px, 3)
        Linear, about 0 to 1.
    """
    x, y = frame.axes()
    disc, cup = eye.disc.distance(x, y), eye.cup.distance(x, y)
    picture = _fundus(rng, eye, frame)
    picture += _fibres(rng, eye, frame, disc)[..., None] * FIBRES
    if eye.crescent_strength:
        picture = _crescent(rng, picture, eye, frame, disc)
    picture = _disc(rng, picture, eye, frame, disc, cup)
    for lesion in lesions:
        picture = mix(picture, EXUDATE, inside(lesion.distance(x, y), 0.04))
    return _bleed(picture, vessels, frame)


def inside(distance: np.ndarray, softness: float) -> np.ndarray:
    """Return 1 inside an outline, 0 outside, and a smooth slope `softness` (disc heights) wide between."""
    share = np.clip(0.5 - distance / np.float32(softness), 0, 1)
    return share * share * (3 - 2 * share)


def mix(below: np.ndarray, above: np.ndarray, opacity: np.ndarray) -> np.ndarray:
    """Lay a colour (3,) or picture over another with an opacity (height, width)."""
    return below + opacity[..., None] * (above - below)


def _fundus(rng: np.random.Generator, eye: Eye, frame: Frame) -> np.ndarray:
    """Paint pigment, patches of it, and the choroid's vessels behind."""
    pigment = np.float32(eye.pigment) + 0.16 * clouds(rng, frame, cell=0.9, octaves=3)
    picture = mix(np.broadcast_to(FAIR, (*pigment.shape, 3)), DARK, np.clip(pigment, 0, 1))
    ridges = np.clip(1 - np.abs(noise(rng, frame, cell=0.22) + 0.3 * noise(rng, frame, cell=0.08)), 0, 1)
    picture = mix(picture, CHOROID, np.float32(0.6 * eye.tessellation) * ridges)
    grain = noise(rng, frame, cell=0.022) * noise(rng, frame, cell=0.4)
    shade = 1 + 0.09 * clouds(rng, frame, cell=0.5, octaves=4) + 0.022 * grain
    x, y = frame.axes()
    macula = np.exp(-((x - eye.side * MACULA[0]) ** 2 + (y - MACULA[1]) ** 2) / (2 * 0.55**2))
    return picture * (shade * (1 - 0.4 * macula))[..., None]


def _fibres(rng: np.random.Generator, eye: Eye, frame: Frame, disc: np.ndarray) -> np.ndarray:
    """Paint the sheen of nerve fibres: fine streaks that leave the disc, most of them above and below."""
    x, y = frame.axes()
    angle, radius = np.arctan2(y, x), np.hypot(x, y)
    streaks = rng.standard_normal((7, 300)).astype(np.float32)
    rows = np.clip(radius * 2.5, 0, 6)
    columns = (angle + 0.25 * np.sin(2 * angle) * radius) * np.float32(300 / (2 * np.pi))
    texture = ndimage.map_coordinates(streaks, [rows, columns], order=1, mode="grid-wrap")
    arcs = 0.35 + 0.65 * np.abs(np.sin(angle)) ** 1.5
    fading = np.exp(-np.maximum(disc, 0) / 0.55)
    return (1 + 0.5 * texture) * arcs * fading


def _crescent(rng: np.random.Generator, picture: np.ndarray, eye: Eye, frame: Frame, disc: np.ndarray) -> np.ndarray:
    """Lay a pale, mottled crescent and its dark outer edge beside the disc."""
    x, y = frame.axes()
    outside = eye.crescent.distance(x, y)
    mottle = np.clip(1 + 0.3 * clouds(rng, frame, cell=0.12, octaves=2), 0, 1.4)
    edge = np.exp(-((outside / np.float32(0.035)) ** 2)) * np.float32(0.3 * eye.crescent_strength)
    picture = picture * (1 - edge * (disc > 0))[..., None]
    return mix(picture, SCLERA, inside(outside, 0.07) * np.float32(0.75 * eye.crescent_strength) * mottle)


def _disc(
    rng: np.random.Generator, picture: np.ndarray, eye: Eye, frame: Frame, disc: np.ndarray, cup: np.ndarray
) -> np.ndarray:
    """Lay the rim, the paler cup with its shaded wall and its pores, and a faint halo around the disc."""
    x, _ = frame.axes()
    halo = np.exp(-np.maximum(disc, 0) / 0.12) * np.float32(0.14)
    picture = mix(picture, RIM, halo)
    shade = 1 + 0.05 * clouds(rng, frame, cell=0.25, octaves=3) + 0.07 * eye.side * np.clip(x, -0.5, 0.5)
    rim = RIM * np.float32(1 - 0.15 * eye.pigment)
    picture = mix(picture, rim * shade[..., None], inside(disc, eye.disc_softness) * np.float32(0.95))
    wall = np.exp(-((cup / np.float32(0.06)) ** 2)) * np.float32(0.1 * eye.depth)
    pores = np.clip(noise(rng, frame, cell=0.035) - 0.7, 0, 1) * inside(cup + 0.08, 0.1) * np.float32(0.22 * eye.depth)
    pale = mix(np.broadcast_to(rim, picture.shape), PALE, np.full_like(cup, eye.pallor))
    picture = mix(picture, pale * shade[..., None], inside(cup, eye.cup_softness))
    return picture * (1 - (wall + pores) * inside(disc, 0.05))[..., None]


def _bleed(picture: np.ndarray, vessels: list[Vessel], frame: Frame) -> np.ndarray:
    """Let the light cross the vessels' blood (Beer and Lambert), and add the streaks on them."""
    veins, vein_streaks = draw(vessels, frame, artery=False)
    arteries, artery_streaks = draw(vessels, frame, artery=True)
    picture = picture * np.exp(-veins[..., None] * VEIN - arteries[..., None] * ARTERY)
    streaks = 0.04 * vein_streaks + 0.12 * artery_streaks
    return picture + streaks[..., None] * np.array([1.0, 0.75, 0.5], np.float32)

"""Drawing a phantom: one ROI with exact masks, or one whole photograph.

An image is drawn from what it is: the seed, its camera, its split and its index; nothing else changes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fdgst.core.seeding import generator
from fdgst.data.phantom.anatomy import Contour, Eye, draw_eye, draw_lesion, draw_plaques
from fdgst.data.phantom.camera import Camera, camera, develop
from fdgst.data.phantom.frame import Frame
from fdgst.data.phantom.paint import BLOOD, inside, reflectance
from fdgst.data.phantom.vessels import Vessel, grow
from fdgst.data.phantom.vessels import draw as draw_vessels

FIELD = (6.5, 7.5)  # diameter of a photograph's field of view, disc heights: about 45 degrees
FIELD_RADIUS = 0.495  # of the field of view by the shorter side: a thin black margin is left
DISC_AT = ("inside", "edge", "outside")
GREYS = (255, 128, 0)  # background, rim, cup
OUTLINE_POINTS = 360
LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R 601


@dataclass(frozen=True)
class Drawing:
    """A drawn ROI or photograph.

    Attributes
    ----------
    image : ndarray of uint8, shape (height, width, 3)
        RGB.
    eye, vessels, lesions, frame
        What was drawn, and the part of it that the image shows.
    """

    image: np.ndarray
    eye: Eye
    vessels: list[Vessel]
    lesions: Sequence[Contour]
    frame: Frame

    def mask(self, structure: str) -> np.ndarray:
        """Return the pixels whose centres lie inside a structure, bool (height, width).

        Vessels lie partly in the disc and partly out of it.

        Raises
        ------
        KeyError
            If it is none of `fdgst.data.phantom.reader.STRUCTURES`.
        """
        if structure == "vessels":
            blood = (draw_vessels(self.vessels, self.frame, artery=artery)[0] for artery in (False, True))
            return np.maximum(*blood) > BLOOD
        contours = {"cup": [self.eye.cup], "disc": [self.eye.disc], "lesion": self.lesions}[structure]
        x, y = self.frame.axes()
        found = np.zeros(self.image.shape[:2], bool)
        for contour in contours:
            found |= contour.distance(x, y) < 0
        return found

    def outline(self, structure: str) -> np.ndarray:
        """Return the outline of ``cup`` or ``disc``: points of x and y in pixels, float (points, 2).

        The centre of the first pixel is (0, 0).
        """
        contour = {"cup": self.eye.cup, "disc": self.eye.disc}[structure]
        angles = np.linspace(-np.pi, np.pi, OUTLINE_POINTS, endpoint=False)
        radius = contour.radius(angles)
        points = contour.x + radius * np.cos(angles), contour.y + radius * np.sin(angles)
        return np.stack(self.frame.pixels(*points), axis=1)

    def grey(self, column: str) -> np.ndarray:
        """Return a mask column's grey values, uint8 (height, width)."""
        if column == "mask":
            return np.array(GREYS, np.uint8)[self.mask("disc").astype(int) + self.mask("cup")]
        return np.where(self.mask(column), np.uint8(255), np.uint8(0))

    def levels(self, *, channels: int, bits: int) -> np.ndarray:
        """Return the image with some channels and depth, (height, width, channels).

        Grey is the luma of ITU-R 601; 16 bits are 257 times the levels of 8, grey ones rounded only then.
        """
        picture: np.ndarray = self.image if channels == 3 else (self.image @ LUMA)[..., None]
        if bits == 8:
            return np.rint(picture).astype(np.uint8)
        return np.rint(picture * 257.0).astype(np.uint16)


def draw(*, seed: int, number: int, split: str, index: int, size_px: tuple[int, int], lesion: bool = False) -> Drawing:
    """Draw one ROI.

    Parameters
    ----------
    seed : int
        Of the data set.
    number : int
        Of the camera, from 1.
    split : str
        ``train`` or ``test``.
    index : int
        Of the image in its split, from 0.
    size_px : (height, width)
        The eye, its picture and its masks are the same at any size of one aspect, but for what pixels cannot show; an
        oblong ROI shows more of the eye along its longer side.
    lesion : bool
        Whether there is a bright lesion beside the disc; the rest of the eye is the same without it.

    Raises
    ------
    ValueError
        If a side is less than 16 pixels or the number less than 1: nothing could be seen, or there is no camera.
    """
    if min(size_px) < 16:
        raise ValueError(f"size_px must be >= 16, got {min(size_px)}")
    identity = ("phantom", seed, number, split, index)
    taken_by = camera(number)
    eye = _eye(identity, taken_by)
    rng = generator(*identity, "frame")
    width = 1 / rng.uniform(*taken_by.disc_fraction)
    centre = rng.uniform(-0.05, 0.05, 2) * width
    height_px, width_px = size_px
    frame = Frame(height_px, width_px, width * (width_px / min(size_px)), (float(centre[0]), float(centre[1])))
    vessels = _vessels(identity, eye, frame)
    spots = [draw_lesion(generator(*identity, "lesion"))] if lesion else []
    image = _photographed(identity, eye, vessels, frame, taken_by, aperture=None, lesions=spots)
    return Drawing(image, eye, vessels, spots, frame)


def photograph(*, seed: int, number: int, index: int, height_px: int, width_px: int) -> np.ndarray:
    """Draw the image of `whole` without a lesion, uint8 (height_px, width_px, 3)."""
    return whole(seed=seed, number=number, index=index, height_px=height_px, width_px=width_px).image


def whole(
    *,
    seed: int,
    number: int,
    index: int,
    height_px: int,
    width_px: int,
    lesion: bool = False,
    plaques: bool = False,
    disc: str = "inside",
) -> Drawing:
    """Draw a whole fundus photograph: a round field of view in black, the disc to one side of the macula.

    Parameters
    ----------
    seed, number : int
        As of `draw`.
    index : int
        Of the photograph; it shows another eye than the ROI of that index.
    height_px, width_px : int
        Size. The field of view touches the nearer edges.
    lesion : bool
        As of `draw`.
    plaques : bool
        Whether there are bright lesions about the macula, some as large as a disc.
    disc : {'inside', 'edge', 'outside'}
        Where the disc lies: near the middle's height; at the field's edge, which may cut it; or beyond what the
        photograph shows. Its masks hold what the frame shows, black corners included.

    Returns
    -------
    Drawing

    Raises
    ------
    ValueError
        As of `draw`, or if `disc` is none of these.
    """
    if min(height_px, width_px) < 16:
        raise ValueError(f"height_px and width_px must be >= 16, got {min(height_px, width_px)}")
    if disc not in DISC_AT:
        raise ValueError(f"disc must be one of {DISC_AT}, got {disc!r}")
    identity = ("phantom", seed, number, "photograph", index)
    taken_by = camera(number)
    eye = _eye(identity, taken_by)
    rng = generator(*identity, "frame")
    field = rng.uniform(*FIELD)
    centre = eye.side * rng.uniform(1.3, 1.9), rng.normal(0.1, 0.15)
    if disc != "inside":
        # ASSUME: at the edge its middle lies up to half of its height within the field, which cuts it at most in two
        distance = field * FIELD_RADIUS + rng.uniform(*((-0.5, -0.1) if disc == "edge" else (0.8, 1.6)))
        angle = rng.normal(0, 0.35)
        centre = eye.side * distance * np.cos(angle), distance * np.sin(angle)
    frame = Frame(height_px, width_px, field * width_px / min(height_px, width_px), centre)
    x, y = frame.axes()
    edge = np.hypot(x - centre[0], y - centre[1]) - field * FIELD_RADIUS
    vessels = _vessels(identity, eye, frame)
    spots = [draw_lesion(generator(*identity, "lesion"))] if lesion else []
    if plaques:
        spots += draw_plaques(generator(*identity, "plaques"), side=eye.side)
    image = _photographed(identity, eye, vessels, frame, taken_by, aperture=inside(edge, 0.03), lesions=spots)
    return Drawing(image, eye, vessels, spots, frame)


def _eye(identity: tuple[str | int, ...], taken_by: Camera) -> Eye:
    """Draw a patient of a camera's clinic."""
    return draw_eye(
        generator(*identity, "eye"),
        cup_ratio=taken_by.cup_ratio,
        pallor=taken_by.pallor,
        pigment=taken_by.pigment,
        tessellation=taken_by.tessellation,
    )


def _vessels(identity: tuple[str | int, ...], eye: Eye, frame: Frame) -> list[Vessel]:
    """Grow the eye's vessels as far as the frame shows them."""
    reach = max(frame.width + 2 * abs(frame.centre[0]), frame.height + 2 * abs(frame.centre[1])) / 2 * 1.1
    return grow(generator(*identity, "vessels"), side=eye.side, reach=reach)


def _photographed(
    identity: tuple[str | int, ...],
    eye: Eye,
    vessels: list[Vessel],
    frame: Frame,
    taken_by: Camera,
    *,
    aperture: np.ndarray | None,
    lesions: Sequence[Contour],
) -> np.ndarray:
    """Paint an eye, and take its picture."""
    light = reflectance(generator(*identity, "texture"), eye, vessels, frame, lesions=lesions)
    return develop(generator(*identity, "camera"), light, frame, taken_by, aperture=aperture)

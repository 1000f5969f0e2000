"""The cameras of the phantom, and the clinics they stand in: from reflected light to a picture of 8 bits.

The first four are given; any further one is drawn from its number, within the limits of the four.
"""

import io
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from PIL import Image
from scipy import ndimage

from fdgst.core.seeding import generator
from fdgst.data.phantom.frame import Frame, noise

Range = tuple[float, float]
LUMINANCE = np.array([0.35, 0.5, 0.15], np.float32)


@dataclass(frozen=True)
class Camera:
    """A camera and its patients. Pairs are ranges of which each image draws its own value.

    Attributes
    ----------
    disc_fraction : pair of float
        Height of the disc by the width of the ROI.
    cup_ratio : pair of float
        Mean and deviation of the vertical cup-to-disc ratio.
    pallor, pigment, tessellation : pair of float
        Of the eyes, see `fdgst.data.phantom.anatomy.Eye`.
    gains : triple of float
        White balance: of red, green and blue.
    saturation : float
        Of colours; 1 leaves them.
    exposure : pair of float
        Factor on the light.
    gamma, contrast : float
        Of the response: brightness to the power of 1 / gamma, then stretched about the middle.
    veil : triple of float, veil_strength : pair of float
        Colour and strength of the light scattered in lens and eye.
    vignetting, gradient : pair of float
        Loss of light in the corners, and from one side to the other.
    blur : pair of float
        Deviation of the optics' spread, disc heights.
    sharpening : float
        Strength of the camera's own unsharp mask.
    noise : float
        Deviation, grey levels, at a grain of 0.01 disc heights.
    quality : int
        Of JPEG.
    """

    disc_fraction: Range
    cup_ratio: Range
    pallor: Range
    pigment: Range
    tessellation: Range
    gains: tuple[float, float, float]
    saturation: float
    exposure: Range
    gamma: float
    contrast: float
    veil: tuple[float, float, float]
    veil_strength: Range
    vignetting: Range
    gradient: Range
    blur: Range
    sharpening: float
    noise: float
    quality: int


CAMERAS = (
    Camera(  # dark, orange-brown and crisp; a glaucoma clinic, large cups
        disc_fraction=(0.41, 0.50),
        cup_ratio=(0.58, 0.07),
        pallor=(0.7, 1.0),
        pigment=(0.45, 0.85),
        tessellation=(0.0, 0.6),
        gains=(1.05, 0.86, 0.58),
        saturation=1.05,
        exposure=(0.8, 1.15),
        gamma=1.5,
        contrast=1.1,
        veil=(0.30, 0.16, 0.05),
        veil_strength=(0.0, 0.08),
        vignetting=(0.2, 0.5),
        gradient=(0.0, 0.25),
        blur=(0.008, 0.016),
        sharpening=0.4,
        noise=3.0,
        quality=92,
    ),
    Camera(  # rosy and hazy, soft optics
        disc_fraction=(0.43, 0.52),
        cup_ratio=(0.50, 0.07),
        pallor=(0.65, 1.0),
        pigment=(0.2, 0.6),
        tessellation=(0.0, 0.4),
        gains=(1.15, 0.78, 0.68),
        saturation=1.0,
        exposure=(0.8, 1.1),
        gamma=1.6,
        contrast=1.0,
        veil=(0.42, 0.24, 0.22),
        veil_strength=(0.0, 0.12),
        vignetting=(0.1, 0.4),
        gradient=(0.0, 0.3),
        blur=(0.012, 0.024),
        sharpening=0.0,
        noise=2.0,
        quality=60,
    ),
    Camera(  # cool, dim and noisy; the choroid shows
        disc_fraction=(0.37, 0.46),
        cup_ratio=(0.45, 0.06),
        pallor=(0.65, 1.0),
        pigment=(0.5, 1.0),
        tessellation=(0.2, 0.9),
        gains=(0.94, 0.84, 0.70),
        saturation=0.95,
        exposure=(0.75, 1.05),
        gamma=1.6,
        contrast=1.0,
        veil=(0.20, 0.22, 0.22),
        veil_strength=(0.0, 0.12),
        vignetting=(0.3, 0.6),
        gradient=(0.0, 0.3),
        blur=(0.006, 0.015),
        sharpening=0.3,
        noise=5.0,
        quality=80,
    ),
    Camera(  # bright orange, the disc yellow and close to saturation
        disc_fraction=(0.39, 0.48),
        cup_ratio=(0.50, 0.08),
        pallor=(0.7, 1.0),
        pigment=(0.25, 0.65),
        tessellation=(0.0, 0.8),
        gains=(1.45, 0.84, 0.50),
        saturation=1.05,
        exposure=(0.85, 1.25),
        gamma=1.4,
        contrast=1.05,
        veil=(0.60, 0.22, 0.03),
        veil_strength=(0.0, 0.18),
        vignetting=(0.05, 0.3),
        gradient=(0.0, 0.2),
        blur=(0.010, 0.022),
        sharpening=0.2,
        noise=2.5,
        quality=85,
    ),
)


def camera(number: int) -> Camera:
    """Return a camera: one of `CAMERAS`, or beyond them one whose every value is drawn between their extremes.

    Parameters
    ----------
    number : int
        From 1.

    Raises
    ------
    ValueError
        If the number is less than 1.
    """
    if number < 1:
        raise ValueError(f"camera number must be >= 1, got {number}")
    if number <= len(CAMERAS):
        return CAMERAS[number - 1]
    rng = generator("phantom camera", number)
    return Camera(**{field.name: _between(rng, field.name) for field in fields(Camera)})


def develop(
    rng: np.random.Generator, light: np.ndarray, frame: Frame, taken_by: Camera, *, aperture: np.ndarray | None = None
) -> np.ndarray:
    """Take a picture.

    Parameters
    ----------
    rng : Generator
        Draws this picture's exposure, haze, illumination and noise.
    light : ndarray of float32, shape (height_px, width_px, 3)
        Linear reflectance.
    frame : Frame
        What the picture shows.
    taken_by : Camera
    aperture : ndarray of float32, shape (height_px, width_px), or None
        What of the frame is exposed, 0 to 1; None for all.

    Returns
    -------
    ndarray of uint8, shape (height_px, width_px, 3)
    """
    light = light * _illumination(rng, frame, taken_by)[..., None] * np.float32(rng.uniform(*taken_by.exposure))
    light += np.array(taken_by.veil, np.float32) * np.float32(rng.uniform(*taken_by.veil_strength))
    light = _blurred(light, rng.uniform(*taken_by.blur) * frame.px)
    levels = _response(light, frame, taken_by)
    if aperture is not None:
        levels *= aperture[..., None]
    grain = np.stack([noise(rng, frame, cell=0.01) for _ in range(3)], axis=-1)
    levels += np.float32(taken_by.noise) * (np.float32(0.6) * grain + np.float32(0.4) * grain[..., :1])
    return _compressed(levels, taken_by.quality)


def _response(light: np.ndarray, frame: Frame, taken_by: Camera) -> np.ndarray:
    """Turn light into grey levels (float32): white balance, saturation, shoulder, gamma, contrast, sharpening."""
    light = light * np.array(taken_by.gains, np.float32)
    grey = (light @ LUMINANCE)[..., None]
    light = np.maximum(grey + np.float32(taken_by.saturation) * (light - grey), 0)
    value = (1 - np.exp(-1.6 * light)) ** np.float32(1 / taken_by.gamma)  # the shoulder of a sensor that saturates
    value = 0.5 + np.float32(taken_by.contrast) * (value - 0.5)
    if taken_by.sharpening:
        value += np.float32(taken_by.sharpening) * (value - _blurred(value, 0.02 * frame.px))
    return 255 * value


def _illumination(rng: np.random.Generator, frame: Frame, taken_by: Camera) -> np.ndarray:
    """Return the flash's light over the frame: brightest near the middle, slanting, a little uneven."""
    x, y = frame.axes()
    scale = np.float32(max(frame.width, frame.height) / 2)
    x, y = (x - frame.centre[0]) / scale, (y - frame.centre[1]) / scale
    middle, direction = rng.normal(0, 0.15, 2), rng.uniform(0, 2 * np.pi)
    fall = rng.uniform(*taken_by.vignetting) * ((x - middle[0]) ** 2 + (y - middle[1]) ** 2) / 1.6
    slant = rng.uniform(*taken_by.gradient) * (np.cos(direction) * x + np.sin(direction) * y)
    uneven = 0.04 * noise(rng, frame, cell=1.3)
    return np.maximum(1 - fall + slant + uneven, 0.05).astype(np.float32)


def _blurred(picture: np.ndarray, deviation_px: float) -> np.ndarray:
    """Blur the channels of a picture."""
    return ndimage.gaussian_filter(picture, (deviation_px, deviation_px, 0), mode="nearest", truncate=3)


def _compressed(levels: np.ndarray, quality: int) -> np.ndarray:
    """Round grey levels to 8 bits and send them through JPEG."""
    file = io.BytesIO()
    Image.fromarray(np.clip(np.rint(levels), 0, 255).astype(np.uint8)).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def _between(rng: np.random.Generator, name: str) -> Any:
    """Draw one attribute of a camera between the extremes of the four, part by part."""
    known = [getattr(each, name) for each in CAMERAS]
    drawn = rng.uniform(np.min(known, axis=0), np.max(known, axis=0))
    if name == "quality":
        return round(drawn)
    return float(drawn) if np.ndim(drawn) == 0 else tuple(drawn.tolist())

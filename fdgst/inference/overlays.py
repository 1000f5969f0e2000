"""A photograph with what was found in it, for people: outlines, and the part that the network saw, enlarged."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from fdgst.core.masks import boundary
from fdgst.inference.segmenter import Segmented

HEIGHT_PX = 480  # of the picture
COLOURS = (
    (0, 224, 255),
    (255, 255, 255),
    (255, 92, 214),
    (90, 255, 120),
    (255, 226, 0),
    (160, 160, 255),
    (255, 140, 0),
    (255, 80, 80),
)
FRAME = (200, 200, 200)


def overlay(image: np.ndarray, found: Segmented) -> Image.Image:
    """Draw what was found.

    Parameters
    ----------
    image : ndarray, unsigned, shape (height, width, C)
        16 bits are shown by their upper ones.
    found : Segmented

    Returns
    -------
    Image
        RGB, `HEIGHT_PX` high: the photograph, and beside it the part, each with the outlines of the structures in the
        order of `COLOURS`.
    """
    levels = image if image.dtype == np.uint8 else (image >> 8).astype(np.uint8)
    photograph = Image.fromarray(levels[..., 0] if levels.shape[2] == 1 else levels)
    scale = HEIGHT_PX / photograph.height
    small = _resized(photograph, (max(1, round(photograph.width * scale)), HEIGHT_PX))
    if found.box is None:
        return small
    left, top, width, height = found.box
    shown = Image.new("RGB", (max(1, round(width * HEIGHT_PX / height)), HEIGHT_PX))
    part = photograph.crop((left, top, left + width, top + height))
    shown.paste(_resized(part, shown.size))
    _outline(shown, found.masks, (0, 0), shown.size)
    corners = [round(side * scale) for side in (left, top, left + width, top + height)]
    inner = max(1, corners[2] - corners[0]), max(1, corners[3] - corners[1])
    _outline(small, found.masks, (corners[0], corners[1]), inner)
    ImageDraw.Draw(small).rectangle((corners[0], corners[1], corners[2], corners[3]), outline=FRAME)
    picture = Image.new("RGB", (small.width + 4 + shown.width, HEIGHT_PX), (17, 17, 17))
    picture.paste(small)
    picture.paste(shown, (small.width + 4, 0))
    return picture


def _resized(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Bring a picture to a size (width, height), in colour."""
    reduced = picture.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    return reduced.convert("RGB")


def _outline(picture: Image.Image, masks: np.ndarray, corner: tuple[int, int], size: tuple[int, int]) -> None:
    """Draw the outlines of masks into a picture, at a corner and a size (width, height)."""
    for mask, colour in zip(masks, COLOURS, strict=False):
        small = Image.fromarray(mask).resize(size, Image.Resampling.NEAREST)
        line = boundary(np.asarray(small).astype(bool))
        picture.paste(colour, corner, Image.fromarray(line).convert("L").filter(ImageFilter.MaxFilter(3)))

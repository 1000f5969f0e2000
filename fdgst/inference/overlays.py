"""A photograph with what was found in it, for people: outlines, and the part that the network saw, enlarged."""

import numpy as np
from PIL import Image, ImageDraw

from fdgst.core.masks import boundary
from fdgst.data.fitting import cut
from fdgst.inference.segmenter import Segmented

HEIGHT_PX = 480  # of the picture
COLOURS = (
    (0, 224, 255),
    (90, 255, 120),
    (255, 92, 214),
    (255, 226, 0),
    (160, 160, 255),
    (255, 140, 0),
    (255, 80, 80),
    (0, 120, 255),
)
FRAME = (255, 255, 255)


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
    scale = HEIGHT_PX / image.shape[0]
    step = max(1, int(0.7 / scale))  # of a large photograph every third or fourth pixel is enough
    small = _resized(_picture(image[::step, ::step]), (max(1, round(image.shape[1] * scale)), HEIGHT_PX))
    if found.box is None:
        return small
    left, top, width, height = found.box
    shown = Image.new("RGB", (max(1, round(width * HEIGHT_PX / height)), HEIGHT_PX))
    shown.paste(_resized(_picture(cut(image, found.box, fill=0)), shown.size))
    _outline(shown, found.masks, (0, 0), shown.size)
    corners = [round(side * scale) for side in (left, top, left + width, top + height)]
    inner = max(1, corners[2] - corners[0]), max(1, corners[3] - corners[1])
    _outline(small, found.masks, (corners[0], corners[1]), inner)
    ImageDraw.Draw(small).rectangle((corners[0], corners[1], corners[2], corners[3]), outline=FRAME)
    picture = Image.new("RGB", (small.width + 4 + shown.width, HEIGHT_PX), (17, 17, 17))
    picture.paste(small)
    picture.paste(shown, (small.width + 4, 0))
    return picture


def _picture(image: np.ndarray) -> Image.Image:
    """Return an image as a picture of 8 bits."""
    levels = image if image.dtype == np.uint8 else (image >> 8).astype(np.uint8)
    return Image.fromarray(np.ascontiguousarray(levels[..., 0] if levels.shape[2] == 1 else levels))


def _resized(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Bring a picture to a size (width, height), in colour."""
    reduced = picture.resize(size, Image.Resampling.BILINEAR, reducing_gap=1.1)
    return reduced.convert("RGB")


def _outline(picture: Image.Image, masks: np.ndarray, corner: tuple[int, int], size: tuple[int, int]) -> None:
    """Draw the outlines of masks into a picture, at a corner and a size (width, height)."""
    for mask, colour in zip(masks, COLOURS, strict=False):
        small = Image.fromarray(mask).resize(size, Image.Resampling.NEAREST)
        line = boundary(np.asarray(small).astype(bool))
        line[1:] |= line[:-1].copy()  # two pixels wide
        line[:, 1:] |= line[:, :-1].copy()
        picture.paste(colour, corner, Image.fromarray(line))

"""Images and masks from files: what is read, what is refused, and what is only worth a warning."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from fdgst.core.resize import label_of_grey
from fdgst.errors import DataError

GREYS = (0, 128, 255)  # cup, rim, background
CUP = 2
FAR_LEVELS = 40  # this far from the nearest of GREYS, a value is no longer what resampling leaves of a mask
FAR_FRACTION = 0.01

_SIGNATURE, _END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"
_DEPTH_OFFSET = 24  # of IHDR's bit depth: Pillow reduces 16-bit RGB to 8 bits without a word
_MODES = {"L": "grey", "LA": "grey with transparency", "RGB": "RGB", "RGBA": "RGB with transparency", "P": "palette"}
_DISTANCE = np.abs(np.arange(256)[:, None] - np.array(GREYS)).min(axis=1)


def read_image(path: Path) -> np.ndarray:
    """Read a photograph.

    Parameters
    ----------
    path : Path
        Grey, RGB or with a palette, 8 bits per channel. Any format that Pillow knows.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        A grey image has three equal channels.

    Raises
    ------
    DataError
        If the file is damaged or no such image, or some of it is transparent.
    """
    # ASSUME: a grey photograph is a photograph; augmentation and network treat its channels like any other
    return np.asarray(_open(path, what="image").convert("RGB"))


def read_mask(path: Path) -> np.ndarray:
    """Read a mask's grey values.

    Parameters
    ----------
    path : Path
        Grey, or RGB with equal channels, 8 bits per channel.

    Returns
    -------
    ndarray of uint8, shape (height, width)

    Raises
    ------
    DataError
        If the file is damaged or no such image, or its colour channels differ.
    """
    rgb = np.asarray(_open(path, what="mask").convert("RGB"))
    coloured = int((rgb != rgb[..., :1]).any(axis=-1).sum())
    if coloured:
        raise DataError(
            f"{path}: expected a grey mask or equal colour channels, found {_pixels(coloured)} with channels that"
            f" differ; store it as 8-bit grey"
        )
    return rgb[..., 0]


def size_faults(image_path: Path, image: np.ndarray, mask_path: Path, grey: np.ndarray) -> Iterator[str]:
    """Yield a line if the image is not square, and one if its mask has another size."""
    (height, width), (mask_height, mask_width) = image.shape[:2], grey.shape
    if height != width:
        yield f"{image_path}: expected a square image, found {width}x{height}; crop image and mask around the disc"
    if (height, width) != (mask_height, mask_width):
        yield (
            f"{mask_path}: expected the size of its image, {width}x{height}, found {mask_width}x{mask_height};"
            f" resize the mask (nearest neighbour)"
        )


def mask_faults(path: Path, grey: np.ndarray) -> Iterator[str]:
    """Yield a line for each reason why grey values are no mask of disc and cup.

    Parameters
    ----------
    path : Path
        Named in the lines.
    grey : ndarray of uint8, shape (height, width)
        From `read_mask`.
    """
    label = label_of_grey(grey)
    far = np.count_nonzero(_DISTANCE[grey] > FAR_LEVELS)
    if far > FAR_FRACTION * grey.size:
        yield (
            f"{path}: expected the values 0 (cup), 128 (rim) and 255 (background), found {far / grey.size:.1%} of the"
            f" pixels more than {FAR_LEVELS} levels from each; is it a mask?"
        )
        return
    corners = label[:: max(len(label) - 1, 1), :: max(label.shape[1] - 1, 1)]
    if (corners > 0).all():
        # ASSUME: no disc covers all corners of its ROI; this finds inverted masks, and those that hold labels 0, 1, 2
        found = ", ".join(str(value) for value in np.unique(grey)[:4])
        yield f"{path}: expected background (255) in a corner, found disc in all (values {found}); is it inverted?"
    elif not (label > 0).any():
        yield f"{path}: expected a disc (values up to 200), found background only; draw it, or exclude the image"
    elif not (label == CUP).any():
        yield f"{path}: expected a cup (values up to 50), found none; draw it, or exclude the image"


def mask_warnings(path: Path, grey: np.ndarray) -> Iterator[str]:
    """Yield a line for each thing that is odd about a usable mask.

    Parameters
    ----------
    path : Path
        Named in the lines.
    grey : ndarray of uint8, shape (height, width)
        From `read_mask`, without `mask_faults`.
    """
    touching = int(_beside_background(label_of_grey(grey)).sum())
    if touching:
        yield f"{path}: the cup touches the background, {_pixels(touching)}"
    stray = int((_DISTANCE[grey] > 0).sum())
    if stray:
        yield f"{path}: {_pixels(stray)} of other values than 0, 128, 255; read as up to 50 cup, up to 200 rim"


def _open(path: Path, *, what: str) -> Image.Image:
    """Decode a whole file, and refuse what has other than 8 bits per channel or holes."""
    data = path.read_bytes()
    try:
        with Image.open(io.BytesIO(data)) as checked:
            checked.verify()  # checksums, which decoding does not look at
        if data.startswith(_SIGNATURE) and _END not in data:
            raise SyntaxError("no end mark")
        picture = Image.open(io.BytesIO(data))
        picture.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(
            f"{path}: expected a whole PNG, found one that cannot be decoded ({error}); copy the {what} again"
        ) from error
    found = _unfit(picture, data)
    if found:
        raise DataError(f"{path}: expected 8 bits per channel, grey or RGB, found {found}; convert the {what}")
    return picture


def _unfit(picture: Image.Image, data: bytes) -> str:
    """Say what is wrong with a picture's pixels, nothing if they can be used."""
    depth = data[_DEPTH_OFFSET] if data.startswith(_SIGNATURE) else 8
    if picture.mode not in _MODES or (depth != 8 and picture.mode != "P"):
        return f"{depth} bits per channel (mode {picture.mode})"
    opaque = not picture.has_transparency_data or picture.convert("RGBA").getchannel("A").getextrema() == (255, 255)
    return "" if opaque else "transparent pixels"


def _beside_background(label: np.ndarray) -> np.ndarray:
    """Mark the cup's pixels with background above, below, left or right of them."""
    background = np.pad(label == 0, 1)  # beyond the border there is nothing to touch
    beside = background[:-2, 1:-1] | background[2:, 1:-1] | background[1:-1, :-2] | background[1:-1, 2:]
    return (label == CUP) & beside


def _pixels(count: int) -> str:
    """Write a number of pixels."""
    return f"{count} pixel{'s' * (count != 1)}"

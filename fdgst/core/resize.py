"""Resizing, as Pillow does it: LANCZOS for images, NEAREST for masks (method: from ROI size to network size).

Pillow's filters widen with the reduction (they low-pass), so that a reduction is the linear map that the shards
rely on: the resize of a sum is the sum of the resizes, but for the clipping of whole numbers. Sizes are (height,
width).
"""

import numpy as np
from PIL import Image

_GREY_FILTERS = {"nearest": Image.Resampling.NEAREST, "bicubic": Image.Resampling.BICUBIC}


def resize_image(image: np.ndarray, size_px: tuple[int, int]) -> np.ndarray:
    """Resize an image by LANCZOS.

    Parameters
    ----------
    image : ndarray of uint8 or uint16, shape (height, width, C)
        Grey levels; C is 1 or 3.
    size_px : (int, int)
        Height and width of the result.

    Returns
    -------
    ndarray, type of `image`, shape (*size_px, C)
        Overshoot of LANCZOS is cut to the levels of the type, as Pillow does. 16 bits, which Pillow's LANCZOS does not
        know, are resized as real numbers and rounded.
    """
    if image.shape[:2] == size_px:
        return image.copy()
    if image.dtype != np.uint8:
        planes = [resize_plane(plane, size_px) for plane in np.moveaxis(image, -1, 0)]
        return _whole(np.stack(planes, axis=-1), image.dtype)
    if image.shape[-1] == 1:
        return _resized(image[..., 0], size_px, Image.Resampling.LANCZOS)[..., None]
    return _resized(image, size_px, Image.Resampling.LANCZOS)


def resize_plane(plane: np.ndarray, size_px: tuple[int, int]) -> np.ndarray:
    """Resize one plane of real numbers by LANCZOS, uncut.

    Parameters
    ----------
    plane : ndarray, shape (height, width)
        Any values.
    size_px : (int, int)
        Height and width of the result.

    Returns
    -------
    ndarray of float32, shape size_px
    """
    plane = plane.astype(np.float32)
    return plane if plane.shape == size_px else _resized(plane, size_px, Image.Resampling.LANCZOS)


def resize_grey(grey: np.ndarray, size_px: tuple[int, int], *, rule: str) -> np.ndarray:
    """Resize the grey values of a mask file.

    Parameters
    ----------
    grey : ndarray of uint8 or uint16, shape (height, width)
        Grey values that stand for structures.
    size_px : (int, int)
        Height and width of the result.
    rule : {'nearest', 'bicubic'}
        ``nearest`` keeps the values as they are; ``bicubic`` makes values between them, as the authors' scripts do.

    Returns
    -------
    ndarray, type of `grey`, shape size_px

    Raises
    ------
    ValueError
        If the rule is unknown.
    """
    if rule not in _GREY_FILTERS:
        raise ValueError(f"rule must be 'nearest' or 'bicubic', got {rule!r}")
    if grey.shape == size_px:
        return grey.copy()
    if grey.dtype == np.uint8:
        return _resized(grey, size_px, _GREY_FILTERS[rule])
    return _whole(_resized(grey.astype(np.float32), size_px, _GREY_FILTERS[rule]), grey.dtype)


def _resized(pixels: np.ndarray, size_px: tuple[int, int], rule: Image.Resampling) -> np.ndarray:
    """Resize what Pillow knows: 8 bits grey or RGB, or float32; its sizes are (width, height)."""
    return np.asarray(Image.fromarray(pixels).resize(size_px[::-1], rule))


def _whole(pixels: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Round real numbers to an unsigned type's levels and cut what lies beyond."""
    return np.clip(np.rint(pixels), 0, np.iinfo(dtype).max).astype(dtype)

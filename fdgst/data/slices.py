"""Masks that other programs leave as NIfTI: one slice to a file. nibabel is needed for these alone."""

import io
import zlib
from pathlib import Path

import numpy as np

from fdgst.errors import DataError

ENDINGS = (".nii", ".nii.gz")
_LARGEST = np.iinfo(np.uint16).max


def is_slice(path: Path) -> bool:
    """Tell by its name whether a file is NIfTI."""
    return path.name.lower().endswith(ENDINGS)


def read_slice(path: Path, data: bytes) -> np.ndarray:
    """Read the labels of one slice.

    Parameters
    ----------
    path : Path
        Named in faults.
    data : bytes
        The file's.

    Returns
    -------
    ndarray of uint8 or uint16, shape (height, width)

    Raises
    ------
    DataError
        One line: nibabel is not there, no NIfTI, damaged, several slices, or values that are no labels.

    Notes
    -----
    ASSUME: the first axis of the file is the image's width and the second its height, counted from the top left corner,
    as SimpleITK writes an image (height, width); the header's orientation is not looked at.
    """
    try:
        import nibabel
    except ModuleNotFoundError:
        raise DataError(f"{path}: NIfTI needs nibabel, which is not installed: pip install nibabel brings it") from None
    try:
        raw = zlib.decompress(data, wbits=31) if data[:2] == b"\x1f\x8b" else data
        kind = nibabel.Nifti2Image if raw[:4] in (b"\x1c\x02\x00\x00", b"\x00\x00\x02\x1c") else nibabel.Nifti1Image
        values = np.asarray(kind.from_stream(io.BytesIO(raw)).dataobj)
    except Exception as error:  # damaged bytes make it fail in any way
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{path}: expected a whole NIfTI file, found one that cannot be read ({reason})") from error
    if values.ndim < 2 or any(length != 1 for length in values.shape[2:]):
        raise DataError(f"{path}: expected one slice, found the shape {values.shape}; write a file for each slice")
    plane = values.reshape(values.shape[:2]).T
    whole = plane.astype(np.int64) if np.isfinite(plane).all() else np.full(plane.shape, -1)
    if (whole != plane).any() or whole.min() < 0 or whole.max() > _LARGEST:
        raise DataError(f"{path}: expected labels, whole numbers from 0 to {_LARGEST}, found others; is it a mask?")
    return np.ascontiguousarray(whole.astype(np.uint8 if whole.max() < 256 else np.uint16))

"""What a reader gives: entries, which are cheap to list, and the samples that they load."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Sample:
    """One image and its label.

    Attributes
    ----------
    name : str
        Names the image within its domain.
    split : str
        ``train`` or ``test``.
    image : ndarray of uint8, shape (side, side, 3)
        RGB.
    label : ndarray of uint8, shape (side, side)
        0 background, 1 rim, 2 cup.
    sha256 : str
        Of the bytes of the image's file; of the pixels where there is no file.
    warnings : tuple of str
        What the user should know and may leave as it is, one line each.
    """

    name: str
    split: str
    image: np.ndarray
    label: np.ndarray
    sha256: str
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """An image that can be loaded.

    Attributes
    ----------
    name, split : str
        As of its sample.
    load : callable
        Returns the sample; raises `fdgst.errors.DataError` with one line per fault of its files.
    """

    name: str
    split: str
    load: Callable[[], Sample]

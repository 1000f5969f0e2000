"""What a reader gives: entries, which are cheap to list, and the samples that they load."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # listing images needs no arrays
    import numpy as np


@dataclass(frozen=True)
class Sample:
    """One image and the grey values of its masks.

    Attributes
    ----------
    name : str
        Names the image within its domain.
    split : str
        ``train`` or ``test``.
    group : str
        The patient or slide that the image is of; its own name where nothing is known.
    image : ndarray of uint8 or uint16, shape (height, width, C)
        With the channels and the depth of the task.
    greys : mapping of str to ndarray of uint8 or uint16, shape (height, width)
        For each mask column of the task its grey values.
    sha256 : str
        Of the bytes of the image's file; of the pixels where there is no file.
    warnings : tuple of str
        What the user should know and may leave as it is, one line each, with the file's name.
    notes : tuple of str
        What was done to the files, without their names; counted over a domain.
    """

    name: str
    split: str
    group: str
    image: "np.ndarray"
    greys: "Mapping[str, np.ndarray]"
    sha256: str
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entry:
    """An image that can be loaded.

    Attributes
    ----------
    name, split, group : str
        As of its sample.
    load : callable
        Returns the sample; raises `fdgst.errors.DataError` with one line per fault of its files.
    place : str
        Where its faults are found: the image's file, or its name where it has none.
    carried : mapping of str to str
        What the source says of it besides: columns of the manifest.
    unit_per_px : float or None
        What a pixel of the image measures; None where that is not known.
    unit : str
        Of `unit_per_px`; empty where it is None.
    """

    name: str
    split: str
    group: str
    load: Callable[[], Sample]
    place: str
    carried: Mapping[str, str] = field(default_factory=dict)
    unit_per_px: float | None = None
    unit: str = ""

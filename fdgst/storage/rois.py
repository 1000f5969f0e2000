"""ROI files: the images and masks of one domain, at ROI size and at network size (docs/format.md, kind `rois`)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from fdgst.core.masks import masks_of_greys, pack, unpack
from fdgst.core.resize import resize_grey, resize_image
from fdgst.storage import SPLITS
from fdgst.storage import format as form
from fdgst.storage.contracts import ROIS, WHITES, sound
from fdgst.storage.parts import add_structures, records, structures_of

if TYPE_CHECKING:  # the model of a study is heavy to import, and nothing here makes one
    from fdgst.study.task import Task

MASK_RULES = {"nearest": "nearest", "released": "bicubic"}  # mask_resize of the configuration, rule of the core


@dataclass(frozen=True)
class Stored:
    """What a ROI file keeps of one sample.

    Attributes
    ----------
    image : ndarray of uint8 or uint16, shape (H, W, C)
        At ROI size.
    masks, network_masks : ndarray of bool, shape (K, H, W) and (K, h, w)
        At ROI size and at network size.
    """

    image: np.ndarray
    masks: np.ndarray
    network_masks: np.ndarray


class RoiWriter:
    """Writes one image after another, so that memory does not grow with their number.

    Parameters
    ----------
    file : h5py.File
        From `create_rois`.
    task : Task
        Channels and depth of the images, and how masks are read.
    count : int
        Number of images that will be added.
    roi_size_px, network_size_px : (int, int)
        Height and width of the two stored sizes.
    mask_resize : {'nearest', 'released'}
        ``released`` resizes grey values bicubically before they are read (the authors' scripts).
    compression : {'none', 'gzip'}
        Filter of the pixels.
    """

    def __init__(
        self,
        file: h5py.File,
        *,
        task: "Task",
        count: int,
        roi_size_px: tuple[int, int],
        network_size_px: tuple[int, int],
        mask_resize: str,
        compression: str,
    ) -> None:
        self._file, self._structures, self._rule = file, task.structures, MASK_RULES[mask_resize]
        self._sizes = {"": roi_size_px, "network/": network_size_px}
        self._rows: list[tuple[str, str, str, str]] = []
        self._scales: list[float] = []
        sizes = dict(zip("HWhw", (*roi_size_px, *network_size_px), strict=True)) | {"N": count, "C": task.channels}
        for prefix in self._sizes:
            ROIS.add_items(file, f"{prefix}image", sizes, white=task.white, compression=compression)
            ROIS.add_items(file, f"{prefix}mask", sizes, compression=compression)

    def add(
        self,
        *,
        name: str,
        split: str,
        group: str,
        image: np.ndarray,
        greys: Mapping[str, np.ndarray],
        sha256: str,
        unit_per_px: float | None = None,
    ) -> Stored:
        """Store one sample at both sizes and return what is stored.

        Parameters
        ----------
        name, split, group : str
            What the image is called; ``train`` or ``test``; the patient or slide that it is of.
        image : ndarray of uint8 or uint16, shape (height, width, C)
            Any size; brought to ROI size first, and from there to network size.
        greys : mapping of str to ndarray of uint8 or uint16, shape (height, width)
            Grey values of the image's mask files, by column.
        sha256 : str
            Of the source image.
        unit_per_px : float or None
            What a pixel of the ROI measures; None where that is not known: of all images or of none.
        """
        row, images, planes = len(self._rows), [], []
        for prefix, size_px in self._sizes.items():
            image = resize_image(image, size_px)
            greys = {column: resize_grey(grey, size_px, rule=self._rule) for column, grey in greys.items()}
            masks = masks_of_greys(greys, self._structures)
            self._file[f"{prefix}image"][row] = image
            self._file[f"{prefix}mask"][row] = pack(masks)
            images.append(image)
            planes.append(masks)
        form.check(self._file)
        self._rows.append((name, split, group, sha256))
        self._scales += [] if unit_per_px is None else [unit_per_px]
        return Stored(images[0], *planes)

    def close(self) -> None:
        """Write the names, splits, groups and checksums of the images added."""
        columns = zip(*self._rows, strict=True)
        for column, values in zip(("name", "split", "group", "sha256"), columns, strict=True):
            form.add_strings(self._file, column, values)
        if self._scales:
            self._file["unit_per_px"] = np.array(self._scales)


@contextmanager
def create_rois(
    path: Path, *, settings: Mapping[str, Any], task: "Task", domain: str, title: str, unit: str = "", **shape: Any
) -> Iterator[RoiWriter]:
    """Write a ROI file atomically.

    Parameters
    ----------
    path : Path
        Final name.
    settings : mapping
        What made the file, in JSON types.
    task : Task
    domain, title : str
        Id and printed name.
    unit : str
        Of what a pixel measures, such as ``mm``; empty where that is not known.
    **shape
        `count`, `roi_size_px`, `network_size_px`, `mask_resize` and `compression` of `RoiWriter`.
    """
    with form.create(path, kind="rois", settings=settings) as file:
        file.attrs["domain"], file.attrs["title"] = domain, title
        file.attrs["white"], file.attrs["channels"] = task.white, task.channels
        add_structures(file, records(task.structures))
        if unit:
            file.attrs["unit"] = unit
        writer = RoiWriter(file, task=task, **shape)
        yield writer
        writer.close()


@dataclass(frozen=True)
class Rois:
    """An open ROI file; images are read when asked for.

    Attributes
    ----------
    domain, title : str
        Id and printed name.
    names, splits, groups : list of str
        One per image, in the file's order: the training split first, each split by name.
    structures : tuple of str
        Ids; place k is bit k and plane k of every mask.
    within : dict of str to str or None
        The structure that holds each one.
    optional : frozenset of str
        Structures that an image may be without.
    white : int
        Largest grey level: 255 or 65535.
    channels : int
        C: 1 or 3.
    roi_size_px, network_size_px : (int, int)
        Height and width of the two stored sizes.
    unit : str
        Of what a pixel of the ROI measures, such as ``mm``; empty where that is not known.
    units_per_px : list of float
        What it measures in each image; empty where that is not known.
    """

    file: h5py.File
    domain: str
    title: str
    names: list[str]
    splits: list[str]
    groups: list[str]
    structures: tuple[str, ...]
    within: dict[str, str | None]
    optional: frozenset[str]
    white: int
    channels: int
    roi_size_px: tuple[int, int]
    network_size_px: tuple[int, int]
    unit: str
    units_per_px: list[float]

    @cached_property
    def _pixels(self) -> dict[str, h5py.Dataset]:
        """The datasets, looked up once: by name it is as dear as reading a small image."""
        return {name: self.file[name] for name in ("image", "mask", "network/image", "network/mask")}

    def indices(self, split: str) -> np.ndarray:
        """Return the rows of a split (``train``, ``test`` or ``all``), ascending.

        Raises
        ------
        ValueError
            If the split is unknown.
        """
        if split not in (*SPLITS, "all"):
            raise ValueError(f"split must be one of {(*SPLITS, 'all')}, got {split!r}")
        return np.array([row for row, own in enumerate(self.splits) if split in (own, "all")], int)

    def image(self, row: int) -> np.ndarray:
        """Return one image at ROI size, uint8 or uint16 (H, W, C)."""
        return form.read(self._pixels["image"], row)

    def masks(self, row: int) -> np.ndarray:
        """Return the masks of one image at ROI size, bool (K, H, W)."""
        return unpack(form.read(self._pixels["mask"], row), len(self.structures))

    def network_image(self, row: int) -> np.ndarray:
        """Return one image at network size, uint8 or uint16 (h, w, C)."""
        return form.read(self._pixels["network/image"], row)

    def network_images(self, rows: np.ndarray) -> np.ndarray:
        """Return images at network size, (n, h, w, C), in the order of `rows` (ascending, distinct)."""
        return form.read(self._pixels["network/image"], rows)

    def network_bits(self, rows: np.ndarray | int) -> np.ndarray:
        """Return masks at network size as bits, uint8 (n, h, w), in the order of `rows` (ascending, distinct).

        One row that is given as a number is read faster, and without the first axis.
        """
        return form.read(self._pixels["network/mask"], rows)


@contextmanager
def open_rois(path: Path) -> Iterator[Rois]:
    """Open a ROI file.

    Raises
    ------
    FormatError
        If it is missing, damaged, or no ROI file of this version.
    """
    with form.open_file(path, kind="rois") as file:
        yield sound(path, file, lambda: _read(file))


def _read(file: h5py.File) -> Rois:
    """Read what a ROI file says of itself."""
    structures = structures_of(file)
    count, *roi_size_px = file["mask"].shape
    _, *network_size_px = file["network/mask"].shape
    white, channels = int(file.attrs["white"]), int(file.attrs["channels"])
    if white not in WHITES or channels not in (1, 3) or channels != file["image"].shape[-1]:
        raise ValueError(f"white, channels: expected 255 or 65535, and 1 or 3, found {white} and {channels}")
    units = file["unit_per_px"][:].tolist() if "unit" in file.attrs else []
    if units and len(units) != count:
        raise ValueError(f"unit_per_px: expected {count} numbers, found {len(units)}")
    return Rois(
        file=file,
        domain=str(file.attrs["domain"]),
        title=str(file.attrs["title"]),
        names=form.strings(file["name"]),
        splits=form.strings(file["split"]),
        groups=form.strings(file["group"]),
        structures=tuple(item["id"] for item in structures),
        within={item["id"]: item["within"] for item in structures},
        optional=frozenset(item["id"] for item in structures if item["optional"]),
        white=white,
        channels=channels,
        roi_size_px=tuple(roi_size_px),
        network_size_px=tuple(network_size_px),
        unit=str(file.attrs.get("unit", "")),
        units_per_px=units,
    )

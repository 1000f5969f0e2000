"""ROI files: the images and labels of one domain, at ROI size and at network size (docs/format.md, kind `rois`)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from fdgst.core.resize import resize_image, resize_label
from fdgst.storage import format as form

SPLITS = ("train", "test")


class RoiWriter:
    """Writes one image after another, so that memory does not grow with their number.

    Parameters
    ----------
    file : h5py.File
        From `create_rois`.
    count : int
        Number of images that will be added.
    roi_size_px, network_size_px : int
        Sides of the two stored sizes.
    label_resize : {'nearest', 'released'}
        See `fdgst.core.resize.resize_label`.
    compression : {'none', 'gzip'}
        Filter of the pixels.
    """

    def __init__(
        self,
        file: h5py.File,
        *,
        count: int,
        roi_size_px: int,
        network_size_px: int,
        label_resize: str,
        compression: str,
    ) -> None:
        self._file, self._label_resize = file, label_resize
        self._sizes = {"": roi_size_px, "network/": network_size_px}
        self._rows: list[tuple[str, str, str]] = []
        for prefix, size_px in self._sizes.items():
            form.add_images(file, f"{prefix}image", (count, size_px, size_px, 3), "u1", compression=compression)
            form.add_images(file, f"{prefix}label", (count, size_px, size_px), "u1", compression=compression)

    def add(self, name: str, split: str, image: np.ndarray, label: np.ndarray, sha256: str) -> np.ndarray:
        """Store one sample at both sizes and return the image at ROI size.

        Parameters
        ----------
        name, split : str
            What the image is called; ``train`` or ``test``.
        image : ndarray of uint8, shape (side, side, 3)
            Any side; brought to ROI size first, and from there to network size.
        label : ndarray of uint8, shape (side, side)
            0 background, 1 rim, 2 cup.
        sha256 : str
            Of the source image.
        """
        row = len(self._rows)
        for prefix, size_px in self._sizes.items():
            image = resize_image(image, size_px)
            label = resize_label(label, size_px, rule=self._label_resize)
            self._file[f"{prefix}image"][row] = image
            self._file[f"{prefix}label"][row] = label
            if not prefix:
                roi = image
        self._rows.append((name, split, sha256))
        return roi

    def close(self) -> None:
        """Write the names, splits and checksums of the images added."""
        for column, values in zip(("name", "split", "sha256"), zip(*self._rows, strict=True), strict=True):
            form.add_strings(self._file, column, values)


@contextmanager
def create_rois(path: Path, *, settings: Mapping[str, Any], **shape: Any) -> Iterator[RoiWriter]:
    """Write a ROI file atomically.

    Parameters
    ----------
    path : Path
        Final name.
    settings : mapping
        What made the file; must hold `domain` and `title`.
    **shape
        The keyword arguments of `RoiWriter`.
    """
    with form.create(path, kind="rois", settings=settings) as file:
        file.attrs["domain"], file.attrs["title"] = settings["domain"], settings["title"]
        writer = RoiWriter(file, **shape)
        yield writer
        writer.close()


@dataclass(frozen=True)
class Rois:
    """An open ROI file; images are read when asked for.

    Attributes
    ----------
    domain, title : str
        Id and printed name.
    names, splits : list of str
        One per image, in the file's order: the training split first, each split by name.
    roi_size_px, network_size_px : int
        Sides of the two stored sizes.
    """

    file: h5py.File
    domain: str
    title: str
    names: list[str]
    splits: list[str]
    roi_size_px: int
    network_size_px: int

    @cached_property
    def _pixels(self) -> dict[str, h5py.Dataset]:
        """The datasets, looked up once: by name it is as dear as reading a small image."""
        return {name: self.file[name] for name in ("image", "label", "network/image", "network/label")}

    def indices(self, split: str) -> np.ndarray:
        """Return the rows of a split (``train``, ``test`` or ``all``), ascending.

        Raises
        ------
        ValueError
            If the split is unknown.
        """
        if split not in (*SPLITS, "all"):
            raise ValueError(f"split must be one of {(*SPLITS, 'all')}, got {split!r}")
        return np.array([row for row, of in enumerate(self.splits) if split in (of, "all")], int)

    def image(self, row: int) -> np.ndarray:
        """Return one image at ROI size, uint8 (R, R, 3)."""
        return form.read(self._pixels["image"], row)

    def label(self, row: int) -> np.ndarray:
        """Return one label map at ROI size, uint8 (R, R)."""
        return form.read(self._pixels["label"], row)

    def network_image(self, row: int) -> np.ndarray:
        """Return one image at network size, uint8 (S, S, 3)."""
        return form.read(self._pixels["network/image"], row)

    def network_label(self, row: int) -> np.ndarray:
        """Return one label map at network size, uint8 (S, S)."""
        return form.read(self._pixels["network/label"], row)

    def network_images(self, rows: np.ndarray) -> np.ndarray:
        """Return images at network size, uint8 (n, S, S, 3), in the order of `rows` (ascending, distinct)."""
        return form.read(self._pixels["network/image"], rows)

    def network_labels(self, rows: np.ndarray) -> np.ndarray:
        """Return label maps at network size, uint8 (n, S, S), in the order of `rows` (ascending, distinct)."""
        return form.read(self._pixels["network/label"], rows)


@contextmanager
def open_rois(path: Path) -> Iterator[Rois]:
    """Open a ROI file.

    Raises
    ------
    FormatError
        If it is missing, damaged, or no ROI file of this version.
    """
    with form.open_file(path, kind="rois") as file:
        yield Rois(
            file=file,
            domain=str(file.attrs["domain"]),
            title=str(file.attrs["title"]),
            names=form.strings(file["name"]),
            splits=form.strings(file["split"]),
            roi_size_px=file["image"].shape[1],
            network_size_px=file["network/image"].shape[1],
        )

"""Shards: stylised copies of one domain's training images in the style of another (docs/format.md, kind `shard`).

A *grid* shard holds a picture for every lambda; a *residual* shard holds the change d once, to be scaled and added to
the ROI file's network-size image when it is needed.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import h5py
import numpy as np

from fdgst.storage import format as form
from fdgst.storage.parts import Flusher, add_picture, add_table, number_or_text

ENCODINGS = ("grid", "residual")
STATISTICS = ("clipped", "mean_shift", "contrast", "similarity")


@dataclass(frozen=True)
class Plan:
    """What a shard will hold, known before its first pixel.

    Attributes
    ----------
    names, styles : list of str
        Content images in order, and the style image of each.
    lambdas : ndarray of float, shape (N, L)
        Strengths.
    size_px : int
        Side of the pictures.
    encoding : {'grid', 'residual'}
    compression : {'none', 'gzip'}
    attributes : mapping
        `augmentation`, `window`, `alpha`, `seed`, `content_domain` and `style_domain`.
    """

    names: list[str]
    styles: list[str]
    lambdas: np.ndarray
    size_px: int
    encoding: str
    compression: str
    attributes: Mapping[str, Any]


class ShardWriter:
    """Writes one content image after another in a single pass.

    Parameters
    ----------
    file : h5py.File
    plan : Plan
    """

    def __init__(self, file: h5py.File, plan: Plan) -> None:
        file.attrs["encoding"] = plan.encoding
        file.attrs.update(plan.attributes)
        form.add_strings(file, "content", plan.names)
        form.add_strings(file, "style", plan.styles)
        add_table(file, "lambda", plan.lambdas.astype("f8"))
        (count, copies), plane = plan.lambdas.shape, (plan.size_px, plan.size_px)
        self._label = form.add_images(file, "label", (count, *plane), "u1", compression=plan.compression)
        shape, kind, axes = (
            ((count, copies, *plane, 3), "u1", 2) if plan.encoding == "grid" else ((count, *plane, 3), "f2", 1)
        )
        name = "image" if plan.encoding == "grid" else "residual"
        self._pixels = form.add_images(file, name, shape, kind, compression=plan.compression, per_item=axes)
        self._statistics = {name: np.zeros((count, copies), "f4") for name in STATISTICS}
        self._file, self._done = file, 0
        self._flusher = Flusher(Path(file.filename))

    def add(self, pixels: np.ndarray, label: np.ndarray, statistics: Mapping[str, np.ndarray]) -> None:
        """Store the next content image.

        Parameters
        ----------
        pixels : ndarray
            uint8 (L, S, S, 3) in a grid, float16 (S, S, 3) in a residual shard.
        label : ndarray of uint8, shape (S, S)
        statistics : mapping
            Each of `STATISTICS`, shape (L,).
        """
        self._pixels[self._done] = pixels
        self._flusher.wrote(pixels.nbytes)
        self._label[self._done] = label
        for name, table in self._statistics.items():
            table[self._done] = statistics[name]
        self._done += 1

    def stop(self) -> None:
        """End what runs beside the writing."""
        self._flusher.close()

    def close(self, preview: np.ndarray) -> None:
        """Write the statistics and the contact sheet."""
        for name, table in self._statistics.items():
            add_table(self._file, name, table)
        add_picture(self._file, "preview", preview)


@contextmanager
def create_shard(path: Path, plan: Plan, *, settings: Mapping[str, Any]) -> Iterator[ShardWriter]:
    """Write a shard atomically; the caller closes the writer after its last image.

    Parameters
    ----------
    path : Path
        Final name.
    plan : Plan
    settings : mapping
        What made the file.
    """
    with form.create(path, kind="shard", settings=settings) as file:
        writer = ShardWriter(file, plan)
        try:
            yield writer
        finally:
            writer.stop()


class Shard:
    """An open shard; pixels are read when asked for. A context manager.

    Attributes
    ----------
    names, styles : list of str
        Content images (the training split of the content domain's ROI file, in its order), and each one's style image.
    lambdas : ndarray of float64, shape (N, L)
        Strengths. A residual shard keeps those that a grid would have.
    content_domain, style_domain, augmentation, window : str
    alpha : float or str
    encoding : {'grid', 'residual'}
    seed : int
    size_px : int
    settings : dict
        What made the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self._context = form.open_file(self.path, kind="shard")
        self.file = self._context.__enter__()
        attributes = self.file.attrs
        self.content_domain, self.style_domain = str(attributes["content_domain"]), str(attributes["style_domain"])
        self.augmentation, self.window = str(attributes["augmentation"]), str(attributes["window"])
        self.encoding, self.alpha = str(attributes["encoding"]), number_or_text(attributes["alpha"])
        self.seed, self.settings = int(attributes["seed"]), form.settings(self.file)
        self.names, self.styles = form.strings(self.file["content"]), form.strings(self.file["style"])
        self.lambdas = self._read("lambda", ...)
        self.size_px = self.file["label"].shape[1]

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *error: Any) -> None:
        """Close the file."""
        self._context.__exit__(*error)

    def close(self) -> None:
        """Close the file."""
        self._context.__exit__(None, None, None)

    def __len__(self) -> int:
        """Return the number of content images."""
        return len(self.names)

    @property
    def made_from(self) -> str:
        """SHA-256 of the content domain's ROI file, as `fdgst.storage.format.digest` tells it."""
        return self.settings["inputs"]["content"]

    @property
    def nbytes(self) -> int:
        """Bytes of all pixels in memory."""
        return self.file["image" if self.encoding == "grid" else "residual"].nbytes

    def image(self, content: int, copy: int) -> np.ndarray:
        """Return one picture of a grid shard, uint8 (S, S, 3).

        Raises
        ------
        ValueError
            If the shard holds residuals.
        FormatError
            If its checksum fails.
        """
        return self._read(self._expect("grid", "image"), (content, copy))

    def images(self, contents: np.ndarray) -> np.ndarray:
        """Return all pictures of some content images of a grid shard, uint8 (n, L, S, S, 3); raises as `image`."""
        return self._read_each(self._expect("grid", "image"), contents)

    def residuals(self, contents: np.ndarray) -> np.ndarray:
        """Return the changes d of some content images of a residual shard, float16 (n, S, S, 3); raises as `image`."""
        return self._read_each(self._expect("residual", "residual"), contents)

    def labels(self, contents: np.ndarray) -> np.ndarray:
        """Return the labels of some content images, uint8 (n, S, S)."""
        return self._read_each("label", contents)

    def statistics(self) -> dict[str, np.ndarray]:
        """Return `clipped`, `mean_shift`, `contrast` and `similarity`, each float32 (N, L)."""
        return {name: self._read(name, ...) for name in STATISTICS}

    def preview(self) -> np.ndarray:
        """Return the contact sheet, uint8 (height, width, 3)."""
        return self._read("preview", ...)

    def _expect(self, encoding: str, name: str) -> str:
        """Return the dataset's name if the shard has that encoding."""
        if self.encoding != encoding:
            other = "residuals" if encoding == "grid" else "image"
            raise ValueError(f"{self.path}: encoding is {self.encoding!r}, it has no {name!r}; ask for {other!r}")
        return name

    def _read_each(self, name: str, items: np.ndarray) -> np.ndarray:
        """Read items in any order into one array."""
        dataset = self.file[name]
        out = np.empty((len(items), *dataset.shape[1:]), dataset.dtype)
        for place, item in zip(out, items, strict=True):
            place[...] = self._read(name, int(item))
        return out

    def _read(self, name: str, selection: Any) -> np.ndarray:
        """Read a part of a dataset."""
        return form.read(self.file[name], selection)


def open_shard(path: Path) -> Shard:
    """Open a shard.

    Parameters
    ----------
    path : Path or str

    Returns
    -------
    Shard
        A context manager; close it otherwise.

    Raises
    ------
    FormatError
        If the file is missing, damaged, or no shard of this version.

    Examples
    --------
    >>> with open_shard("results/shards/fdg/domain1/domain2.h5") as shard:  # doctest: +SKIP
    ...     picture = shard.image(0, 4)
    """
    return Shard(Path(path))

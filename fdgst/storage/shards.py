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

from fdgst.core.half import to_half
from fdgst.storage import format as form
from fdgst.storage.behind import Behind
from fdgst.storage.contracts import contract_of, sound
from fdgst.storage.parts import add_picture, number_or_text

_AHEAD = 2  # content images that wait to be written
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
    size_px : (int, int)
        Height and width of the pictures.
    channels : int
        Of the pictures.
    white : int
        Largest grey level of the pictures: 255 or 65535.
    encoding : {'grid', 'residual'}
    compression : {'none', 'gzip'}
    attributes : mapping
        `augmentation`, `window`, `alpha`, `seed`, `content_domain` and `style_domain`.
    """

    names: list[str]
    styles: list[str]
    lambdas: np.ndarray
    size_px: tuple[int, int]
    channels: int
    white: int
    encoding: str
    compression: str
    attributes: Mapping[str, Any]


class ShardWriter:
    """Writes one content image after another in a single pass, in a thread of its own.

    Parameters
    ----------
    file : h5py.File
    plan : Plan
    """

    def __init__(self, file: h5py.File, plan: Plan) -> None:
        file.attrs["encoding"], file.attrs["white"] = plan.encoding, plan.white
        file.attrs.update(plan.attributes)
        form.add_strings(file, "content", plan.names)
        form.add_strings(file, "style", plan.styles)
        self._contract = contract_of(file)
        self._contract.add_table(file, "lambda", plan.lambdas)
        count, copies = plan.lambdas.shape
        sizes = dict(zip("NLhwC", (count, copies, *plan.size_px, plan.channels), strict=True))
        self._mask = self._contract.add_items(file, "mask", sizes, compression=plan.compression)
        name, per_item = ("image", 2) if plan.encoding == "grid" else ("residual", 1)
        how: dict[str, Any] = {"white": plan.white, "compression": plan.compression, "per_item": per_item}
        self._pixels = self._contract.add_items(file, name, sizes, **how)
        self._statistics = {name: np.zeros((count, copies)) for name in STATISTICS}
        self._file, self._done = file, 0
        self._behind = Behind(ahead=_AHEAD)

    def add(self, pixels: np.ndarray, bits: np.ndarray, statistics: Mapping[str, np.ndarray]) -> None:
        """Store the next content image; the arrays are kept until they are written, and may not change.

        Parameters
        ----------
        pixels : ndarray
            uint8 or uint16 (L, h, w, C) in a grid; in a residual shard float32 (h, w, C), which is kept as float16
            for 8-bit images.
        bits : ndarray of uint8, shape (h, w)
            Masks, see `fdgst.core.masks.pack`.
        statistics : mapping
            Each of `STATISTICS`, shape (L,).
        """
        self._behind.call(self._write, self._done, pixels, bits)
        for name, table in self._statistics.items():
            table[self._done] = statistics[name]
        self._done += 1

    def _write(self, number: int, pixels: np.ndarray, bits: np.ndarray) -> None:
        """Write what one content image gives."""
        if self._pixels.dtype == np.float16:
            pixels = to_half(pixels.astype(np.float32, copy=False))
        self._pixels[number] = pixels
        self._mask[number] = bits
        form.check(self._file)

    def stop(self) -> None:
        """End the thread."""
        self._behind.stop()

    def close(self, preview: np.ndarray) -> None:
        """Wait for the images, and write the statistics and the contact sheet."""
        self._behind.finish()
        for name, table in self._statistics.items():
            self._contract.add_table(self._file, name, table)
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
    size_px : (int, int)
        Height and width of the pictures.
    channels : int
    white : int
        Largest grey level of the pictures: 255 or 65535.
    settings : dict
        What made the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self._context = form.open_file(self.path, kind="shard")
        self.file = self._context.__enter__()
        try:
            sound(self.path, self.file, self._read_own)
        except BaseException as error:
            self._context.__exit__(type(error), error, error.__traceback__)
            raise

    def _read_own(self) -> None:
        """Read what the shard says of itself."""
        attributes = self.file.attrs
        self.content_domain, self.style_domain = str(attributes["content_domain"]), str(attributes["style_domain"])
        self.augmentation, self.window = str(attributes["augmentation"]), str(attributes["window"])
        self.encoding, self.alpha = str(attributes["encoding"]), number_or_text(attributes["alpha"])
        if self.encoding not in ("grid", "residual"):
            raise ValueError(f"encoding: expected grid or residual, found {self.encoding!r}")
        self.seed, self.settings = int(attributes["seed"]), form.settings(self.file)
        self.names, self.styles = form.strings(self.file["content"]), form.strings(self.file["style"])
        self.lambdas = self._read("lambda", ...)
        self.size_px: tuple[int, int] = self.file["mask"].shape[1:]
        self.channels, self.white = int(self._pixels.shape[-1]), int(attributes["white"])

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
        inputs = self.settings.get("inputs")
        return str(inputs.get("content")) if isinstance(inputs, dict) else "none"

    @property
    def law(self) -> tuple[float, float] | None:
        """Lowest and highest strength where they were drawn; None for a grid of them."""
        lambdas = self.settings.get("lambdas")
        return (lambdas["uniform"][0], lambdas["uniform"][1]) if isinstance(lambdas, dict) else None

    @property
    def _pixels(self) -> h5py.Dataset:
        """The dataset of pictures or changes."""
        return self.file["image" if self.encoding == "grid" else "residual"]

    def image(self, content: int, copy: int) -> np.ndarray:
        """Return one picture of a grid shard, uint8 or uint16 (h, w, C).

        Raises
        ------
        ValueError
            If the shard holds residuals.
        FormatError
            If its checksum fails.
        """
        return self._read(self._expect("grid", "image"), (content, copy))

    def images(self, contents: np.ndarray) -> np.ndarray:
        """Return all pictures of some content images of a grid shard, (n, L, h, w, C); raises as `image`."""
        return self._read_each(self._expect("grid", "image"), contents)

    def residuals(self, contents: np.ndarray) -> np.ndarray:
        """Return the changes d of some content images of a residual shard, (n, h, w, C); raises as `image`."""
        return self._read_each(self._expect("residual", "residual"), contents)

    def bits(self, contents: np.ndarray) -> np.ndarray:
        """Return the masks of some content images as bits, uint8 (n, h, w); see `fdgst.core.masks.unpack`."""
        return self._read_each("mask", contents)

    def statistics(self) -> dict[str, np.ndarray]:
        """Return `clipped`, `mean_shift`, `contrast` and `similarity`, each float32 (N, L)."""
        return {name: self._read(name, ...) for name in STATISTICS}

    def preview(self) -> np.ndarray:
        """Return the contact sheet, uint8 (Y, X, 3)."""
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

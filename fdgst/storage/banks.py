"""Banks: the amplitudes of one domain's training images (docs/format.md, kinds `dense_bank` and `soft_bank`).

A dense bank holds whole half spectra; a soft bank what a soft threshold leaves of them, about a thousandth, and the
unit phases of each image's low frequencies.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from fdgst.core.sparse import Coefficients, low_block_shape
from fdgst.errors import FormatError
from fdgst.storage import format as form
from fdgst.storage.contracts import DENSE_BANK, SOFT_BANK, sound
from fdgst.storage.parts import kind_of, number_or_text

KINDS = ("dense_bank", "soft_bank")
_HELD = 2**20  # coefficients of a whole bank that are read at once: 12 MB; a threshold of 5 % leaves 25 an image
_COLUMNS = ("row", "column", "value")
_CHUNK = 4096  # coefficients: of some fifty images at a threshold of 5 %


class DenseBankWriter:
    """Writes amplitudes one image after another.

    Parameters
    ----------
    file : h5py.File
    count, channels : int
        Number of images that will be added, and of their channels.
    size_px : (int, int)
        Height and width of the images.
    """

    def __init__(self, file: h5py.File, count: int, channels: int, size_px: tuple[int, int]) -> None:
        sizes = {"N": count, "C": channels, "H": size_px[0], "F": size_px[1] // 2 + 1}
        self._amplitude = DENSE_BANK.add_items(file, "amplitude", sizes)
        self._file, self._done = file, 0

    def add(self, amplitude: np.ndarray) -> None:
        """Store the amplitudes of the next image, float32 (C, H, W // 2 + 1)."""
        self._amplitude[self._done] = amplitude
        form.check(self._file)
        self._done += 1


class SoftBankWriter:
    """Writes thresholded amplitudes and low-frequency phases one image after another.

    Parameters
    ----------
    file : h5py.File
    count, channels : int
        Number of images that will be added, and of their channels.
    size_px : (int, int)
        Height and width of the images.
    """

    def __init__(self, file: h5py.File, count: int, channels: int, size_px: tuple[int, int]) -> None:
        rows, columns = low_block_shape(*size_px)
        self._phase = SOFT_BANK.add_items(file, "phase", {"N": count, "C": channels, "U": rows, "V": columns})
        self._columns = {name: SOFT_BANK.add_column(file, name, chunk=_CHUNK) for name in _COLUMNS}
        self._file, self._channels = file, channels
        self._offset, self._done = [0], 0

    def add(self, coefficients: Coefficients, phase: np.ndarray) -> None:
        """Store the next image: its coefficients ordered by channel, and its phases, complex64 (C, rows, columns)."""
        self._phase[self._done] = phase
        self._done += 1
        start = self._offset[-1]
        counts = np.bincount(coefficients.channel, minlength=self._channels)
        self._offset += (start + np.cumsum(counts)).tolist()
        for name, column in self._columns.items():
            column.resize((self._offset[-1],))
            column[start:] = getattr(coefficients, name)
        form.check(self._file)

    def close(self) -> None:
        """Write where each channel's coefficients begin."""
        SOFT_BANK.add_table(self._file, "offset", np.array(self._offset))


@contextmanager
def create_bank(
    path: Path,
    *,
    alpha: float | str,
    channels: int,
    size_px: tuple[int, int],
    names: Sequence[str],
    settings: Mapping[str, Any],
) -> Iterator[DenseBankWriter | SoftBankWriter]:
    """Write a bank atomically: a dense one where `alpha` is 0, else a soft one.

    Parameters
    ----------
    path : Path
        Final name.
    alpha : float or str
        Threshold, see `fdgst.core.thresholds`.
    channels : int
        Of the images.
    size_px : (int, int)
        Height and width of the images.
    names : sequence of str
        Of the images that will be added, in order.
    settings : mapping
        What made the file; must hold `domain` and `mixing`.
    """
    with form.create(path, kind="soft_bank" if alpha else "dense_bank", settings=settings) as file:
        file.attrs["domain"], file.attrs["mixing"] = settings["domain"], settings["mixing"]
        file.attrs["alpha"] = alpha
        file.attrs["height_px"], file.attrs["width_px"] = size_px
        form.add_strings(file, "name", names)
        if not alpha:
            yield DenseBankWriter(file, len(names), channels, size_px)
            return
        writer = SoftBankWriter(file, len(names), channels, size_px)
        yield writer
        writer.close()


class Bank:
    """An open bank, of either kind.

    Attributes
    ----------
    domain : str
        Id of the domain.
    names : list of str
        Of the images, in the order of the ROI file's training split.
    alpha : float or str
        Threshold; the number 0 in a dense bank.
    mixing : {'roi', 'network'}
        Which size of the images was transformed.
    size_px : (int, int)
        That size, height and width.
    channels : int
        C.
    settings : dict
        What made the file.
    """

    pixels: str  # the dataset whose second axis is the channels

    def __init__(self, path: Path, file: h5py.File) -> None:
        self.path, self.file = path, file
        self.domain, self.mixing = str(file.attrs["domain"]), str(file.attrs["mixing"])
        self.alpha: float | str = number_or_text(file.attrs["alpha"])
        self.size_px = (int(file.attrs["height_px"]), int(file.attrs["width_px"]))
        self.channels = int(file[self.pixels].shape[1])
        self.names = form.strings(file["name"])
        self.settings = form.settings(file)
        height, width = self.size_px
        found = file[self.pixels].shape[2:]
        if min(self.size_px) < 1 or found != self._planes(height, width):
            raise ValueError(f"{self.pixels}: expected planes of images of {height} x {width}, found {found}")

    @staticmethod
    def _planes(height: int, width: int) -> tuple[int, ...]:
        """Return the shape of a channel in the file."""
        raise NotImplementedError

    def amplitude(self, image: int) -> np.ndarray:
        """Return the amplitudes of one image, float32 (C, H, W // 2 + 1), native order, unnormalised."""
        raise NotImplementedError


class DenseBank(Bank):
    """A bank of whole half spectra."""

    pixels = "amplitude"

    @staticmethod
    def _planes(height: int, width: int) -> tuple[int, ...]:
        """Return the shape of a half spectrum."""
        return height, width // 2 + 1

    def amplitude(self, image: int) -> np.ndarray:
        """Return what was stored."""
        return form.read(self.file["amplitude"], image)


class SoftBank(Bank):
    """A bank of thresholded amplitudes."""

    pixels = "phase"

    def __init__(self, path: Path, file: h5py.File) -> None:
        super().__init__(path, file)
        self._offset, self._phase = form.read(file["offset"], ...), file["phase"]
        self._columns = [file[name] for name in _COLUMNS]  # a look-up by name is as dear as a read
        if len(self._columns[0]) <= _HELD:
            self._columns = [form.read(dataset, ...) for dataset in self._columns]
        bounds = [0, *self._offset.tolist(), len(self._columns[0])]
        if len(self._offset) != self.channels * len(self.names) + 1 or bounds != sorted(bounds):
            raise ValueError(f"offset: expected ascending places of {self.channels} channels, found others")

    @staticmethod
    def _planes(height: int, width: int) -> tuple[int, ...]:
        """Return the shape of a block of low frequencies."""
        return low_block_shape(height, width)

    def coefficients(self, image: int) -> Coefficients:
        """Return the amplitudes of one image that are not zero."""
        bounds = self._offset[self.channels * image : self.channels * (image + 1) + 1]
        channel = np.repeat(np.arange(self.channels), np.diff(bounds))
        part = np.s_[bounds[0] : bounds[-1]]
        row, column, value = (
            held[part] if isinstance(held, np.ndarray) else form.read(held, part) for held in self._columns
        )
        height, width = self.size_px
        if len(row) and not (
            row.min() >= 0 and row.max() < height and column.min() >= 0 and column.max() <= width // 2
        ):
            raise FormatError(
                f"{self.path}: damaged: coefficients beyond the spectrum; delete it and run snakemake again"
            )
        return Coefficients(channel, row, column, value)

    def amplitude(self, image: int) -> np.ndarray:
        """Return the amplitudes of one image with their zeros."""
        height, width = self.size_px
        return self.coefficients(image).dense((self.channels, height, width // 2 + 1))

    def phase(self, image: int) -> np.ndarray:
        """Return the unit phases of one image's low frequencies, complex64; see `fdgst.core.sparse.low_phases`."""
        return form.read(self._phase, image)


@contextmanager
def open_bank(path: Path) -> Iterator[Bank]:
    """Open a bank of either kind.

    Raises
    ------
    FormatError
        If it is missing, damaged, or no bank of this version.
    """
    kind = kind_of(path)
    if kind not in KINDS:
        found = form.KINDS[kind][0] if kind in form.KINDS else f"kind {kind!r}"
        raise FormatError(f"{path}: expected a bank, found {found}; give a file of results/banks")
    with form.open_file(path, kind=kind) as file:
        yield sound(path, file, lambda: (DenseBank if kind == "dense_bank" else SoftBank)(path, file))

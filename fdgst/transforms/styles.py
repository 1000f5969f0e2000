"""Where styles come from: images in memory, image files, a bank. Of each, a `Target` for the content's size."""

from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from fdgst.core.restyle import Picture, Target, target_of, target_of_amplitude, target_of_coefficients
from fdgst.core.sparse import Coefficients
from fdgst.core.thresholds import canonical_alpha
from fdgst.errors import ConfigError, DataError
from fdgst.transforms.pixels import images_of, is_tensor, white_of

ENDINGS = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp")
_MOST_8_BITS = 255

Size = tuple[int, int]


class Styles(Protocol):
    """Styles, in an order."""

    def __len__(self) -> int:
        """Return their number."""

    def __repr__(self) -> str:
        """Return what `FourierStyle` was given, in as many words as it takes to make it again where that can be."""

    @property
    def plain(self) -> str | list[str]:
        """The same in words that JSON has."""

    def target(self, number: int, size_px: Size, channels: int) -> tuple[Target, float]:
        """Return what a style gives to an image of that size and of so many channels, and its level of white."""


def open_styles(styles: Any, *, window: str, alpha: float | str, white: float) -> Styles:
    """Find out what styles were given.

    Parameters
    ----------
    styles : image, sequence of images, path, or sequence of paths
        Images as arrays (height, width, C) or tensors (C, height, width), or all of them as a batch; a folder of
        image files, such a file, or a bank.
    window, alpha
        See `fdgst.core.fourier.stylize`.
    white : float
        Level of white in styles of real numbers.

    Raises
    ------
    ConfigError
        If it is none of these, or a bank does not fit.
    DataError
        If there is no such file, or no image.
    """
    how: dict[str, Any] = {"window": window, "alpha": alpha}
    if isinstance(styles, str | Path):
        path = Path(styles)
        if path.is_file() and path.suffix.lower() not in ENDINGS:
            return _BankStyles(path, **how)
        return _FileStyles(path, _files(path), **how)
    if isinstance(styles, np.ndarray) or is_tensor(styles):
        styles = [styles] if styles.ndim < 4 else list(styles)
    elif not isinstance(styles, Sequence):
        raise ConfigError(
            f"styles: expected images, a folder, image files, a bank, or 'batch', found {type(styles).__name__}"
        )
    if not len(styles):
        raise ConfigError("styles: expected at least one, found none")
    if all(isinstance(style, str | Path) for style in styles):
        return _FileStyles(None, [Path(style) for style in styles], **how)
    return _ImageStyles(styles, white=white, **how)


class _ImageStyles:
    """Styles in memory."""

    def __init__(self, images: Sequence[Any], *, window: str, alpha: float | str, white: float) -> None:
        self._how, self._white, self._images = {"window": window, "alpha": alpha}, white, []
        for number, image in enumerate(images):
            try:
                found = images_of(image)
            except DataError as error:
                raise DataError(*(f"styles[{number}]: {fault.partition(': ')[2]}" for fault in error.faults)) from None
            if found.is_batch:
                raise DataError(f"styles[{number}]: expected one image, found shape {tuple(image.shape)}")
            pixels = found.pixels[0]
            self._images.append(pixels if found.interleaved else pixels.transpose(1, 2, 0))

    def __len__(self) -> int:
        return len(self._images)

    def __repr__(self) -> str:
        kinds = sorted({f"{i.shape[1]}x{i.shape[0]}x{i.shape[2]} {i.dtype}" for i in self._images})
        return f"<{len(self)} image{'s' * (len(self) > 1)} in memory, {', '.join(kinds)}>"

    @property
    def plain(self) -> list[str]:
        raise ConfigError(
            "styles: expected a folder, image files, a bank or 'batch' in what is written as text, found images in"
            " memory; save them to a folder (pickle keeps them as they are)"
        )

    def target(self, number: int, size_px: Size, channels: int) -> tuple[Target, float]:
        pixels = self._images[number]
        if pixels.shape[-1] != channels:
            raise DataError(f"styles[{number}]: expected the image's {channels} channels, found {pixels.shape[-1]}")
        return _target(pixels, size_px, self._how), white_of(pixels, self._white)


class _FileStyles:
    """Styles in image files, read when they are drawn."""

    def __init__(self, folder: Path | None, files: list[Path], *, window: str, alpha: float | str) -> None:
        self._folder, self._files, self._how = folder, files, {"window": window, "alpha": alpha}
        missing = [path for path in files if not path.is_file()]
        if missing:
            raise DataError(*(f"{path}: no such file" for path in missing))

    def __len__(self) -> int:
        return len(self._files)

    def __repr__(self) -> str:
        return repr(self.plain)

    @property
    def plain(self) -> str | list[str]:
        return str(self._folder) if self._folder else [str(path) for path in self._files]

    def target(self, number: int, size_px: Size, channels: int) -> tuple[Target, float]:
        pixels = _read(self._files[number], channels)
        return _target(pixels, size_px, self._how), white_of(pixels, 1.0)


class _BankStyles:
    """Styles of a bank. A soft one is kept in memory, some kilobytes an image; a dense one is read when drawn."""

    def __init__(self, path: Path, *, window: str, alpha: float | str) -> None:
        from fdgst.storage.banks import SoftBank, open_bank

        self._path, self._window, self._alpha = path, window, alpha
        with open_bank(path) as bank:
            self._count, self._size_px, self._channels = len(bank.names), bank.size_px, bank.channels
            self._soft: list[Coefficients] | None = None
            if isinstance(bank, SoftBank):
                self._soft = [bank.coefficients(number) for number in range(self._count)]
                if bank.alpha != canonical_alpha(alpha):
                    raise ConfigError(f"{path}: expected a bank of alpha {alpha}, found alpha {bank.alpha}")

    def __len__(self) -> int:
        return self._count

    def __repr__(self) -> str:
        return repr(self.plain)

    @property
    def plain(self) -> str:
        return str(self._path)

    def target(self, number: int, size_px: Size, channels: int) -> tuple[Target, float]:
        if channels != self._channels:
            raise DataError(f"{self._path}: expected the image's {channels} channels, found {self._channels}")
        if self._soft is not None:
            kept = self._soft[number]
            sizes = {"own_px": self._size_px, "size_px": size_px}
            target = target_of_coefficients(kept, channels=channels, window=self._window, **sizes)
            return target, self._white(float(kept.value.max(initial=0)))
        if size_px != self._size_px:
            found, wanted = (f"{width}x{height} px" for height, width in (self._size_px, size_px))
            raise DataError(
                f"{self._path}: expected a bank of images of {wanted}, found {found}; a bank without a threshold"
                " serves its own size only: give the images themselves"
            )
        from fdgst.storage.banks import open_bank

        with open_bank(self._path) as bank:
            amplitude = bank.amplitude(number)
        target = target_of_amplitude(amplitude, width_px=size_px[1], window=self._window, alpha=self._alpha)
        return target, self._white(float(amplitude.max()))

    def _white(self, largest: float) -> float:
        """Tell 8 bits from 16 by the largest amplitude, the sum of all levels: banks do not say (ASSUME)."""
        height, width = self._size_px
        return 65535.0 if largest > _MOST_8_BITS * height * width else 255.0


class Kept:
    """Targets that were made before, the latest used, up to so many bytes.

    Parameters
    ----------
    source : Styles
    memory_mib : float
        Most that is kept.
    """

    def __init__(self, source: Styles, memory_mib: float) -> None:
        self.source, self._most = source, memory_mib * 2**20
        self._kept: OrderedDict[tuple[int, Size, int], tuple[Target, float]] = OrderedDict()
        self._bytes = 0

    def target(self, number: int, size_px: Size, channels: int) -> tuple[Target, float]:
        """Return what `Styles.target` returns."""
        key = (number, size_px, channels)
        found = self._kept.pop(key, None)
        if found is None:
            found = self.source.target(number, size_px, channels)
            self._bytes += found[0].amplitude.nbytes
        self._kept[key] = found
        while self._bytes > self._most and self._kept:
            _, (old, _) = self._kept.popitem(last=False)
            self._bytes -= old.amplitude.nbytes
        return found

    def __getstate__(self) -> dict[str, Any]:
        """Leave behind what can be made again."""
        return self.__dict__ | {"_kept": OrderedDict(), "_bytes": 0}


def _files(path: Path) -> list[Path]:
    """Return the image files of a folder by name, or the file itself."""
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.iterdir() if file.suffix.lower() in ENDINGS)
    if not files:
        raise DataError(f"{path}: expected image files ({', '.join(ENDINGS)}), found none")
    return files


def _read(path: Path, channels: int) -> np.ndarray:
    """Read an image file at its own depth, (height, width, channels)."""
    if channels not in (1, 3):
        raise DataError(f"{path}: expected an image of 1 or 3 channels, found {channels}; give styles as arrays")
    from fdgst.data.photographs import read_photograph

    try:
        return read_photograph(path, channels=channels, bits=8).pixels
    except DataError:
        with suppress(DataError):
            return read_photograph(path, channels=channels, bits=16).pixels
        raise


def _target(pixels: np.ndarray, size_px: Size, how: dict[str, Any]) -> Target:
    """Bring a style image to a size, each axis by itself, and return what it gives."""
    if pixels.shape[:2] != size_px:
        from fdgst.core.resize import resize_image, resize_plane

        planes = np.moveaxis(pixels, -1, 0)
        if pixels.dtype.kind == "u":
            pixels = np.concatenate([resize_image(plane[..., None], size_px) for plane in planes], axis=-1)
        else:
            pixels = np.stack([resize_plane(plane, size_px) for plane in planes], axis=-1)
    return target_of(Picture(pixels, interleaved=True), **how)

"""The change d of one content image: what a shard scales by lambda and adds to the image at network size."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fdgst.core.sparse import Coefficients
from fdgst.core.synthesis import Synthesis, carry, spectrum_of
from fdgst.core.thresholds import thresholded
from fdgst.core.windows import half, window_mask
from fdgst.errors import ConfigError
from fdgst.generation.banks import images_of
from fdgst.storage.banks import Bank, DenseBank, SoftBank
from fdgst.storage.rois import Rois
from fdgst.study.augmentations import Augmentation
from fdgst.study.strict import in_words


@dataclass(frozen=True)
class WholeParts:
    """What is read for whole transforms.

    Attributes
    ----------
    amplitude : ndarray of float32, shape (C, height, width // 2 + 1)
        Of the style image.
    content : ndarray, shape (height, width, C)
        The content image.
    """

    amplitude: np.ndarray
    content: np.ndarray


@dataclass(frozen=True)
class FewParts:
    """What is read where a soft bank has few coefficients.

    Attributes
    ----------
    coefficients : Coefficients
        Of the style image; on the content's phases, if its bank has them all.
    content : ndarray or None
        The content image, shape (height, width, C), if its bank has not.
    """

    coefficients: Coefficients
    content: np.ndarray | None

    def on_content(self) -> Coefficients:
        """Return the style's coefficients on the content's phases."""
        if self.content is None:
            return self.coefficients
        spectrum = spectrum_of(self.content)
        return self.coefficients.on(self.coefficients.phases_of(spectrum, peak=_peak(spectrum)))


Parts = WholeParts | FewParts


class FourierChange:
    r"""d at network size, float32 (h, w, C).

    ASSUME: for the full window, where :math:`d = w - x` with :math:`w = \Re F^{-1}(S e^{jP})`, it is LANCZOS(w) minus
    the whole-numbered image at network size, so that lambda 0 is the original; for other windows it is LANCZOS(d).

    Parameters
    ----------
    rois : Rois
        The content domain.
    style_bank : DenseBank or SoftBank
        The style domain's amplitudes.
    content_bank : Bank or None
        The content domain's low-frequency phases: spares the transform of the content where every coefficient of the
        style is a slow wave.
    augmentation : Augmentation

    Raises
    ------
    ConfigError
        If the files do not belong together; one line per fault.
    """

    def __init__(self, rois: Rois, style_bank: Bank, content_bank: Bank | None, augmentation: Augmentation) -> None:
        self._read, self._size_px = images_of(rois, augmentation.mixing)
        self._rows = rois.indices("train")
        _check(rois, self._size_px, style_bank, content_bank, augmentation)
        self._channels = rois.channels
        self._style_bank, self._alpha = style_bank, augmentation.alpha
        self._content_bank = content_bank if isinstance(content_bank, SoftBank) else None
        self._synthesis = Synthesis(self._size_px, rois.network_size_px)
        self._window = None
        if augmentation.window != "full":
            self._window = half(window_mask(augmentation.window, self._size_px)).astype(np.float32)

    def read(self, content: int, style: int) -> Parts:
        """Read what d needs; both images are told by their number in the training split."""
        if self._window is not None or not isinstance(self._style_bank, SoftBank):
            return WholeParts(self._style_bank.amplitude(style), self._image(content))
        coefficients = self._style_bank.coefficients(style)
        if self._content_bank is not None:
            phases = coefficients.phases_in(self._content_bank.phase(content), self._size_px[0])
            if phases is not None:
                return FewParts(coefficients.on(phases), None)
        return FewParts(coefficients, self._image(content))

    def __call__(self, parts: Parts, x: np.ndarray) -> np.ndarray:
        """Return d for the content image whose network-size image is `x`, of what was read; in any thread."""
        if isinstance(parts, FewParts):
            return self._synthesis.few(parts.on_content(), self._channels) - x
        d = np.empty(x.shape, np.float32)
        for channel in range(self._channels):  # one at a time: a third of the memory
            part = slice(channel, channel + 1)
            d[..., part] = self._whole(parts.amplitude[part], parts.content[..., part])
        return d if self._window is not None else d - x

    def _whole(self, amplitude: np.ndarray, content: np.ndarray) -> np.ndarray:
        """Put whole amplitudes on the content's phase, by transforms: w, or d where there is a window."""
        if self._alpha and isinstance(self._style_bank, DenseBank):
            amplitude = thresholded(amplitude, alpha=self._alpha, width_px=self._size_px[1])
        spectrum = spectrum_of(content)
        return self._synthesis(carry(spectrum, amplitude, self._window, peak=_peak(spectrum)))

    def _image(self, content: int) -> np.ndarray:
        """Read the content image of that number."""
        return self._read(int(self._rows[content]))


def _peak(spectrum: np.ndarray) -> np.ndarray:
    """Return the largest amplitude of each channel: the sum, as the pixels of a ROI file are not negative."""
    return spectrum[:, 0, 0].real


def _check(
    rois: Rois, size_px: tuple[int, int], style_bank: Bank, content_bank: Bank | None, augmentation: Augmentation
) -> None:
    """Raise ConfigError unless the banks fit the ROI file and the augmentation."""
    faults = [
        *_faults(style_bank, rois.channels, size_px, augmentation),
        *(_faults(content_bank, rois.channels, size_px, augmentation) if content_bank is not None else []),
    ]
    if content_bank is not None:
        names = [rois.names[row] for row in rois.indices("train")]
        if isinstance(content_bank, DenseBank) or content_bank.domain != rois.domain or content_bank.names != names:
            found = f"a bank of {content_bank.domain} with {len(content_bank.names)} images"
            faults.append(
                f"{content_bank.path}: expected the soft bank of {rois.domain}'s {len(names)} images, found {found}"
            )
    if faults:
        raise ConfigError(*faults)


def _faults(bank: Bank, channels: int, size_px: tuple[int, int], augmentation: Augmentation) -> list[str]:
    """List why a bank cannot serve an augmentation."""
    path: Path = bank.path
    faults = []
    expected, found = (
        f"{mixing} images of {in_words(size)}, {count} channels"
        for mixing, size, count in (
            (augmentation.mixing, size_px, channels),
            (bank.mixing, bank.size_px, bank.channels),
        )
    )
    if expected != found:
        faults.append(f"{path}: expected spectra of {expected}, found {found}")
    if isinstance(bank, SoftBank) and bank.alpha != augmentation.alpha:
        faults.append(f"{path}: expected a bank of alpha {augmentation.alpha}, found alpha {bank.alpha}")
    return faults

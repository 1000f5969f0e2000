r"""Stylising a step's images on the trainer's device, any image in the style of any other: no shard is written.

Three routes lead to the pixels of a shard at the same draw, within one grey level. At ROI size the window ``full`` with
a threshold leaves few amplitudes, which soft banks hold (`fdgst.training.stylise.Stylist`). At network size a step
transforms its images and their styles itself, under any window (`Spectra`). The control `contrast` needs no style.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import torch

from fdgst.core.fourier import PHASE_FLOOR
from fdgst.core.synthesis import spectrum_of
from fdgst.core.thresholds import parse_alpha, threshold_of
from fdgst.core.windows import half, window_mask
from fdgst.study.augmentations import Augmentation
from fdgst.training.stylise import Stylist

BLOCK = 32  # images whose thresholds are looked for at once


class Stylising(Protocol):
    """What makes a step's copies.

    Attributes
    ----------
    reads_styles : bool
        Whether it looks at the style images' pixels.
    """

    reads_styles: bool

    def __call__(
        self,
        images: torch.Tensor,
        contents: torch.Tensor,
        styles: torch.Tensor,
        lam: torch.Tensor,
        pixels: torch.Tensor | None,
    ) -> torch.Tensor:
        """Stylise a batch.

        Parameters
        ----------
        images : tensor of float32, shape (B, C, H, W)
            Network-size images, whole grey levels.
        contents, styles : tensor of int64, shape (B,)
            Numbers of the images and of their style images among all originals of the run.
        lam : tensor of float32, shape (B,)
            Strengths in [0, 1]; 0 leaves an image as it is.
        pixels : tensor of float32, shape (B, C, H, W), or None
            The style images at network size, where `reads_styles`.

        Returns
        -------
        tensor of float32, shape (B, C, H, W)
            Whole grey levels in [0, white].
        """


class Banked:
    """Styles from the soft banks of all sources, in their order."""

    reads_styles = False

    def __init__(self, banks: Sequence[Path], *, size_px: tuple[int, int], white: int, device: torch.device) -> None:
        self._stylist = Stylist(banks, banks, size_px=size_px, white=white, device=device)

    def __call__(
        self,
        images: torch.Tensor,
        contents: torch.Tensor,
        styles: torch.Tensor,
        lam: torch.Tensor,
        pixels: torch.Tensor | None,
    ) -> torch.Tensor:
        """Stylise a batch, see `Stylising`."""
        return self._stylist(images, contents, styles, lam)


class Spectra:
    """Styles from spectra at network size, transformed when they are drawn.

    Parameters
    ----------
    augmentation : Augmentation
    size_px : (int, int)
        Height and width of what the network sees.
    white : int
        Largest grey level.
    thresholds : tensor of float64, shape (originals, C), or None
        T of each image as a style (see `thresholds_of`); None without a threshold.
    device : torch.device
    """

    reads_styles = True

    def __init__(
        self,
        augmentation: Augmentation,
        *,
        size_px: tuple[int, int],
        white: int,
        thresholds: torch.Tensor | None,
        device: torch.device,
    ) -> None:
        self._size_px, self._white, self._thresholds = size_px, white, thresholds
        self._keeps_sum = parse_alpha(augmentation.alpha)[0] != "peak"
        self._window: torch.Tensor | None = None
        if augmentation.window != "full":
            self._window = torch.from_numpy(half(window_mask(augmentation.window, size_px))).to(device)

    def __call__(
        self,
        images: torch.Tensor,
        contents: torch.Tensor,
        styles: torch.Tensor,
        lam: torch.Tensor,
        pixels: torch.Tensor | None,
    ) -> torch.Tensor:
        """Stylise a batch, see `Stylising`."""
        assert pixels is not None
        spectrum = torch.fft.rfft2(images.double())  # float64: in float32 the phases of exact zeros would be noise
        target = self._target(pixels, styles)
        amplitude = spectrum.abs()
        noise = amplitude <= PHASE_FLOOR * amplitude.amax((-2, -1), keepdim=True)
        phase = torch.where(noise, 1, spectrum / torch.where(noise, 1, amplitude))
        strength = lam.view(-1, 1, 1, 1)
        if self._window is None:
            mixed = torch.lerp(images, self._synthesised(target * phase), strength)
        else:
            mixed = images + strength * self._synthesised(self._window * (target - amplitude) * phase)
        return mixed.round_().clamp_(0, self._white)

    def _target(self, pixels: torch.Tensor, styles: torch.Tensor) -> torch.Tensor:
        """Return the thresholded amplitudes of style images, float64 (B, C, H, W // 2 + 1)."""
        amplitude = torch.fft.rfft2(pixels.double()).abs()
        if self._thresholds is None:
            return amplitude
        target = (amplitude - self._thresholds[styles][..., None, None]).clamp_(min=0)
        if self._keeps_sum:
            target[..., 0, 0] = amplitude[..., 0, 0]
        return target

    def _synthesised(self, spectrum: torch.Tensor) -> torch.Tensor:
        """Transform back, in float32."""
        return torch.fft.irfft2(spectrum.to(torch.complex64), s=self._size_px)


class Contrast:
    """The control without a style: each channel is drawn towards its mean."""

    reads_styles = False

    def __init__(self, *, white: int) -> None:
        self._white = white

    def __call__(
        self,
        images: torch.Tensor,
        contents: torch.Tensor,
        styles: torch.Tensor,
        lam: torch.Tensor,
        pixels: torch.Tensor | None,
    ) -> torch.Tensor:
        """Stylise a batch, see `Stylising`."""
        mean = images.mean((-2, -1), keepdim=True)
        return torch.lerp(images, mean, lam.view(-1, 1, 1, 1)).round_().clamp_(0, self._white)


def thresholds_of(read: Callable[[np.ndarray], np.ndarray], count: int, alpha: float | str) -> np.ndarray | None:
    """Return the thresholds of images as styles, float64 (count, C); None where alpha asks for none.

    Parameters
    ----------
    read : callable
        From numbers of images to their pixels, (n, H, W, C).
    count : int
        Images.
    alpha : float or str
        See `fdgst.core.thresholds`.
    """
    if not alpha:
        return None
    blocks = (read(np.arange(first, min(first + BLOCK, count))) for first in range(0, count, BLOCK))
    return np.stack(
        [
            threshold_of(abs(spectrum_of(image)), alpha=alpha, width_px=image.shape[1])
            for block in blocks
            for image in block
        ]
    )

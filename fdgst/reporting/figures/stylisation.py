"""Figures 2 and 3 of the paper, and one of ours that puts its formula beside what its authors' scripts compute.

All pictures are made by the literal formula (`fdgst.core.fourier.stylize`), none by the fast path of the shards.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fdgst.core.fourier import log_amplitude, stylize
from fdgst.core.resize import resize_image
from fdgst.core.thresholds import thresholded
from fdgst.core.windows import window_mask
from fdgst.data.photographs import read_photograph
from fdgst.errors import ConfigError
from fdgst.reporting.figures import style
from fdgst.storage.rois import open_rois

ALPHA = 0.05  # paper, Eq. 7
LAMBDAS = (0.2, 0.4, 0.6, 0.8, 1.0)
ALPHAS = (0.001, 0.01, 0.05, 0.1, 0.5)  # paper, Fig. 3
# ASSUME: whole photographs are reduced to this before they are stylised. T is a share of the DC term, which grows with
# the number of pixels as the low frequencies beside it do, so that the same frequencies survive at any size.
PHOTOGRAPH_PX = 640
SPECTRUM = "cividis"


@dataclass(frozen=True)
class Pair:
    """A content image and a style image of one size, (H, W, C), what to call them, and the grey level of white."""

    name: str
    content: np.ndarray
    style: np.ndarray
    white: int = 255

    @property
    def aspect(self) -> float:
        """Height / width."""
        height, width = self.content.shape[:2]
        return height / width

    def mix(self, *, lam: float, window: str, alpha: float) -> np.ndarray:
        """Stylise the content: rounded and cut to the content's range, (H, W, C)."""
        planes = [np.moveaxis(image, -1, 0).astype(float) for image in (self.content, self.style)]
        mixed = stylize(*planes, lam=lam, window=window, alpha=alpha)
        return np.moveaxis(np.clip(np.round(mixed), 0, self.white), 0, -1).astype(self.content.dtype)

    def show(self, axes: Axes, image: np.ndarray, title: str = "") -> None:
        """Show an image of this pair's range."""
        style.show(axes, style.picture(image, self.white), title)


def pairs(rois: Sequence[Path], photographs: Sequence[Path], *, drawn: bool) -> list[Pair]:
    """Read what the figures stylise: a pair of ROIs and, where given, a pair of whole photographs.

    Parameters
    ----------
    rois : sequence of Path
        ROI files; the first training image of the first is the content, that of the second the style.
    photographs : sequence of Path
        None, or a content and a style photograph of the ROIs' depth, brought to their channels; the style is resized
        to the content's size.
    drawn : bool
        Whether the photographs are drawings, which the figure then says.

    Raises
    ------
    ConfigError
        If there are fewer than two ROI files, or one photograph.
    DataError
        If a photograph cannot be read.
    """
    if len(rois) < 2 or len(photographs) not in (0, 2):
        raise ConfigError(
            f"expected at least two ROI files and two photographs or none (content, style),"
            f" found {len(rois)} and {len(photographs)}"
        )
    images = []
    for path in rois[:2]:
        with open_rois(path) as domain:
            images.append(domain.image(int(domain.indices("train")[0])))
            white, channels = domain.white, domain.channels
    found = [Pair("ROI", images[0], images[1], white)]
    if photographs:
        white = 255 if drawn else white  # drawings have 8 bits
        content, other = (_photograph(path, channels, white) for path in photographs)
        name = "Whole (drawn)" if drawn else "Whole"
        found.append(Pair(name, content, resize_image(other, content.shape[:2]), white))
    return found


def sweep(shown: Sequence[Pair]) -> Figure:
    """Draw Figure 2: for each pair the images, their spectra, the thresholded one, and lambda for FDG and FDG+ST.

    Parameters
    ----------
    shown : sequence of Pair
        From `pairs`.
    """
    rows = [(pair.aspect, title_in) for pair in shown for title_in in (style.TITLE_IN, style.TITLE_IN, 0.0)]
    figure, axes = style.sheet(rows, len(LAMBDAS), label_in=style.LABEL_IN)
    for pair, first in zip(shown, range(0, len(axes), 3), strict=True):
        inputs, without, with_threshold = axes[first : first + 3]
        pair.show(inputs[0], pair.content, "Content")
        pair.show(inputs[1], pair.style, "Style")
        _show_spectrum(inputs[2], _spectrum(pair.content), "Content, log amplitude")
        _show_spectrum(inputs[3], _spectrum(pair.style), "Style, log amplitude")
        _show_survivors(inputs[4], pair)
        style.label(inputs[0], pair.name)
        _show_lambdas(without, pair, "FDG", window="full", alpha=0.0)
        _show_lambdas(with_threshold, pair, "FDG+ST", window="full", alpha=ALPHA)
        _title_lambdas(without)
    return figure


def thresholds(shown: Sequence[Pair]) -> Figure:
    """Draw Figure 3: alpha of .1, 1, 5, 10 and 50 % at lambda 1, one row per pair, with the number of amplitudes left.

    Parameters
    ----------
    shown : sequence of Pair
        From `pairs`.
    """
    figure, axes = style.sheet([(pair.aspect, 0.32) for pair in shown], len(ALPHAS) + 2, label_in=style.LABEL_IN)
    for pair, row in zip(shown, axes, strict=True):
        pair.show(row[0], pair.content, "Content")
        pair.show(row[1], pair.style, "Style")
        for panel, alpha in zip(row[2:], ALPHAS, strict=True):
            left = int((_survivors(pair.style, alpha) > 0).sum())
            title = f"α = {100 * alpha:g} %\n{left:,} left"
            pair.show(panel, pair.mix(lam=1.0, window="full", alpha=alpha), title)
        style.label(row[0], pair.name)
    return figure


def released(shown: Sequence[Pair]) -> Figure:
    """Draw the augmentations as written in the paper beside what the released scripts compute, over lambda.

    Parameters
    ----------
    shown : sequence of Pair
        From `pairs`; the first is drawn.
    """
    pair = shown[0]
    rows = [(pair.aspect, title_in) for title_in in (style.TITLE_IN, style.TITLE_IN, 0.0, 0.06, 0.0)]
    figure, axes = style.sheet(rows, len(LAMBDAS), label_in=0.36)
    pair.show(axes[0][0], pair.content, "Content")
    pair.show(axes[0][1], pair.style, "Style")
    shape = pair.content.shape[:2]
    for panel, how, name in ((axes[0][2], "written", "full"), (axes[0][3], "released", "released")):
        _show_spectrum(panel, np.fft.fftshift(window_mask(name, shape)), f"W as {how}")
        place, value = (0.5, "1") if name == "full" else (0.25, "0.5")
        panel.text(place, 1 - place, value, transform=panel.transAxes, ha="center", va="center")
    axes[0][3].text(0.75, 0.75, "0", transform=axes[0][3].transAxes, color="white", ha="center", va="center")
    kinds = [
        (title, alpha, how) for title, alpha in (("FDG", 0.0), ("FDG+ST", ALPHA)) for how in ("written", "released")
    ]
    for (title, alpha, how), row in zip(kinds, axes[1:], strict=True):
        window = "full" if how == "written" else how
        _show_lambdas(row, pair, f"{title}\nas {how}", window=window, alpha=alpha)
    _title_lambdas(axes[1])
    return figure


def _amplitude(image: np.ndarray) -> np.ndarray:
    """Return the amplitude spectrum of each channel, float (C, H, W)."""
    return np.abs(np.fft.fft2(image, axes=(0, 1))).transpose(2, 0, 1)


def _spectrum(image: np.ndarray) -> np.ndarray:
    """Return the log-amplitude spectrum of an image, mean over the channels, as a picture in [0, 1]."""
    return log_amplitude(_amplitude(image).mean(0))


def _survivors(image: np.ndarray, alpha: float) -> np.ndarray:
    """Return the soft-thresholded amplitude of each channel, float (C, H, W)."""
    return thresholded(_amplitude(image), alpha=alpha, width_px=image.shape[1])


def _show_lambdas(row: Sequence[Axes], pair: Pair, title: str, *, window: str, alpha: float) -> None:
    """Show one stylised picture per lambda, and name the row."""
    for panel, lam in zip(row, LAMBDAS, strict=True):
        pair.show(panel, pair.mix(lam=lam, window=window, alpha=alpha))
    style.label(row[0], title)


def _title_lambdas(row: Sequence[Axes]) -> None:
    """Name the columns of a sweep."""
    for panel, lam in zip(row, LAMBDAS, strict=True):
        panel.set_title(f"λ = {lam:.1f}", pad=2)


def _show_spectrum(axes: Axes, spectrum: np.ndarray, title: str) -> None:
    """Show values in [0, 1] as a picture."""
    style.show(axes, np.asarray(colormaps[SPECTRUM](spectrum, bytes=True))[..., :3], title)


def _show_survivors(axes: Axes, pair: Pair) -> None:
    """Show the thresholded style spectrum, enlarged around zero frequency, where all of it is."""
    amplitude = _survivors(pair.style, ALPHA)
    spectrum = log_amplitude(amplitude.mean(0))
    middle = [side // 2 for side in spectrum.shape]
    reach = max(int(np.abs(np.argwhere(spectrum > 0) - middle).max()), 4)
    tall, wide = (min(reach, middle[0]), min(round(reach / pair.aspect), middle[1]))
    centre = spectrum[middle[0] - tall : middle[0] + tall + 1, middle[1] - wide : middle[1] + wide + 1]
    left = int((amplitude > 0).sum())
    _show_spectrum(axes, centre, f"Style, thresholded: {left} left")
    axes.text(0.97, 0.03, f"±{wide}, ±{tall} bins", color="white", transform=axes.transAxes, ha="right", va="bottom")


def _photograph(path: Path, channels: int, white: int) -> np.ndarray:
    """Read a photograph, reduced so that its longer side has at most `PHOTOGRAPH_PX`."""
    pixels = read_photograph(path, channels=channels, bits=white.bit_length()).pixels
    scale = PHOTOGRAPH_PX / max(pixels.shape[:2])
    height, width = (max(round(side * scale), 1) for side in pixels.shape[:2])
    return resize_image(pixels, (height, width)) if scale < 1 else pixels

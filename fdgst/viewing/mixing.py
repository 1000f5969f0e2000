"""Mixing any two photographs: content, style, and every lambda as PNG."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import scipy.fft
from PIL import Image, ImageOps, UnidentifiedImageError

from fdgst.core.synthesis import carry, spectrum_of
from fdgst.core.thresholds import thresholded
from fdgst.core.windows import half, window_mask
from fdgst.errors import DataError
from fdgst.generation.augmentation import Augmentation, checked
from fdgst.generation.threads import steady
from fdgst.progress import progress
from fdgst.storage.atomic import atomic
from fdgst.viewing.panels import Panel, draw

SHEET_IN = 10.0


def mix_photographs(
    content: Path, style: Path, out: Path, *, lambdas: Sequence[float], window: str, alpha: float | str
) -> list[str]:
    """Write the content photograph in the style of the other, one PNG for each lambda, and a contact sheet.

    Parameters
    ----------
    content, style : Path
        Photographs that Pillow reads; turned upright as their EXIF says, brought to RGB.
    out : Path
        Folder for ``{content}_like_{style}_{lambda}.png`` and ``..._sheet.png``.
    lambdas : sequence of float
        Strengths in [0, 1].
    window, alpha
        See `fdgst.core.fourier.stylize`.

    Returns
    -------
    list of str
        What was done to the style photograph, and the files written.

    Raises
    ------
    ConfigError
        If lambda, window or alpha is out of range.
    DataError
        If a photograph cannot be read; one line for each.
    """
    a = checked(Augmentation("mix", "fourier", window, alpha, list(lambdas), "grid", "roi"))
    x, y = _read([content, style])
    notes = []
    if x.shape != y.shape:
        size = (x.shape[1], x.shape[0])
        notes.append(f"{style}: {y.shape[1]}x{y.shape[0]} px resized (LANCZOS) to the content's {size[0]}x{size[1]} px")
        y = np.asarray(Image.fromarray(y).resize(size, Image.Resampling.LANCZOS))
    with steady():
        d = _change(x, y, a)
    stem, panels = f"{content.stem}_like_{style.stem}", [Panel("content", x), Panel("style", y)]
    for lam in lambdas:
        mixed = np.clip(np.rint(x + np.float32(lam) * d), 0, 255).astype(np.uint8)
        path = out / f"{stem}_{lam:g}.png"
        with atomic(path) as part:
            Image.fromarray(mixed).save(part, format="PNG")
        panels.append(Panel(f"lambda {lam:g}", mixed))
        notes.append(f"wrote {path}")
    draw([panels], out / f"{stem}_sheet.png", width_in=SHEET_IN)
    return [*notes, f"wrote {out / f'{stem}_sheet.png'}"]


def _read(paths: Sequence[Path]) -> list[np.ndarray]:
    """Read photographs as RGB, uint8 (height, width, 3), and tell of all that cannot be read."""
    images, faults = [], []
    for path in paths:
        try:
            with Image.open(path) as image:
                images.append(np.asarray(ImageOps.exif_transpose(image).convert("RGB")))
        except FileNotFoundError:
            faults.append(f"{path}: no such file")
        except (UnidentifiedImageError, OSError, SyntaxError) as error:
            faults.append(f"{path}: expected a photograph, found what cannot be read ({error})")
    if faults:
        raise DataError(*faults)
    return images


def _change(x: np.ndarray, y: np.ndarray, a: Augmentation) -> np.ndarray:
    """Return d at the photographs' own size, float32 (height, width, 3); one channel in memory at a time."""
    shape, d = x.shape[:2], np.empty(x.shape, np.float32)
    weight = None if a.window == "full" else half(window_mask(a.window, shape)).astype(np.float32)
    for channel in progress(range(3), total=3, description="mix", unit="channel"):
        plane = np.s_[..., channel : channel + 1]
        amplitude = np.abs(spectrum_of(y[plane])).astype(np.float32)
        target = thresholded(amplitude, alpha=a.alpha, width_px=shape[1])
        mixed = scipy.fft.irfft2(carry(spectrum_of(x[plane]), target, weight), s=shape, workers=1)
        d[..., channel] = mixed[0] - x[..., channel] if weight is None else mixed[0]
    return d

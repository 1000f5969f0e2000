"""Mixing any two photographs: content, style, and every lambda as PNG."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import scipy.fft
from PIL import Image

from fdgst.core.synthesis import carry, spectrum_of
from fdgst.core.thresholds import thresholded
from fdgst.core.windows import half, window_mask
from fdgst.data.photographs import read_photograph
from fdgst.errors import ConfigError, DataError
from fdgst.extras import missing
from fdgst.progress import progress
from fdgst.storage.apart import refuse_inputs
from fdgst.storage.atomic import atomic
from fdgst.study.augmentations import Augmentation
from fdgst.study.faults import checked
from fdgst.study.strict import in_words

SHEET_IN = 10.0


def mix_photographs(
    content: Path, style: Path, out: Path, *, lambdas: Sequence[float], window: str, alpha: float | str
) -> list[str]:
    """Write the content photograph in the style of the other, one PNG for each lambda, and a contact sheet.

    Parameters
    ----------
    content, style : Path
        Of 8 bits, see `fdgst.data.photographs.read_photograph`; brought to RGB.
    out : Path
        Folder for ``{content}_like_{style}_{lambda}.png`` and ``..._sheet.png``.
    lambdas : sequence of float
        Strengths in [0, 1].
    window, alpha
        See `fdgst.core.fourier.stylize`.

    Returns
    -------
    list of str
        What was done to the photographs, and the files written.

    Raises
    ------
    ConfigError
        If lambda, window or alpha is out of range, two lambdas would give pictures of one name, or a picture would take
        the place of a photograph.
    DataError
        If a photograph cannot be read; one line for each.
    """
    settings = {"id": "mix", "kind": "fourier", "window": window, "alpha": alpha, "lambda": list(lambdas)}
    _refuse_doubled(lambdas)
    augmentation = checked(Augmentation, settings | {"encoding": "grid"}, "")
    stem = f"{content.stem}_like_{style.stem}"
    paths = [out / f"{stem}_{lam:g}.png" for lam in lambdas]
    for path in (*paths, sheet := out / f"{stem}_sheet.png"):
        refuse_inputs("--out", path, (("CONTENT", content), ("STYLE", style)))
    (x, y), notes = _read([content, style])
    if x.shape != y.shape:
        found, wanted = in_words(y.shape[:2]), in_words(x.shape[:2])
        notes.append(f"{style}: {found} resized (LANCZOS) to the content's {wanted}")
        y = np.asarray(Image.fromarray(y).resize(x.shape[1::-1], Image.Resampling.LANCZOS))
    d = _change(x, y, augmentation)
    pictures = {"content": x, "style": y}
    for lam, path in zip(lambdas, paths, strict=True):
        mixed = np.clip(np.rint(x + np.float32(lam) * d), 0, 255).astype(np.uint8)
        with atomic(path) as part:
            Image.fromarray(mixed).save(part, format="PNG")
        pictures[f"lambda {lam:g}"] = mixed
        notes.append(f"wrote {path}")
    return [*notes, _sheet(pictures, sheet)]


def _refuse_doubled(lambdas: Sequence[float]) -> None:
    """Refuse strengths that are written alike, as the second picture would take the place of the first."""
    written: dict[str, list[float]] = {}
    for lam in lambdas:
        written.setdefault(f"{lam:g}", []).append(lam)
    faults = [
        f"lambda: expected strengths that differ in 6 digits, found {' and '.join(map(str, found))}, whose pictures"
        f" would have one name; leave one out"
        for found in written.values()
        if len(found) > 1
    ]
    if faults:
        raise ConfigError(*faults)


def _sheet(pictures: Mapping[str, np.ndarray], out: Path) -> str:
    """Write the contact sheet and say so; without matplotlib say what it needs."""
    if "matplotlib" in missing("report"):
        return 'no contact sheet, which needs matplotlib: pip install "fdgst[report]" brings it'
    from fdgst.viewing.panels import Panel, draw

    draw([[Panel(title, picture) for title, picture in pictures.items()]], out, width_in=SHEET_IN)
    return f"wrote {out}"


def _read(paths: Sequence[Path]) -> tuple[list[np.ndarray], list[str]]:
    """Read photographs as RGB, uint8 (height, width, 3), and say what was done; tell of all that cannot be read."""
    images: list[np.ndarray] = []
    notes: list[str] = []
    faults: list[str] = []
    for path in paths:
        try:
            photograph = read_photograph(path, channels=3, bits=8, whose="fdgst mix")
            images.append(photograph.pixels)
            notes += [f"{path}: {note}" for note in photograph.notes]
        except DataError as error:
            faults += error.faults
    if faults:
        raise DataError(*faults)
    return images, notes


def _change(x: np.ndarray, y: np.ndarray, augmentation: Augmentation) -> np.ndarray:
    """Return d at the photographs' own size, float32 (height, width, 3); one channel in memory at a time."""
    shape, d = x.shape[:2], np.empty(x.shape, np.float32)
    weight = None if augmentation.window == "full" else half(window_mask(augmentation.window, shape)).astype(np.float32)
    for channel in progress(range(3), total=3, description="mix", unit="channel"):
        plane = np.s_[..., channel : channel + 1]
        amplitude = np.abs(spectrum_of(y[plane])).astype(np.float32)
        target = thresholded(amplitude, alpha=augmentation.alpha, width_px=shape[1])
        mixed = scipy.fft.irfft2(carry(spectrum_of(x[plane]), target, weight), s=shape, workers=1)
        d[..., channel] = mixed[0] - x[..., channel] if weight is None else mixed[0]
    return d

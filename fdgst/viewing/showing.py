"""Pictures of what a file of ours holds: samples of ROIs, spectra of banks, content, style and copies of shards."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from fdgst.core.fourier import log_amplitude
from fdgst.core.thresholds import thresholded
from fdgst.errors import ConfigError
from fdgst.generation.banks import images_of
from fdgst.storage.banks import SoftBank, open_bank
from fdgst.storage.format import digest
from fdgst.storage.parts import kind_of
from fdgst.storage.predictions import open_predictions
from fdgst.storage.rois import Rois, open_rois
from fdgst.storage.shards import Shard, open_shard
from fdgst.viewing.copies import copies_of
from fdgst.viewing.panels import Panel, draw, legend, levels, outlined

WIDTH_IN = 10.0
SAMPLES, CONTENTS, COPIES = 12, 2, 10
CENTRE = 12  # frequencies shown around the sum where few are left

Rows = list[list[Panel]]


def show(path: Path, out: Path, *, rois: Path | None) -> list[str]:
    """Draw what a file holds.

    Parameters
    ----------
    path : Path
        Of any kind.
    out : Path
        PNG.
    rois : Path or None
        Folder of the ROI files that shards and predictions belong to, ``{domain}.h5``. None: where the workflow keeps
        them, relative to `path`.

    Returns
    -------
    list of str
        What could not be shown, and why.

    Raises
    ------
    FormatError
        If a file is damaged or none of ours.
    """
    rows, notes = _SHOW[kind_of(path)](path, rois)
    if not rows:
        raise ConfigError(f"{path}: holds no image to be shown")
    return [*notes, *draw(rows, out, width_in=WIDTH_IN)]


def _show_rois(path: Path, _: Path | None) -> tuple[Rows, list[str]]:
    """Show images of the training and the test split, with the outlines of their masks."""
    with open_rois(path) as rois:
        chosen = [int(row) for split in ("train", "test") for row in _spread(rois.indices(split), SAMPLES // 2)]
        panels = [
            Panel(f"{rois.splits[row]}: {rois.names[row]}", outlined(levels(rois.image(row)), rois.masks(row)))
            for row in chosen
        ]
        key = [Panel(legend(rois.structures), None)]
    return [*_wrapped(panels, SAMPLES // 2), key], []


def _show_bank(path: Path, _: Path | None) -> tuple[Rows, list[str]]:
    """Show amplitudes, all of them or those around the sum that a threshold left."""
    with open_bank(path) as bank:
        soft = isinstance(bank, SoftBank)
        chosen = _spread(np.arange(len(bank.names)), SAMPLES // 2)
        panels = []
        for image in chosen:
            picture = _spectrum(_whole(bank.amplitude(int(image)), bank.size_px[1]))
            panels.append(Panel(bank.names[image], _centre(picture) if soft else picture))
    return _wrapped(panels, SAMPLES // 2), []


def _show_shard(path: Path, folder: Path | None) -> tuple[Rows, list[str]]:
    """Show content, style, their spectra and the copies; without ROI files the copies alone."""
    folder = folder or path.resolve().parents[3] / "rois"
    with open_shard(path) as shard, ExitStack() as stack:
        files = [folder / f"{domain}.h5" for domain in (shard.content_domain, shard.style_domain)]
        missing = [file for file in files if not file.is_file()]
        if not missing and digest(files[0]) != shard.made_from:
            return [[Panel("preview", shard.preview())]], [f"{files[0]}: not the ROI file that the shard was made from"]
        if missing:
            return [[Panel("preview", shard.preview())]], [
                f"{file}: no ROI file; shown is the preview" for file in missing
            ]
        content, style = (stack.enter_context(open_rois(file)) for file in files)
        chosen = _spread(np.arange(len(shard)), CONTENTS)
        return [row for i in chosen for row in _shard_rows(shard, content, style, int(i))], []


def _shard_rows(shard: Shard, content: Rois, style: Rois, i: int) -> Rows:
    """Show one content image: what it is mixed of, and what comes out."""
    mixing = shard.settings["mixing"]
    x, y = (
        images_of(rois, mixing)[0](rois.names.index(name))
        for rois, name in ((content, shard.names[i]), (style, shard.styles[i]))
    )
    own, other = (np.abs(np.fft.fft2(image.transpose(2, 0, 1).astype(float))) for image in (x, y))
    above = [Panel(f"content {shard.names[i]}", levels(x))]
    if shard.window != "none":
        left = thresholded(other, alpha=shard.alpha, width_px=y.shape[1])
        above += [
            Panel(f"style {shard.styles[i]}", levels(y)),
            Panel("content, log amplitude", _spectrum(own)),
            Panel("style, log amplitude", _spectrum(other)),
            Panel(f"style, alpha {shard.alpha}, its centre", _centre(_spectrum(left))),
        ]
    pictures, chosen = copies_of(shard, content, i), _spread(np.arange(shard.lambdas.shape[1]), COPIES)
    below = [Panel(f"lambda {shard.lambdas[i, copy]:.2g}", levels(pictures[copy])) for copy in chosen]
    return [above, below]


def _show_predictions(path: Path, folder: Path | None) -> tuple[Rows, list[str]]:
    """Show predicted outlines, on their images where these are found."""
    with open_predictions(path) as found:
        folder = folder or _rois_folder(path)
        chosen = [int(row) for row in _spread(np.arange(len(found.names)), SAMPLES)]
        masks = {row: found.masks_of(row) for row in chosen}
        file, notes, images = folder / f"{found.domain}.h5", [], {}
        if file.is_file():
            with open_rois(file) as rois:
                images = {
                    row: levels(rois.image(rois.names.index(found.names[row])))
                    for row in chosen
                    if found.names[row] in rois.names
                }
        else:
            notes = [f"{file}: no ROI file; shown are the masks alone"]
        panels = []
        for row, planes in masks.items():
            image = images.get(row, np.zeros((*planes.shape[1:], 3), np.uint8))
            panels.append(Panel(found.names[row], outlined(image, planes)))
        key = [Panel(legend(found.structures), None)]
    return [*_wrapped(panels, SAMPLES // 2), key], notes


def _rois_folder(path: Path) -> Path:
    """Return where the workflow keeps the ROI files that predictions below its folder ``runs`` belong to."""
    above = path.resolve().parents
    return next((folder.parent for folder in above if folder.name == "runs"), above[0]) / "rois"


_SHOW: dict[str, Callable[[Path, Path | None], tuple[Rows, list[str]]]] = {
    "rois": _show_rois,
    "dense_bank": _show_bank,
    "soft_bank": _show_bank,
    "shard": _show_shard,
    "predictions": _show_predictions,
}


def _spread(items: np.ndarray, count: int) -> np.ndarray:
    """Pick at most `count` items, evenly."""
    if len(items) <= count:
        return items
    return items[np.linspace(0, len(items) - 1, count).round().astype(int)]


def _wrapped(panels: Sequence[Panel], columns: int) -> Rows:
    """Break panels into rows of equal panels, the last filled with white."""
    rows = [list(panels[start : start + columns]) for start in range(0, len(panels), columns)]
    if len(rows) > 1:
        rows[-1] += [Panel("", None)] * (columns - len(rows[-1]))
    return rows


def _whole(half: np.ndarray, width: int) -> np.ndarray:
    """Return whole amplitudes (C, H, W) of half ones: A(-u, -v) = A(u, v)."""
    mirrored = half[:, -np.arange(half.shape[1]) % half.shape[1], :]
    columns = np.arange(half.shape[2], width)
    return np.concatenate([half, mirrored[..., width - columns]], axis=2)


def _spectrum(amplitude: np.ndarray) -> np.ndarray:
    """Average the channels' log amplitudes and stretch them: the darkest hundredth is black, and so are zeros."""
    picture = log_amplitude(amplitude).mean(0)
    floor = np.quantile(picture, 0.01) if picture.all() else 0.0
    return np.clip((picture - floor) / max(picture.max() - floor, np.finfo(float).tiny), 0, 1)


def _centre(picture: np.ndarray) -> np.ndarray:
    """Cut the frequencies around the sum out of a centred spectrum."""
    rows, columns = (size // 2 for size in picture.shape)
    return picture[max(rows - CENTRE, 0) : rows + CENTRE + 1, max(columns - CENTRE, 0) : columns + CENTRE + 1]

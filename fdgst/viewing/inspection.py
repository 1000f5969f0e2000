"""What a file of ours is and holds, in words for people."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from fdgst.core.masks import unpack
from fdgst.storage import SPLITS
from fdgst.storage.banks import SoftBank, open_bank
from fdgst.storage.outline import Outline, outline
from fdgst.storage.predictions import open_predictions
from fdgst.storage.rois import open_rois
from fdgst.storage.shards import open_shard
from fdgst.study.strict import in_words
from fdgst.viewing.sheet import rows

CHANNELS = {1: "grey", 3: "colour"}


def describe(path: Path) -> list[str]:
    """Say what a file is: kind, version, what made it, what it holds.

    Raises
    ------
    FormatError
        If it is missing, damaged or none of ours.
    """
    found = outline(path)
    return [
        f"{path}",
        f"{found.kind}, version {found.version}, written by {found.creator}, {_size(found.size_bytes)}, "
        f"SHA-256 {found.digest[:12]}... (fdgst verify re-reads every byte)",
        "",
        *_DESCRIBE[found.kind](path),
        "",
        *_provenance(found),
        "",
        *_datasets(found),
    ]


def _rois(path: Path) -> Iterator[str]:
    """Describe a ROI file."""
    with open_rois(path) as rois:
        counts = Counter(rois.splits)
        parts = " and ".join(f"{counts[split]} {split}" for split in SPLITS)
        yield f"{len(rois.names)} images of {rois.domain} ({rois.title}): {parts} images, with masks"
        depth = f"{CHANNELS[rois.channels]} of {rois.white.bit_length()} bits"
        size, network = in_words(rois.roi_size_px), in_words(rois.network_size_px)
        yield f"{size} ROIs, {depth}, and the same at network size, {network}"
        groups = len(set(rois.groups))
        if groups < len(rois.names):
            yield f"of {groups} groups (patients or slides)"
        train = rois.indices("train")
        if len(train):
            masks = unpack(rois.network_bits(train), len(rois.structures))
            areas = zip(rois.structures, masks.mean((0, 2, 3)), masks.any((2, 3)).sum(0), strict=True)
            for structure, area, images in areas:
                within = f", within {rois.within[structure]}" if rois.within[structure] else ""
                where = f" in {images} of {len(train)}" if structure in rois.optional else ""
                yield f"{structure}: {100 * area:.1f} % of the training images' area{where}{within}"
            grey = ", ".join(f"{value:.0f}" for value in rois.network_images(train[:50]).mean((0, 1, 2)))
            names = "mean colour (red, green, blue)" if rois.channels == 3 else "mean grey level"
            yield f"{names} of the first {min(50, len(train))}: {grey}"


def _bank(path: Path) -> Iterator[str]:
    """Describe a bank of either kind."""
    with open_bank(path) as bank:
        size = f"{in_words(bank.size_px)} ({bank.mixing} size)"
        yield f"amplitudes of {len(bank.names)} training images of {bank.domain}, {size}, unnormalised rfft2"
        if not isinstance(bank, SoftBank):
            yield "no threshold: every amplitude"
            return
        kept = [bank.coefficients(image) for image in range(len(bank.names))]
        counts = np.array([np.bincount(found.channel, minlength=bank.channels) for found in kept])
        height, width = bank.size_px
        whole = height * (width // 2 + 1)
        yield f"soft-thresholded, alpha {bank.alpha}: of {whole} amplitudes a channel keeps (least, median, most)"
        names = ("red", "green", "blue") if bank.channels == 3 else ("grey",)
        for name, column in zip(names, counts.T, strict=True):
            yield f"  {name:6}{column.min():6} {int(np.median(column)):6} {column.max():6}"
        rows_, columns = (np.concatenate([getattr(found, part) for found in kept]) for part in ("row", "column"))
        highest = max(np.minimum(rows_, height - rows_).max(initial=0), columns.max(initial=0))
        yield f"highest frequency kept: {highest} cycles per image; phases are kept up to {bank.phase(0).shape[2] - 1}"


def _shard(path: Path) -> Iterator[str]:
    """Describe a shard."""
    with open_shard(path) as shard:
        count, copies = shard.lambdas.shape
        who = f"of an image of {shard.style_domain}" if shard.window != "none" else "unchanged (a control)"
        yield f"{count} images of {shard.content_domain}, each {copies} times, {in_words(shard.size_px)}; style: {who}"
        if shard.encoding == "grid":
            yield f"encoding grid: {count * copies} pictures"
        else:
            yield "encoding residual: the change at lambda 1; pictures are x + lambda d, x from the ROI file"
        yield f"{len(set(shard.styles))} different style images; window {shard.window}, alpha {_alpha(shard.alpha)}"
        yield ""
        yield "means over the images, before clipping and rounding:"
        yield f"{'lambda':>14} {'clipped %':>10} {'mean shift':>11} {'contrast':>9} {'similarity':>11}"
        for row in rows(shard):
            lam = row["lambda"]
            if row["lambda_min"] != row["lambda_max"]:
                lam = f"{float(row['lambda_min']):.2f} to {float(row['lambda_max']):.2f}"
            numbers = [float(row[name]) if row[name] else np.nan for name in ("mean_shift", "contrast", "similarity")]
            clipped = 100 * float(row["clipped"])
            yield f"{lam:>14} {clipped:10.2f} {numbers[0]:+11.1f} {numbers[1]:9.2f} {numbers[2]:11.3f}"


def _predictions(path: Path) -> Iterator[str]:
    """Describe predictions."""
    with open_predictions(path) as found:
        who = f"{found.method}, {found.unseen} unseen, seed {found.seed}"
        yield f"{len(found.names)} images of {found.domain}, by {who}"
        areas = np.array([found.masks_of(row).mean((1, 2)) for row in range(len(found.names))])
        for name, column in zip(found.structures, areas.T, strict=True):
            empty = int((column == 0).sum())
            yield f"{name}: {100 * column.mean():.1f} % of the area on average, empty in {empty} images"


_DESCRIBE: dict[str, Callable[[Path], Iterator[str]]] = {
    "rois": _rois,
    "dense_bank": _bank,
    "soft_bank": _bank,
    "shard": _shard,
    "predictions": _predictions,
}


def _provenance(found: Outline) -> Iterator[str]:
    """Say what made a file."""
    yield "made with"
    for key, value in found.settings.items():
        items = value.items() if isinstance(value, dict) else ()
        text = ", ".join(f"{name} {_short(item)}" for name, item in items) or _short(value)
        yield f"  {key}: {text}"


def _short(value: object) -> str:
    """Write a value, a checksum by its beginning."""
    text = str(value)
    return f"{text[:12]}..." if len(text) == 64 and text.isalnum() else text


def _datasets(found: Outline) -> Iterator[str]:
    """List the datasets."""
    width = max(map(len, found.datasets))
    yield "datasets"
    for name, text in found.datasets.items():
        yield f"  {name:{width}}  {text}"


def _alpha(alpha: float | str) -> str:
    """Say a threshold in words."""
    return "0 (no threshold)" if alpha == 0 else f"{alpha}"


def _size(size_bytes: int) -> str:
    """Say a size in a unit that suits it."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size_bytes >= factor:
            return f"{size_bytes / factor:.1f} {unit}"
    return f"{size_bytes} bytes"

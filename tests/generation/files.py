"""Small ROI files, banks and shards for tests."""

from pathlib import Path

import numpy as np

from fdgst.generation.augmentation import Augmentation
from fdgst.generation.banks import make_bank
from fdgst.generation.shards import Inputs, make_shard
from fdgst.storage.rois import create_rois
from tests.core.pictures import draw_image

LAMBDAS = [0, 0.3, 1]
KINDS = ("fundus", "noise", "constant", "black", "fundus", "stripes")


def write_domain(folder: Path, domain: str, *, roi_size_px=48, network_size_px=20, count=4, kinds=KINDS) -> Path:
    """Write the ROI file of one domain: `count` training images and two test images."""
    path = folder / "rois" / f"{domain}.h5"
    offset = int(domain[-1]) * 10
    shape = {"count": count + 2, "roi_size_px": roi_size_px, "network_size_px": network_size_px}
    settings = {"domain": domain, "title": domain}
    with create_rois(path, settings=settings, label_resize="nearest", compression="none", **shape) as rois:
        for i in range(count + 2):
            image = draw_image((roi_size_px, roi_size_px), kinds[i % len(kinds)], offset + i).transpose(1, 2, 0)
            label = np.zeros(image.shape[:2], np.uint8)
            label[10 + i : 30, 10:30] = 1
            label[15 + i : 25, 15:25] = 2
            rois.add(f"{domain}-{i}.png", "train" if i < count else "test", image, label, f"{i:064x}")
    return path


def augmentation(**changes) -> Augmentation:
    """Return `fdg` with some changes."""
    fdg = {"id": "fdg", "kind": "fourier", "window": "full", "alpha": 0, "lambdas": LAMBDAS}
    return Augmentation(**(fdg | {"encoding": "grid", "mixing": "roi"} | changes))


def write_shard(
    folder: Path, content="domain1", style="domain2", *, phases=True, jobs=1, compression="none", seed=7, **changes
) -> Path:
    """Write the banks of a shard, if they are missing, and the shard."""
    a = augmentation(**changes)
    stem = f"{a.mixing}-{a.alpha}".replace(":", "-")
    banks = {}
    for domain in (content, style):
        banks[domain] = folder / "banks" / domain / f"{stem}.h5"
        if a.kind == "fourier" and not banks[domain].exists():
            make_bank(folder / "rois" / f"{domain}.h5", banks[domain], alpha=a.alpha, mixing=a.mixing)
    inputs = Inputs(
        folder / "rois" / f"{content}.h5",
        banks[style] if a.kind == "fourier" else None,
        banks[content] if a.kind == "fourier" and a.alpha and phases else None,
    )
    out = folder / "shards" / a.id / content / f"{style}.h5"
    make_shard(inputs, out, augmentation=a, seed=seed, compression=compression, jobs=jobs)
    return out

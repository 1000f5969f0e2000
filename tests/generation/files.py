"""Small ROI files, banks and shards for tests."""

import json
from pathlib import Path

import numpy as np

from fdgst.generation.banks import make_bank
from fdgst.generation.shards import ShardInputs, make_shard
from fdgst.storage.rois import create_rois
from fdgst.study.augmentations import Augmentation
from tests.core.pictures import draw_image
from tests.tasks import task

LAMBDAS = [0, 0.3, 1]
KINDS = ("fundus", "noise", "constant", "black", "fundus", "stripes")


def write_domain(
    folder: Path,
    domain: str,
    *,
    roi_size_px=(48, 48),
    network_size_px=(20, 20),
    count=4,
    kinds=KINDS,
    channels=3,
    bits=8,
) -> Path:
    """Write the ROI file of one domain: `count` training images and two test images, with two structures."""
    path = folder / "rois" / f"{domain}.h5"
    offset, depth = int(domain[-1]) * 10, f"u{bits // 8}"
    shape = {"count": count + 2, "roi_size_px": roi_size_px, "network_size_px": network_size_px}
    named = {"task": task(channels=channels, bits=bits), "domain": domain, "title": domain, "settings": {}}
    with create_rois(path, mask_resize="nearest", compression="none", **named, **shape) as rois:
        for i in range(count + 2):
            kind = kinds[i % len(kinds)]
            image = draw_image(roi_size_px, kind, offset + i, channels=channels, depth=depth).transpose(1, 2, 0)
            grey = np.full(roi_size_px, 255, np.uint8)
            grey[10 + i : 30, 10:30] = 128
            grey[15 + i : 25, 15:25] = 0
            split, name = "train" if i < count else "test", f"{domain}-{i}.png"
            rois.add(name=name, split=split, group="", image=image, greys={"mask": grey}, sha256=f"{i:064x}")
    return path


def augmentation(**changes) -> Augmentation:
    """Return `fdg` with some changes, of which `lambdas` is the key `lambda`."""
    fdg = {"id": "fdg", "kind": "fourier", "window": "full", "alpha": 0, "lambda": LAMBDAS, "encoding": "grid"}
    changes = {"lambda" if key == "lambdas" else key: value for key, value in changes.items()}
    if changes.get("kind", "fourier") != "fourier":
        fdg |= {"window": "none", "alpha": "none"}
    return Augmentation.model_validate_json(json.dumps(fdg | changes))


def write_shard(
    folder: Path, content="domain1", style="domain2", *, phases=True, jobs=1, compression="none", seed=7, **changes
) -> Path:
    """Write the banks of a shard, if they are missing, and the shard."""
    made = augmentation(**changes)
    stem = f"{made.mixing}-{made.alpha}".replace(":", "-")
    banks = {}
    for domain in (content, style):
        banks[domain] = folder / "banks" / domain / f"{stem}.h5"
        if made.kind == "fourier" and not banks[domain].exists():
            make_bank(folder / "rois" / f"{domain}.h5", banks[domain], alpha=made.alpha, mixing=made.mixing)
    inputs = ShardInputs(
        folder / "rois" / f"{content}.h5",
        banks[style] if made.kind == "fourier" else None,
        banks[content] if made.kind == "fourier" and made.alpha and phases else None,
    )
    out = folder / "shards" / made.id / content / f"{style}.h5"
    make_shard(inputs, out, augmentation=made, seed=seed, compression=compression, jobs=jobs)
    return out

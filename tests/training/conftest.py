"""Tiny ROI files and shards written by the project's own writers, and settings that fit them."""

from functools import partial

import numpy as np
import pytest

from fdgst.core.seeding import generator
from fdgst.storage.format import digest
from fdgst.storage.rois import create_rois, open_rois
from fdgst.storage.shards import STATISTICS, Plan, create_shard
from fdgst.study.training import Training
from fdgst.training.identity import TrainingRun
from tests.tasks import task

SIZE_PX = 32, 32
TASK = task()  # an outer structure that holds an inner one
COUNTS = {"a": 3, "b": 5, "c": 4}
TRAINING = {
    "network": None,
    "decoder": "DeepLabV3Plus",
    "encoder": "mobilenet_v2",
    "encoder_weights": "none",
    "atrous_rates": (1, 2, 3),
    "batch": 2,
    "images_per_step": None,
    "adam_betas": (0.9, 0.99),
    "pretrain_epochs": 2,
    "epochs": 2,
    "learning_rate": 1e-3,
    "final_epochs": 1,
    "final_learning_rate": 2e-4,
    "scale_probability": 0.5,
    "scale_max": 1.5,
    "budget": "equal",
    "mixed_precision": True,
    "compile": False,
    "deterministic": False,
    "snapshot_epochs": 0,
    "log_steps": 2,
}


def _write_domain(path, domain, train, test=2, bright=60):
    """Write a ROI file of bright discs on a textured ground; the inner disc is brighter still."""
    shape = {"count": train + test, "roi_size_px": (48, 48), "network_size_px": SIZE_PX, "mask_resize": "nearest"}
    names = {"domain": domain, "title": domain, "settings": {}, "task": TASK}
    with create_rois(path, **shape, **names, compression="none") as writer:
        for number in range(train + test):
            rng = generator("test", domain, number)
            y, x = np.mgrid[:48, :48] - rng.integers(18, 30, (2, 1, 1))
            region = np.digitize(-np.hypot(x, y), [-14, -7]).astype("u1")
            image = bright + 60 * region[..., None] + rng.integers(-20, 20, (48, 48, 3))
            split = "train" if number < train else "test"
            greys = {"mask": np.array([255, 128, 0], "u1")[region]}
            name = f"{domain}{number}"
            writer.add(name=name, split=split, group=name, image=image.astype("u1"), greys=greys, sha256="0" * 64)


def write_whole(path, domain, one, count=6):
    """Write a ROI file of whole photographs: a small bright disc anywhere on a large textured ground."""
    shape = {"count": count, "roi_size_px": (80, 80), "network_size_px": SIZE_PX, "mask_resize": "nearest"}
    names = {"domain": domain, "title": domain, "settings": {}, "task": one}
    with create_rois(path, **shape, **names, compression="none") as writer:
        for number in range(count):
            rng = generator("whole", domain, number)
            y, x = np.mgrid[:80, :80] - rng.integers(18, 62, (2, 1, 1))
            region = np.digitize(-np.hypot(x, y), [-14, -7]).astype("u1")
            image = 60 + 60 * region[..., None] + rng.integers(-20, 20, (80, 80, 3))
            greys = {"mask": np.where(region > 0, 0, 255).astype("u1")}
            split = "train" if number < count - 1 else "test"
            name = f"{domain}{number}"
            writer.add(name=name, split=split, group=name, image=image.astype("u1"), greys=greys, sha256="0" * 64)


def _write_shard(
    path, content, style, *, encoding="grid", lambdas=(0.25, 1.0), law=None, spoil=False, augmentation="fdg"
):
    """Write a shard whose copies are x + lambda d, d a tint of their own for every content."""
    with open_rois(content) as rois, open_rois(style) as styles:
        names = [rois.names[row] for row in rois.indices("train")]
        x, bits = rois.network_images(rois.indices("train")), rois.network_bits(rois.indices("train"))
        domains = {"content_domain": rois.domain, "style_domain": styles.domain}
    change = generator("tint", *domains.values()).integers(-50, 50, (len(names), 1, 1, 3)) + np.zeros(x.shape)
    if spoil:
        change[0] = np.nan
    attributes = {"augmentation": augmentation, "window": "full", "alpha": 0.0, "seed": 1, **domains}
    made_from = {"lambdas": law or list(lambdas), "inputs": {"content": digest(content)}}
    plan = Plan(names, names, np.tile(lambdas, (len(names), 1)), SIZE_PX, 3, 255, encoding, "none", attributes)
    with create_shard(path, plan, settings=made_from) as writer:
        for row in range(len(names)):
            grid = np.stack([x[row] + lam * change[row] for lam in lambdas])
            pixels = grid.round().clip(0, 255).astype("u1") if encoding == "grid" else change[row].astype("f2")
            writer.add(pixels, bits[row], {name: np.zeros(len(lambdas), "f4") for name in STATISTICS})
        writer.close(np.zeros((2, 2, 3), "u1"))


@pytest.fixture(scope="session")
def house(tmp_path_factory):
    """Return a folder with ROI files a, b, c, and shards of all pairs of a and b in both encodings."""
    folder = tmp_path_factory.mktemp("house")
    for domain, count in COUNTS.items():
        _write_domain(folder / f"{domain}.h5", domain, count)
    for encoding in ("grid", "residual"):
        for content in "ab":
            for style in "ab":
                path = folder / encoding / content / f"{style}.h5"
                _write_shard(path, folder / f"{content}.h5", folder / f"{style}.h5", encoding=encoding)
    return folder


@pytest.fixture(scope="session")
def settings():
    """Return a function that makes settings, some values replaced."""
    return lambda **replaced: Training(**(TRAINING | replaced))


@pytest.fixture(scope="session")
def make_run(house):
    """Return a function that describes a run in a folder, on domains a and b, c unseen."""

    def make(folder, encoding=None, **replaced):
        values = {
            "stage": "main",
            "method": "row",
            "trainer": "plain",
            "options": {},
            "augmentation": "fdg" if encoding or replaced.get("shards") else "none",
            "unseen": "c",
            "seed": 0,
            "rois": [house / "a.h5", house / "b.h5"],
            "shards": sorted((house / encoding).glob("*/*.h5")) if encoding else [],
            "reference": (),
            "start": None,
            "checkpoints": folder / "checkpoints",
            "out": folder / "out",
        }
        return TrainingRun(**{key: tuple(v) if isinstance(v, list) else v for key, v in (values | replaced).items()})

    return make


@pytest.fixture
def run(make_run, tmp_path):
    """Return `make_run` in a folder of the test's own."""
    return partial(make_run, tmp_path)


@pytest.fixture
def write_domain():
    """Return the function that writes a ROI file."""
    return _write_domain


@pytest.fixture
def write_shard():
    """Return the function that writes a shard."""
    return _write_shard

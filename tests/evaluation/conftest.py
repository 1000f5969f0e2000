from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from fdgst.storage.parts import records
from fdgst.storage.predictions import write_predictions
from fdgst.storage.rois import create_rois
from fdgst.study.task import Task
from tests.compared import FUNDUS

SIDE, NETWORK = 40, 10


def square(top, left, side, *, size=SIDE):
    """A boolean square in an image."""
    mask = np.zeros((size, size), bool)
    mask[top : top + side, left : left + side] = True
    return mask


@dataclass
class Files:
    """A ROI file of two test images and one training image, and predictions of what a test wants."""

    folder: Path
    cup: np.ndarray
    disc: np.ndarray
    task: Task = FUNDUS

    @property
    def rois(self):
        return self.folder / "rois.h5"

    def write_rois(self, *, images=None, domain="domain1", path=None, groups=None, scales=None, unit=""):
        images = images or [("t0", "train"), ("a", "test"), ("b", "test")]
        named = {"domain": domain, "title": domain}
        shape = {"count": len(images), "roi_size_px": (SIDE, SIDE), "network_size_px": (NETWORK, NETWORK)}
        more = {"mask_resize": "nearest", "compression": "none", "settings": named, "task": by_file(self.task)}
        more |= {"unit": unit}
        greys = {
            name: np.where(mask, 0, 255).astype(np.uint8) for name, mask in (("cup", self.cup), ("disc", self.disc))
        }
        with create_rois(path or self.rois, **named, **shape, **more) as writer:
            for name, split in images:
                picture = np.zeros((SIDE, SIDE, 3), np.uint8)
                known = {"group": (groups or {}).get(name, name), "unit_per_px": (scales or {}).get(name)}
                writer.add(name=name, split=split, image=picture, greys=greys, sha256="0" * 64, **known)
        return path or self.rois

    def predict(self, *masks, logits=None, names=("a", "b"), name="predictions.h5", **settings):
        """Write predictions: one (2, R, R) mask per image; logits of the network size are noise if not given."""
        made = {"method": "fdg", "unseen": "domain1", "domain": "domain1", "seed": 3, "split": "test"}
        options = {"threshold": 0.75, "nest": False, "weights": "last", "view": "whole"}
        noise = np.random.default_rng(0).normal(size=(len(masks), 2, NETWORK, NETWORK))
        write_predictions(
            self.folder / name,
            zip(masks, noise if logits is None else logits, strict=True),
            names=list(names),
            structures=records(self.task.structures),
            roi_size_px=masks[0].shape[-2:],
            network_size_px=(NETWORK, NETWORK),
            settings=made | options | settings,
        )
        return self.folder / name


def by_file(task):
    """The same task, each structure in a mask file of its own."""
    apart = tuple(item.model_copy(update={"column": item.id}) for item in task.structures)
    return task.model_copy(update={"structures": apart})


@pytest.fixture
def files(tmp_path):
    """The files of a test, written when asked for."""
    made = Files(tmp_path, cup=square(15, 15, 8), disc=square(10, 10, 20))
    made.write_rois()
    return made

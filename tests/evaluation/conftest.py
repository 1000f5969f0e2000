from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from fdgst.storage.predictions import write_predictions
from fdgst.storage.rois import create_rois

SIDE, NETWORK = 40, 10


def square(top, left, side, *, size=SIDE):
    """A boolean square in an image."""
    mask = np.zeros((size, size), bool)
    mask[top : top + side, left : left + side] = True
    return mask


def label_of(cup, disc):
    """0 background, 1 rim, 2 cup."""
    return disc.astype(np.uint8) + cup


@dataclass
class Files:
    """A ROI file of two test images and one training image, and predictions of what a test wants."""

    folder: Path
    cup: np.ndarray
    disc: np.ndarray

    @property
    def rois(self):
        return self.folder / "rois.h5"

    def write_rois(self, *, labels=None, domain="domain1"):
        labels = labels or [("t0", "train"), ("a", "test"), ("b", "test")]
        label = label_of(self.cup, self.disc)
        with create_rois(
            self.rois,
            settings={"domain": domain, "title": domain},
            count=len(labels),
            roi_size_px=SIDE,
            network_size_px=NETWORK,
            label_resize="nearest",
            compression="none",
        ) as writer:
            for name, split in labels:
                writer.add(name, split, np.zeros((SIDE, SIDE, 3), np.uint8), label, "0" * 64)
        return self.rois

    def predict(self, *masks, logits=None, names=("a", "b"), name="predictions.h5", **settings):
        """Write predictions: one (2, R, R) mask per image; logits of the network size are noise if not given."""
        made = {"method": "fdg", "unseen": "domain1", "domain": "domain1", "seed": 3, "split": "test"}
        options = {"threshold": 0.75, "cup_in_disc": False, "crop_centre": False}
        noise = np.random.default_rng(0).normal(size=(len(masks), 2, NETWORK, NETWORK))
        write_predictions(
            self.folder / name,
            zip(masks, noise if logits is None else logits, strict=True),
            names=list(names),
            roi_size_px=masks[0].shape[-1],
            network_size_px=NETWORK,
            settings=made | options | settings,
        )
        return self.folder / name


@pytest.fixture
def files(tmp_path):
    """The files of a test, written when asked for."""
    made = Files(tmp_path, cup=square(15, 15, 8), disc=square(10, 10, 20))
    made.write_rois()
    return made

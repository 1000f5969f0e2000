"""A small data set in the public layout, to be damaged by tests."""

import numpy as np
from PIL import Image

from tests.data.readers import FUNDUS, fundus

SIDE = 32


def photograph(seed=0, side=SIDE):
    """An image of noise."""
    return np.random.default_rng(seed).integers(0, 256, (side, side, 3)).astype(np.uint8)


def mask(side=SIDE):
    """The grey values of a disc with a cup."""
    row, column = np.mgrid[:side, :side] / side - 0.5
    radius = np.hypot(row, column)
    return np.select([radius < 0.15, radius < 0.3], [0, 128], 255).astype(np.uint8)


def save(path, pixels):
    """Write pixels as PNG, with folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


class Folder:
    """One domain's folder ``Domain1`` with two training images and one test image, all good."""

    def __init__(self, root):
        self.root, self.exclude = root, []
        self.path = root / "Domain1"
        for seed, (split, name) in enumerate((("train", "g1"), ("train", "g2"), ("test", "g3"))):
            save(self.image(split, name), photograph(seed))
            save(self.mask(split, name), mask())

    def reader(self, task=FUNDUS):
        """Its reader."""
        return fundus(self.root, "Domain1", exclude=tuple(self.exclude), task=task)

    def image(self, split, name):
        """Path of an image."""
        return self.path / split / "ROIs/image" / f"{name}.png"

    def mask(self, split, name):
        """Path of a mask."""
        return self.path / split / "ROIs/mask" / f"{name}.png"

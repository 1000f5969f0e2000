"""Raw sets for tests of importers: phantoms in each set's layout, drawn once."""

import csv

import numpy as np
import pytest
from PIL import Image

from fdgst.data.importers import import_set
from fdgst.data.importers.kernel import Choice
from fdgst.data.phantom.folder import write_folder
from fdgst.data.phantom.raw import write_raw

SEED, HEIGHT, TRAIN, TEST = 5, 160, 2, 1


@pytest.fixture(scope="session")
def published(tmp_path_factory):
    """A function that returns the folder of a set as published, which must not be changed."""
    made = {}

    def folder(name):
        if name not in made:
            made[name] = tmp_path_factory.mktemp("raw") / name
            counts = {"train": TRAIN, "test": TEST, "lesions": 1, "jobs": 1, "seed": SEED}
            if name == "fundus":
                write_folder(made[name], size_px=(64, 64), domains=2, rgb_masks=(), **counts)
            else:
                write_raw(made[name], layout=name, height_px=HEIGHT, width_px=None, **counts)
        return made[name]

    return folder


@pytest.fixture
def imported(published, tmp_path):
    """A function that imports a set, and returns the table's rows and what was said."""

    def run(name, folder=None, *, append=False, **choice):
        out = tmp_path / "out/images.csv"
        said = import_set(name, folder or published(name), out, Choice(**choice), append=append)
        return rows(out), said

    return run


def rows(path):
    """The rows of a table."""
    with path.open(newline="", encoding="utf-8") as text:
        return list(csv.DictReader(text))


def grey(path):
    """The grey values of a mask."""
    with Image.open(path) as picture:
        return np.asarray(picture)


def dice(one, other):
    """Overlap of two masks."""
    return 2 * (one & other).sum() / (one.sum() + other.sum())

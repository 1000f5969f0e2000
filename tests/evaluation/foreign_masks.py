"""A table of images with true masks, and masks of other programs, made to order; and a study's own as PNG."""

import csv
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from fdgst.storage.predictions import open_predictions
from fdgst.storage.rois import open_rois

SHAPE = (40, 48)
BACKGROUND, OUTER, INNER = 0, 128, 255
_KEPT = {"regions": "all", "holes": "keep"}
_STRUCTURES = [
    {"id": "inner", "title": "Inner", "values": [[255, 255]], "within": "outer", **_KEPT},
    {"id": "outer", "title": "Outer", "values": [[128, 128], [255, 255]], "within": None, **_KEPT},
]
_TASK = {"channels": 3, "bits": 8, "background": [[0, 0]], "around": None, "measures": [], "structures": _STRUCTURES}
CONFIG = {"task": _TASK, "evaluation": {"bootstrap_samples": 100}}


def drawn(number, *, moved=0):
    """The grey values of a mask: an inner square in an outer one, elsewhere in each image."""
    grey = np.full(SHAPE, BACKGROUND, np.uint8)
    top, left = 1 + 8 * (number % 4), 1 + 8 * (number // 4 % 4)  # sixteen places
    grey[top : top + 14, left + moved : left + moved + 14] = OUTER
    grey[top + 4 : top + 10, left + moved + 4 : left + moved + 10] = INNER
    return grey


def save(path, pixels, **options):
    """Write an image file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)
    return path


@dataclass
class Folder:
    """A folder of tests: images.csv with true masks of two domains, and masks of methods."""

    path: Path
    images: int = 4  # of each domain
    rows: list = field(default_factory=list)

    @property
    def table(self):
        return self.path / "images.csv"

    def make(self, **columns):
        """Write true masks and the table; a column's value may be made of the image's number."""
        for number in range(2 * self.images):
            name = f"i{number:02d}"
            save(self.path / "truth" / f"{name}.png", drawn(number))
            row = {"image": f"images/{name}.png", "mask": f"truth/{name}.png", "domain": "ab"[number // self.images]}
            more = {key: value(number) if callable(value) else value for key, value in columns.items()}
            self.rows.append(row | {"split": "test"} | more)
        return self.write()

    def write(self):
        """Write the table."""
        with self.table.open("w", newline="") as text:
            writer = csv.DictWriter(text, list(self.rows[0]))
            writer.writeheader()
            writer.writerows(self.rows)
        return self

    def predict(self, folder, *, moved=1, ending="png", numbers=None):
        """Write masks of a method: the truth, moved to the right."""
        for number in numbers or range(2 * self.images):
            save(self.path / folder / f"i{number:02d}.{ending}", drawn(number, moved=moved))
        return str(self.path / folder)


def export(results, out):
    """Write a study's ROIs, true masks and predictions as PNG, one file per structure, and the table of images."""
    rows = []
    for path in sorted((results / "rois").glob("*.h5")):
        with open_rois(path) as rois:
            for row, name in enumerate(rois.names):
                save(out / "images" / rois.domain / f"{name}.png", rois.image(row))
                files = {}
                for structure, mask in zip(rois.structures, rois.masks(row), strict=True):
                    files[structure] = f"truth/{structure}/{rois.domain}/{name}.png"
                    save(out / files[structure], _white_outside(mask))
                image = {"image": f"images/{rois.domain}/{name}.png", "domain": rois.domain}
                rows.append(image | files | {"split": rois.splits[row], "group": rois.groups[row]})
    made = Folder(out, rows=rows).write()
    for path in sorted(results.glob("runs/*/*/seed*/predictions/last/*/*.h5")):
        with open_predictions(path) as predicted:
            folder = out / "masks" / predicted.method / predicted.unseen / f"seed{predicted.seed}"
            for number, name in enumerate(predicted.names):
                for structure, mask in zip(predicted.structures, predicted.masks_of(number), strict=True):
                    save(folder / structure / f"{name}.png", _white_outside(mask))
    return made


def _white_outside(mask):
    """A mask as grey values, black where it is."""
    return np.where(mask, 0, 255).astype(np.uint8)

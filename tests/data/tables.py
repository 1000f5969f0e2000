"""A small table of images, to be damaged by tests."""

import csv

import numpy as np

from tests.data.folders import photograph, save


def spot(shape, start, stop):
    """A mask: 255 in the square from `start` to `stop`, 0 elsewhere."""
    grey = np.zeros(shape, np.uint8)
    grey[start:stop, start:stop] = 255
    return grey


class Table:
    """A table of two training images and a test image of `domain1`, all good."""

    def __init__(self, folder, shape=(32, 32)):
        self.folder, self.path = folder, folder / "images.csv"
        self.rows = []
        for number, split in enumerate(("train", "train", "test")):
            row = {"image": f"a{number}.png", "mask": f"masks/a{number}.png", "domain": "domain1", "split": split}
            rows, columns = shape
            save(folder / row["image"], photograph(number, max(shape))[:rows, :columns])
            save(folder / row["mask"], spot(shape, min(shape) // 4, 3 * min(shape) // 4))
            self.rows.append(row)

    def write(self, *, encoding="utf-8", delimiter=","):
        """Write the table and return its path."""
        columns = dict.fromkeys(column for row in self.rows for column in row)
        with self.path.open("w", encoding=encoding, newline="") as text:
            writer = csv.DictWriter(text, list(columns), restval="", delimiter=delimiter)
            writer.writeheader()
            writer.writerows(self.rows)
        return self.path

"""Masks that cannot be used: each stands in the place of a sound one, of a nucleus or of an eye."""

import numpy as np
from PIL import Image

from tests.data.folders import mask, photograph
from tests.rough.cases.images import edited, flipped, picture, png, text
from tests.rough.place import CELL, cases

EYE_MASK = mask()
CLASSES = np.select([EYE_MASK == 0, EYE_MASK == 128], [2, 1]).astype(np.uint8)
SPOT = np.where(EYE_MASK < 255, 255, 0).astype(np.uint8)
RED = np.dstack([SPOT, np.zeros_like(SPOT), np.zeros_like(SPOT)])
PALETTE = Image.fromarray(CLASSES).convert("P")
PALETTE.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0] + [0] * 759)
ABOVE_0 = CELL | {"background": [[0, 0]], "structures": [CELL["structures"][0] | {"values": [[1, 255]]}]}
STRICT = CELL | {"background": [[0, 0]], "structures": [CELL["structures"][0] | {"values": [[255, 255]]}]}
PNG = "masks/a0.png: expected a whole PNG, found"

OF_EYES = {
    "classes 0 1 2": (CLASSES, "found class numbers 0, 1, 2", "set background: [[0, 0]] and values: disc"),
    "classes 0 1": ((EYE_MASK < 255).astype(np.uint8), "found class numbers 0, 1"),
    "inverted": (255 - EYE_MASK, "expected background in a corner, found disc in all", "is it inverted?"),
    "of the disc alone": (np.where(EYE_MASK < 255, 0, 255).astype(np.uint8), "is it a mask of disc alone?"),
    "nothing": (
        np.full((32, 32), 255, np.uint8),
        "expected cup (values 0 to 50) and disc (values 0 to 200), found none",
    ),
    "no cup": (np.maximum(EYE_MASK, 128), "expected cup (values 0 to 50), found none"),
    "a photograph": (photograph()[..., 0], "spread over their ranges; is it a mask?"),
}
OF_CELLS = {
    "classes 0 1": (SPOT // 255, "found class numbers 0, 1", "set background: [[0, 0]]"),
    "classes 0 1 2 3": (CLASSES + (CLASSES > 0), "found class numbers 0, 2, 3", "declare them in task.background"),
    "nothing": (SPOT * 0, "expected cell (values 128 to 255), found none; draw it, exclude the image, or set optional"),
    "a photograph": (photograph()[..., 0], "is it a mask?"),
    "colours": (RED, "expected a grey mask or equal colour channels", "pixels with channels that differ; store it as"),
    "another size": (SPOT[:20], "masks/a0.png: expected the size of its image, 32 px, found 32x20 px; resize the mask"),
    "16 bits": (SPOT.astype(np.uint16) * 257, "expected the values 128 to 255 (cell), 0 to 127 (background), found"),
}
FILES = {
    "empty": (text(b""), PNG, "an empty file; copy the mask again"),
    "half": (edited(lambda data: data[: len(data) // 2]), PNG, "cannot be decoded"),
    "flipped byte": (edited(flipped(200)), PNG, "cannot be decoded", "IDAT"),
    "bomb": (text(png(60000, 60000, kind=0)), "masks/a0.png: expected at most 89 million pixels"),
    "palette of colours": (picture(PALETTE), "channels that differ (it has a palette); store it as 8-bit grey"),
    "transparent": (
        picture(np.dstack([SPOT, SPOT, SPOT, SPOT])),
        "masks/a0.png",
        "found transparent pixels; say what is behind them",
    ),
    "float": (picture(Image.fromarray(SPOT.astype(np.float32)), format="TIFF"), "floating-point levels (mode F)"),
    "not there": (lambda path: None, "masks/a0.png: expected the mask's file, found none"),
}
VALUES = {
    "another value": (np.where(SPOT > 0, 200, 0).astype(np.uint8), "of other values", "200); is it a mask?"),
    "values of jpeg": (
        np.clip(SPOT.astype(int) - 3, 0, 255).astype(np.uint8),
        "expected the values 255 (cell), 0 (back",
    ),
}
ALL_ABOVE_0 = {
    "a jpeg": (
        picture(SPOT, format="JPEG", quality=60),
        "masks/a0.png: expected a mask whose values are kept, found a JPEG with",
        "save it as PNG, or give values such as [[128, 255]]",
    ),
}


def of_a_table(task):
    """How a table's first mask is spoilt: by pixels, or by a maker of a file."""

    def make(place, what):
        def spoil(table):
            (place / "masks/a0.png").unlink()
            (what if callable(what) else picture(what))(place / "masks/a0.png")

        return place.table(spoil, task=task)

    return make


def of_eyes(place, pixels):
    """Spoil the first mask of a folder of eyes."""
    return place.fundus(lambda folder: picture(pixels)(folder.mask("train", "g1")))


CASES = [
    *cases("mask of an eye", of_eyes, OF_EYES),
    *cases("mask of a cell", of_a_table(CELL), OF_CELLS),
    *cases("mask file", of_a_table(CELL), FILES),
    *cases("mask of all above 0", of_a_table(ABOVE_0), ALL_ABOVE_0),
    *cases("mask of one value", of_a_table(STRICT), VALUES),
]

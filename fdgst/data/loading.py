"""Loading one image and its masks from files, for every reader that has files."""

from collections.abc import Iterator, Mapping

import numpy as np

from fdgst.data.fitting import background_of, cut
from fdgst.data.masks import mask_faults, mask_warnings
from fdgst.data.photographs import Photograph, read_grey_mask, read_photograph
from fdgst.data.sample import Sample
from fdgst.data.source import Source
from fdgst.errors import DataError
from fdgst.study.strict import in_words
from fdgst.study.task import Task


def load(source: Source, task: Task) -> Sample:
    """Read one image and its masks.

    Raises
    ------
    DataError
        One line per fault of its files.
    """
    faults: list[str] = []
    image, masks = None, {}
    try:
        image = read_photograph(source.image, channels=task.channels, bits=task.bits)
    except DataError as error:
        faults += error.faults
    for column in task.columns:
        try:
            masks[column] = read_grey_mask(source.masks[column])
        except DataError as error:
            faults += error.faults
    if image:
        faults += _size_faults(source, image, masks)
    if not faults and image:
        pixels, greys = _cut(source, image, masks, task)
        faults += mask_faults(source.masks, greys, task)
    elif len(masks) == len(task.columns):  # the masks' own faults, at the same time
        faults += mask_faults(source.masks, {column: mask.pixels for column, mask in masks.items()}, task)
    if faults or not image:
        raise DataError(*dict.fromkeys(faults))
    return Sample(
        source.name,
        source.split,
        source.group,
        pixels,
        greys,
        image.sha256,
        (*_turned_alone(source, image, masks), *mask_warnings(source.masks, greys, task)),
        (*image.notes, *(note for mask in masks.values() for note in mask.notes)),
    )


def _turned_alone(source: Source, image: Photograph, masks: Mapping[str, Photograph]) -> Iterator[str]:
    """Yield a line for each mask that was not turned as its image was: whoever drew it may have seen either."""
    for column, mask in masks.items():
        if mask.orientation == 1 and image.orientation > 1:
            turned = f"its image was turned upright (EXIF orientation {image.orientation})"
            yield f"{source.masks[column]}: {turned}, it has no such tag; see whether they fit"


def _size_faults(source: Source, image: Photograph, masks: Mapping[str, Photograph]) -> list[str]:
    """Return a line for each mask of another size than its image, and one for a box beside it."""
    height, width = image.pixels.shape[:2]
    faults = []
    for column, mask in masks.items():
        if mask.pixels.shape != (height, width):
            hint = "resize the mask (nearest neighbour)"
            if mask.pixels.shape == (width, height):
                tags = f"EXIF orientation {image.orientation} and {mask.orientation}"
                hint = f"turn the mask as its image was turned ({tags}), and do not resize it"
            found = f"expected the size of its image, {in_words((height, width))}, found {in_words(mask.pixels.shape)}"
            faults.append(f"{source.masks[column]}: {found}; {hint}")
    if source.box:
        left, top, wide, high = source.box
        if left >= width or top >= height or left + wide <= 0 or top + high <= 0:
            faults.append(
                f"{source.image}: expected a ROI that meets the image of {in_words((height, width))}, found left"
                f" {left}, top {top}, width {wide}, height {high}"
            )
    return faults


def _cut(
    source: Source, image: Photograph, masks: Mapping[str, Photograph], task: Task
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return the pixels of the ROI: of the image, and of each mask column."""
    greys = {column: mask.pixels for column, mask in masks.items()}
    if source.box is None:
        return image.pixels, greys
    background = background_of(task)
    return cut(image.pixels, source.box, fill=0), {
        column: cut(grey, source.box, fill=background) for column, grey in greys.items()
    }

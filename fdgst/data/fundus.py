"""Reader ``fundus``: the folders of the public preprocessed set, ``root/folder/{train,test}/ROIs/{image,mask}/*.png``.

An image and its mask have the same file name. Masks: 0 cup, 128 rim, 255 background, grey or RGB with equal channels;
resampled or JPEG-touched ones are read as up to 50 cup, 51 to 200 rim, above background. Files whose names begin with
a dot are no images (file managers leave them).
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from fdgst.core.resize import label_of_grey
from fdgst.data.exclusion import excluded, unknown
from fdgst.data.pictures import mask_faults, mask_warnings, read_image, read_mask, size_faults
from fdgst.data.sample import Entry, Sample
from fdgst.errors import DataError
from fdgst.storage.rois import SPLITS

KINDS = ("image", "mask")
_SUFFIX = ".png"
_OTHER_SUFFIXES = frozenset((".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif", ".webp"))


def files(dataset: Mapping[str, Any], folder: str) -> list[Path]:
    """List the images and masks of a domain, without the excluded ones.

    Parameters
    ----------
    dataset : mapping
        With `root` and `exclude`.
    folder : str
        The domain's, below `root`.

    Returns
    -------
    list of Path
        Sorted within each folder; empty where there is no such folder (`entries` says so).
    """
    return [
        _place(dataset, folder, split, kind) / name
        for split in SPLITS
        for kind in KINDS
        for name in sorted(_names(dataset, folder, split, kind) - excluded(dataset["exclude"], folder, split))
    ]


def entries(dataset: Mapping[str, Any], folder: str, number: int) -> list[Entry]:
    """List the images of a domain.

    Parameters
    ----------
    dataset : mapping
        With `root` and `exclude`.
    folder : str
        The domain's, below `root`.
    number : int
        Not used: a folder is what it is wherever the configuration names it.

    Returns
    -------
    list of Entry
        Training images first, each split by file name. An entry's name is the file's without its suffix; where both
        splits have a file of that name, the split stands before it (``train-g0001``).

    Raises
    ------
    DataError
        One line per fault of the folder: missing folders, images without masks, masks without images, images of other
        formats, empty splits, exclusions that name no file. Then also those of its files, see `load`.
    """
    base = Path(dataset["root"]).expanduser() / folder
    if not base.is_dir():
        raise DataError(f"{base}: expected a domain's folder, found none; see dataset.root and the domain's folder")
    faults = [fault for split in SPLITS for fault in _split_faults(dataset, folder, split)]
    present = {split: set().union(*(_names(dataset, folder, split, kind) for kind in KINDS)) for split in SPLITS}
    faults += unknown(dataset["exclude"], folder, present)
    kept = [
        (split, file)
        for split in SPLITS
        for file in sorted(present[split] - excluded(dataset["exclude"], folder, split))
    ]
    uses = Counter(file for _, file in kept)
    found = [_entry(dataset, folder, split, file, unique=uses[file] == 1) for split, file in kept]
    if faults:  # the user should hear of the bad files at the same time, not after mending the folder
        raise DataError(*faults, *(fault for entry in found for fault in _file_faults(entry)))
    return found


def load(image_path: Path, mask_path: Path, *, name: str, split: str) -> Sample:
    """Read one image and its mask.

    Parameters
    ----------
    image_path, mask_path : Path
        Square, of equal size, 8 bits per channel.
    name, split : str
        As of the sample.

    Raises
    ------
    DataError
        One line per fault of the two files.
    """
    faults: list[str] = []
    pixels = []
    for read, path in ((read_image, image_path), (read_mask, mask_path)):
        try:
            pixels.append(read(path))
        except DataError as error:
            faults += error.faults
    if len(pixels) == 2:
        faults += size_faults(image_path, pixels[0], mask_path, pixels[1])
        faults += mask_faults(mask_path, pixels[1])
    if faults:
        raise DataError(*faults)
    image, grey = pixels
    sha256 = hashlib.sha256(image_path.read_bytes()).hexdigest()
    return Sample(name, split, image, label_of_grey(grey), sha256, tuple(mask_warnings(mask_path, grey)))


def _place(dataset: Mapping[str, Any], folder: str, split: str, kind: str) -> Path:
    """Return the folder of one split's images or masks."""
    return Path(dataset["root"]).expanduser() / folder / split / "ROIs" / kind


def _names(dataset: Mapping[str, Any], folder: str, split: str, kind: str) -> set[str]:
    """Name the files of one split's images or masks."""
    found = _place(dataset, folder, split, kind).glob(f"*{_SUFFIX}")
    return {path.name for path in found if not path.name.startswith(".")}


def _entry(dataset: Mapping[str, Any], folder: str, split: str, file: str, *, unique: bool) -> Entry:
    """Name one image and say how it is loaded."""
    stem = file.removesuffix(_SUFFIX)
    # ASSUME: a name stands for one image of the domain wherever results are listed, so the split tells two apart
    name = stem if unique else f"{split}-{stem}"
    image_path, mask_path = (_place(dataset, folder, split, kind) / file for kind in KINDS)
    return Entry(name, split, partial(load, image_path, mask_path, name=name, split=split))


def _split_faults(dataset: Mapping[str, Any], folder: str, split: str) -> Iterator[str]:
    """Yield what is wrong with the folders of one split."""
    places = {kind: _place(dataset, folder, split, kind) for kind in KINDS}
    missing = [place for place in places.values() if not place.is_dir()]
    if missing:
        yield from (
            f"{place}: expected a folder of PNG files, found none; see the README for the layout" for place in missing
        )
        return
    for place in places.values():
        yield from _format_faults(place)
    images, masks = (
        _names(dataset, folder, split, kind) - excluded(dataset["exclude"], folder, split) for kind in KINDS
    )
    if not images | masks:
        yield f"{places['image']}: expected at least one PNG file, found none that is left; each split needs images"
    yield from _lonely(places["image"], images - masks, "mask", places["mask"])
    yield from _lonely(places["mask"], masks - images, "image", places["image"])


def _file_faults(entry: Entry) -> Iterator[str]:
    """Yield what is wrong with the files of one image; a missing one is a fault of the folder."""
    try:
        entry.load()
    except DataError as error:
        yield from error.faults
    except FileNotFoundError:
        return


def _lonely(place: Path, names: set[str], other: str, other_place: Path) -> Iterator[str]:
    """Yield a line for each file without its fellow in the other folder."""
    for name in sorted(names):
        yield (
            f"{place / name}: expected the {other} {other_place / name}, found none; add it, or name the file in"
            f" dataset.exclude"
        )


def _format_faults(place: Path) -> Iterator[str]:
    """Yield a line if a folder holds images that are not named ``*.png``: none is skipped silently."""
    others = sorted(
        path.name
        for path in place.iterdir()
        if path.suffix != _SUFFIX and path.suffix.lower() in _OTHER_SUFFIXES and not path.name.startswith(".")
    )
    if others:
        shown = ", ".join(others[:3]) + (", ..." if len(others) > 3 else "")
        yield f"{place}: expected *.png, found {len(others)} images of other names ({shown}); convert or rename them"

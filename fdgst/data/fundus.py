"""Reader ``fundus``: the folders of the public preprocessed set, ``root/folder/{train,test}/ROIs/{image,mask}/*.png``.

An image and its mask have the same file name. Masks: 0 cup, 128 rim, 255 background, grey or RGB with equal channels;
resampled or JPEG-touched ones are read as up to 50 cup, 51 to 200 rim, above background (the values are the task's).
Files whose names begin with a dot are no images (file managers leave them). `dataset.exclude` names an image as
``folder/split/file``.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Annotated

from pydantic import Field

from fdgst.data.exclusion import excluded, unknown
from fdgst.data.names import look_alike, looked_for, undecodable, undecodable_fault
from fdgst.data.reader import Reader
from fdgst.data.sample import Entry
from fdgst.data.source import Source
from fdgst.storage import SPLITS
from fdgst.study.strict import Strict

KINDS = ("image", "mask")
_SUFFIX = ".png"
_OTHER_SUFFIXES = frozenset((".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif", ".webp"))


class Fundus(Reader):
    """Reads one folder of the public layout."""

    class Dataset(Strict):
        """Keys of `dataset`."""

        root: Annotated[str, Field(min_length=1)]
        """Folder that holds the domains' folders, relative to the working directory."""

    class Domain(Strict):
        """Keys of a domain."""

        folder: Annotated[str, Field(min_length=1)]
        """The domain's folder below `dataset.root`."""

    @property
    def base(self) -> Path:
        """The domain's folder."""
        return Path(self.dataset.root).expanduser() / self._folder

    @property
    def _folder(self) -> str:
        """The domain's folder as exclusions name it: without a slash at its end."""
        return PurePosixPath(self.domain.folder).as_posix()

    def files(self) -> list[Path]:
        """List the images and masks without the excluded ones, sorted within each folder; none without a folder."""
        return [
            self._place(split, kind) / name
            for split in SPLITS
            for kind in KINDS
            for name in sorted(self._names(split, kind) - self._excluded(split))
        ]

    def faults(self) -> list[str]:
        """Name missing folders, lonely images and masks, other formats, empty splits and idle exclusions."""
        odd = [column for column in self.task.columns if column != "mask"]
        wrong = [
            f"task.structures: expected the column mask, the one of the reader fundus, found {item}" for item in odd
        ]
        if not self.base.is_dir():
            where = looked_for(self.base) or look_alike(self.base)
            hint = "see dataset.root and the domain's folder"
            return [*wrong, f"{self.base}: expected a domain's folder, found none{where}; {hint}"]
        faults = [fault for split in SPLITS for fault in self._split_faults(split)]
        return [*wrong, *faults, *unknown(self.exclude, self._folder, self._present())]

    def exclusions(self) -> list[str]:
        """Return what is excluded of this folder."""
        return [name for name in self.exclude if name.startswith(f"{self._folder}/")]

    def listed(self) -> list[Entry]:
        """List the images, training ones first, each split by file name.

        An entry's name is the file's without its suffix; where both splits have a file of that name, the split stands
        before it (``train-g0001``).
        """
        if self.task.columns != ("mask",):
            return []
        kept = [
            (split, file) for split, files in self._present().items() for file in sorted(files - self._excluded(split))
        ]
        uses = Counter(file for _, file in kept)
        return [self._entry(split, file, unique=uses[file] == 1) for split, file in kept]

    def _place(self, split: str, kind: str) -> Path:
        """Return the folder of one split's images or masks."""
        return self.base / split / "ROIs" / kind

    def _names(self, split: str, kind: str) -> set[str]:
        """Name the files of one split's images or masks."""
        found = self._place(split, kind).glob(f"*{_SUFFIX}")
        return {path.name for path in found if not path.name.startswith(".")}

    def _present(self) -> dict[str, set[str]]:
        """Name for each split the files that are image or mask."""
        return {split: set().union(*(self._names(split, kind) for kind in KINDS)) for split in SPLITS}

    def _excluded(self, split: str) -> set[str]:
        """Name the files of a split that are left out."""
        return excluded(self.exclude, self._folder, split)

    def _entry(self, split: str, file: str, *, unique: bool) -> Entry:
        """Name one image and say how it is loaded."""
        stem = file.removesuffix(_SUFFIX)
        # ASSUME: a name stands for one image of the domain wherever results are listed, so the split tells two apart
        name = stem if unique else f"{split}-{stem}"
        image, mask = (self._place(split, kind) / file for kind in KINDS)
        return Source(name, split, name, image, {"mask": mask}).entry(self.task)

    def _split_faults(self, split: str) -> Iterator[str]:
        """Yield what is wrong with the folders of one split."""
        places = {kind: self._place(split, kind) for kind in KINDS}
        missing = [place for place in places.values() if not place.is_dir()]
        if missing:
            yield from (
                f"{place}: expected a folder of PNG files, found none; see the README for the layout"
                for place in missing
            )
            return
        for place in places.values():
            yield from _format_faults(place)
        images, masks = (self._names(split, kind) - self._excluded(split) for kind in KINDS)
        if not images | masks:
            yield f"{places['image']}: expected at least one PNG file, found none that is left; each split needs images"
        yield from _lonely(places["image"], images - masks, "mask", places["mask"])
        yield from _lonely(places["mask"], masks - images, "image", places["image"])


def _lonely(place: Path, names: set[str], other: str, other_place: Path) -> Iterator[str]:
    """Yield a line for each file without its fellow in the other folder."""
    for name in sorted(names):
        found = f"found none{look_alike(other_place / name)}"
        hint = "add it, or name the file in dataset.exclude"
        yield f"{place / name}: expected the {other} {other_place / name}, {found}; {hint}"


def _format_faults(place: Path) -> Iterator[str]:
    """Yield a line if a folder holds images that are not named ``*.png``, none is skipped silently; or no text."""
    yield from (undecodable_fault(path) for path in sorted(place.iterdir()) if undecodable(path.name))
    others = sorted(
        path.name
        for path in place.iterdir()
        if path.suffix != _SUFFIX and path.suffix.lower() in _OTHER_SUFFIXES and not path.name.startswith(".")
    )
    if others:
        shown = ", ".join(others[:3]) + (", ..." if len(others) > 3 else "")
        yield f"{place}: expected *.png, found {len(others)} images of other names ({shown}); convert or rename them"

"""Which datasets each kind of file holds (docs/format.md): what writers make them from, and what files are checked by.

A dataset is stated once, as its type and one letter per axis: ``"u1 N H W"``. A letter is one size throughout a file:
N images, H and W the ROI size, h and w the network size, C channels, K structures, L copies; others are local to a
dataset. Where a type has two names, ``u1/u2``, the first is that of 8-bit images, the second that of 16-bit ones.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from fdgst.errors import FormatError
from fdgst.progress import progress
from fdgst.storage import format as form

WHITES = (255, 65535)  # largest grey level of 8-bit and 16-bit images


@dataclass(frozen=True)
class Contract:
    """The datasets of one kind of file.

    Attributes
    ----------
    datasets : mapping of str to str
        Type and axes of each, see the module's text.
    """

    datasets: Mapping[str, str]

    def add_items(
        self,
        file: h5py.File,
        name: str,
        sizes: Mapping[str, int],
        *,
        white: int = WHITES[0],
        compression: str = "none",
        per_item: int = 1,
    ) -> h5py.Dataset:
        """Add a dataset that is written item by item, one to a chunk.

        Parameters
        ----------
        file : h5py.File
        name : str
        sizes : mapping of str to int
            Of every letter among the axes.
        white : int
            Largest grey level: chooses between two types.
        compression, per_item
            As of `fdgst.storage.format.add_images`.
        """
        kind, axes = self._parts(name, white)
        shape = [_size(axis, sizes) for axis in axes]
        return form.add_images(file, name, shape, kind, compression=compression, per_item=per_item)

    def add_table(self, file: h5py.File, name: str, values: np.ndarray) -> None:
        """Add a small array as one chunk, guarded by a checksum as the pixels are."""
        kind, _ = self._parts(name, WHITES[0])
        file.create_dataset(name, data=values.astype(kind), chunks=values.shape, fletcher32=True)

    def add_column(self, file: h5py.File, name: str, *, chunk: int) -> h5py.Dataset:
        """Add a dataset of one axis that is empty and will grow."""
        kind, _ = self._parts(name, WHITES[0])
        return file.create_dataset(name, (0,), kind, maxshape=(None,), chunks=(chunk,), fletcher32=True)

    def faults(self, file: h5py.File) -> Iterator[str]:
        """Yield how a file departs from its contract."""
        sizes: dict[str, int] = {}
        white = int(file.attrs.get("white", WHITES[0]))
        for name, expected in self.datasets.items():
            kind, axes = self._parts(name, white)
            if name not in file:
                yield f"dataset {name!r} is missing"
            elif not _is(file[name], kind, axes, sizes):
                yield f"dataset {name!r}: expected {expected}, found {file[name].dtype} {file[name].shape}"

    def _parts(self, name: str, white: int) -> tuple[str, list[str]]:
        """Split a statement into its type and its axes."""
        kinds, *axes = self.datasets[name].split()
        first, _, second = kinds.partition("/")
        return (second if second and white != WHITES[0] else first), axes


_SHARD = {
    "mask": "u1 N h w", "lambda": "f8 N L", "content": "text N", "style": "text N", "clipped": "f4 N L",
    "mean_shift": "f4 N L", "contrast": "f4 N L", "similarity": "f4 N L", "preview": "u1 Y X 3",
}  # fmt: skip
ROIS = Contract({
    "image": "u1/u2 N H W C", "mask": "u1 N H W", "network/image": "u1/u2 N h w C", "network/mask": "u1 N h w",
    "name": "text N", "split": "text N", "group": "text N", "sha256": "text N",
})  # fmt: skip
DENSE_BANK = Contract({"amplitude": "f4 N C H F", "name": "text N"})
SOFT_BANK = Contract({
    "offset": "i8 O", "row": "i4 I", "column": "i4 I", "value": "f4 I", "phase": "c8 N C U V", "name": "text N",
})  # fmt: skip
GRID_SHARD = Contract({**_SHARD, "image": "u1/u2 N L h w C"})
RESIDUAL_SHARD = Contract({**_SHARD, "residual": "f2/f4 N h w C"})
PREDICTIONS = Contract({"mask": "u1 N H W", "logit": "f2 N K h w", "name": "text N"})


def contract_of(file: h5py.File) -> Contract:
    """Return the contract of an open file of ours."""
    kind = str(file.attrs["kind"])
    if kind == "shard":
        return GRID_SHARD if file.attrs["encoding"] == "grid" else RESIDUAL_SHARD
    return {"rois": ROIS, "dense_bank": DENSE_BANK, "soft_bank": SOFT_BANK, "predictions": PREDICTIONS}[kind]


def verify(path: Path) -> str:
    """Re-read a whole file: its checksum, its kind and version, and the datasets of its kind.

    Returns
    -------
    str
        Its kind.

    Raises
    ------
    FormatError
        If a byte differs anywhere, or the file is not what docs/format.md says; one line.
    """
    kind = form.verify(path)
    with h5py.File(path, "r", locking=False) as file:
        faults = list(contract_of(file).faults(file))
    if faults:
        raise FormatError(f"{path}: no {kind} of this version: {'; '.join(faults)}")
    return kind


def verify_all(paths: Iterable[Path]) -> tuple[dict[str, int], list[str]]:
    """Verify files, and all ``*.h5`` below folders.

    Returns
    -------
    counts : dict
        Number of sound files of each kind.
    faults : list of str
        One line per damaged file or empty folder.
    """
    files, faults = _files(paths)
    counts: dict[str, int] = {}
    for path in progress(files, total=len(files), description="verify", unit="file"):
        try:
            kind = verify(path)
            counts[kind] = counts.get(kind, 0) + 1
        except FormatError as error:
            faults += error.faults
        except OSError as error:
            faults.append(f"{path}: cannot be read ({error.strerror or error})")
    return counts, faults


def _files(paths: Iterable[Path]) -> tuple[list[Path], list[str]]:
    """List files and the HDF5 files below folders, and the folders that hold none."""
    files: list[Path] = []
    faults = []
    for path in paths:
        found = sorted(path.rglob("*.h5")) if path.is_dir() else [path]
        files += found
        if not found:
            faults.append(f"{path}: no HDF5 file (*.h5) below this folder")
    return list(dict.fromkeys(files)), faults


def _size(axis: str, sizes: Mapping[str, int]) -> int:
    """Return the length of an axis: a number as it is, a letter looked up."""
    return int(axis) if axis.isdigit() else sizes[axis]


def _is(dataset: h5py.Dataset, kind: str, axes: list[str], sizes: dict[str, int]) -> bool:
    """Compare type and shape, learning what each letter stands for."""
    same = dataset.dtype.kind == "S" if kind == "text" else dataset.dtype == np.dtype(kind)
    if not same or len(dataset.shape) != len(axes):
        return False
    pairs = zip(axes, dataset.shape, strict=True)
    return all(size == (int(axis) if axis.isdigit() else sizes.setdefault(axis, size)) for axis, size in pairs)

"""Which datasets each kind of file holds (docs/format.md): what writers make them from, and what files are checked by.

A dataset is stated once, as its type and one letter per axis: ``"u1 N H W"``. A letter is one size throughout a file:
N images, H and W the ROI size, h and w the network size, C channels, K structures, L copies; others are local to a
dataset. Where a type has two names, ``u1/u2``, the first is that of 8-bit images, the second that of 16-bit ones.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import h5py
import numpy as np

from fdgst.errors import FdgstError, FormatError
from fdgst.progress import progress
from fdgst.storage import format as form
from fdgst.storage.places import refuse_misplaced

WHITES = (255, 65535)  # largest grey level of 8-bit and 16-bit images
IDENTITIES = {  # of each kind: what it is called by `fdgst.storage.places`, and the attributes that its place says
    "rois": ("ROI file", "domain"), "dense_bank": ("bank", "domain"), "soft_bank": ("bank", "domain"),
    "shard": ("shard", "augmentation", "content_domain", "style_domain"),
    "predictions": ("file of predictions", "method", "unseen", "seed", "domain"),
}  # fmt: skip
LARGEST_RATIO = 1100  # gzip makes a thousandth of zeros, and no less
Made = TypeVar("Made")


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


def sound(path: Path, file: h5py.File, make: Callable[[], Made]) -> Made:
    """Make something of an open file that may be anybody's: whatever it holds, it is that or one line.

    Parameters
    ----------
    path : Path
        Named in the line.
    file : h5py.File
        Of a known kind and version.
    make : callable
        Reads its attributes and its small datasets.

    Raises
    ------
    FormatError
        If a dataset is missing, of another type or shape, declared larger than the file can hold, or a link to another
        file; if its place says that it is another file; or if `make` fails in any way.
    """
    try:
        faults = list(_elsewhere(file)) or list(contract_of(file).faults(file)) or list(_oversized(path, file))
        if not faults:
            _refuse_misplaced(path, file)
            if not isinstance(form.settings(file), dict):
                raise TypeError("settings: expected a map")
            return make()
    except FdgstError:
        raise
    except Exception as error:  # h5py's and json's kinds, and those of values that are none
        reason = " ".join(str(error).split()) or type(error).__name__
        faults = [f"{type(error).__name__}: {reason}" if isinstance(error, KeyError) else reason]
    raise FormatError(
        f"{path}: damaged, or not written by fdgst: {'; '.join(faults)}; delete it and run snakemake again"
    )


def _refuse_misplaced(path: Path, file: h5py.File) -> None:
    """Refuse a file whose place says that it is another."""
    what, *names = IDENTITIES[str(file.attrs["kind"])]
    refuse_misplaced(path, what, **{name: file.attrs[name] for name in names})


def _elsewhere(file: h5py.File) -> Iterator[str]:
    """Yield datasets whose values lie in another file: HDF5 would read whatever file of the user's is named there."""
    for name in contract_of(file).datasets:
        parts = name.split("/")
        paths = ["/".join(parts[: number + 1]) for number in range(len(parts))]
        links = [file.get(path, getlink=True) for path in paths]  # None where there is none
        if not all(link is None or isinstance(link, h5py.HardLink) for link in links):
            yield f"dataset {name!r}: expected one of this file, found a link"
        elif isinstance(found := file.get(name), h5py.Dataset) and (found.external or found.is_virtual):
            yield f"dataset {name!r}: expected values in this file, found those of another"


def _oversized(path: Path, file: h5py.File) -> Iterator[str]:
    """Yield datasets that are declared larger than any compression could make of a file of its size."""
    most = LARGEST_RATIO * path.stat().st_size
    for name in contract_of(file).datasets:
        if file[name].nbytes > most:
            yield f"dataset {name!r}: {file[name].nbytes / 2**30:.0f} GiB are declared"


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
        if not faults:
            _refuse_misplaced(path, file)
    if faults:
        raise FormatError(f"{path}: no {kind} of this version: {'; '.join(faults)}")
    return kind


def verify_all(paths: Iterable[Path]) -> tuple[dict[str, int], list[str]]:
    """Verify files, all ``*.h5`` below folders, and what a training's or a bundle's record there names by checksum.

    Returns
    -------
    counts : dict
        Number of sound files of each kind.
    faults : list of str
        One line per damaged file or empty folder.
    """
    paths = [path.parent if path.name in _RECORDS else path for path in paths]
    recorded = {item.path: item for path in paths if path.is_dir() for item in _recorded(path)}
    files, faults = _files(paths, recorded)
    counts: dict[str, int] = {}
    for path in progress([*files, *recorded], total=len(files) + len(recorded), description="verify", unit="file"):
        try:
            kind = _verify_recorded(recorded[path]) if path in recorded else verify(path)
            counts[kind] = counts.get(kind, 0) + 1
        except FormatError as error:
            faults += error.faults
        except OSError as error:
            faults.append(f"{path}: cannot be read ({error.strerror or error})")
    return counts, faults


@dataclass(frozen=True)
class _Recorded:
    """A file whose SHA-256 is recorded beside it."""

    path: Path
    kind: str
    sha256: str
    record: str


_OF_BUNDLES = "files of bundles"
_RECORDS = {"run.json": ("weights", "model"), "bundle.json": ("files", _OF_BUNDLES)}  # by which key, of which kind


def _files(paths: Iterable[Path], recorded: Iterable[Path]) -> tuple[list[Path], list[str]]:
    """List files and the HDF5 files below folders, and the folders that hold nothing to verify."""
    files: list[Path] = []
    faults = []
    for path in paths:
        found = sorted(path.rglob("*.h5")) if path.is_dir() else [path]
        files += found
        if not found and not any(other.is_relative_to(path) for other in recorded):
            faults.append(f"{path}: no HDF5 file (*.h5), no model and no bundle below this folder")
    return list(dict.fromkeys(files)), faults


def _recorded(folder: Path) -> Iterator[_Recorded]:
    """Yield what trainings' records and bundles below a folder name by checksum; of a training only what is there.

    A bundle's record that is no JSON is yielded itself, without a checksum; one of another program names none.
    """
    for name, (key, kind) in _RECORDS.items():
        for record in sorted(folder.rglob(name)):
            try:
                checksums = json.loads(record.read_bytes())[key].items()
            except (OSError, ValueError, RecursionError):
                if kind == _OF_BUNDLES:
                    yield _Recorded(record, kind, "", name)
                continue
            except (LookupError, TypeError, AttributeError):
                continue  # of an older version, or another program's
            for file, sha256 in checksums:
                path = record.parent / file
                if file not in ("", ".", "..") and path.name == file and (kind == _OF_BUNDLES or _is_file(path)):
                    yield _Recorded(path, kind, str(sha256), name)


def _is_file(path: Path) -> bool:
    """Tell whether there is a file of a name that anybody may have written down."""
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long, or with a zero in it
        return False


def _verify_recorded(item: _Recorded) -> str:
    """Raise FormatError unless a file has the recorded SHA-256, and return its kind."""
    again = "make the bundle again" if item.kind == _OF_BUNDLES else "run snakemake again"
    if not item.sha256:
        raise FormatError(f"{item.path}: damaged: expected JSON, found what cannot be read as such; {again}")
    if not _is_file(item.path):
        raise FormatError(f"{item.path}: missing, and {item.record} names it; {again}")
    with item.path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != item.sha256:
        expected = f"expected SHA-256 {item.sha256[:12]}... of {item.record}, found {found[:12]}..."
        raise FormatError(f"{item.path}: damaged: {expected}; delete it and {again}")
    return item.kind


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

"""Which datasets each kind of file holds (docs/format.md), and the check of files against that and their checksums."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import h5py
import numpy as np

from fdgst.errors import FormatError
from fdgst.progress import progress
from fdgst.storage import format as form

# type and shape; one letter is one size throughout a file
_SHARD = {
    "label": "u1 N S S", "lambda": "f8 N L", "content": "text N", "style": "text N", "clipped": "f4 N L",
    "mean_shift": "f4 N L", "contrast": "f4 N L", "similarity": "f4 N L", "preview": "u1 Y X 3",
}  # fmt: skip
CONTRACTS = {
    "rois": {
        "image": "u1 N R R 3", "label": "u1 N R R", "network/image": "u1 N S S 3", "network/label": "u1 N S S",
        "name": "text N", "split": "text N", "sha256": "text N",
    },
    "dense_bank": {"amplitude": "f4 N 3 R C", "name": "text N"},
    "soft_bank": {
        "offset": "i8 O", "row": "i4 K", "column": "i4 K", "value": "f4 K", "phase": "c8 N 3 U V", "name": "text N",
    },
    "shard:grid": {**_SHARD, "image": "u1 N L S S 3"},
    "shard:residual": {**_SHARD, "residual": "f2 N S S 3"},
    "predictions": {"mask": "u1 N 2 R R", "logit": "f2 N 2 S S", "name": "text N"},
}  # fmt: skip


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
    with h5py.File(path, "r") as file:
        contract = CONTRACTS.get(f"{kind}:{file.attrs['encoding']}" if kind == "shard" else kind, {})
        faults = list(_faults(file, contract))
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
            faults.append(f"{path}: cannot be read ({error})")
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


def _faults(file: h5py.File, contract: dict[str, str]) -> Iterator[str]:
    """Yield how a file departs from its contract."""
    sizes: dict[str, int] = {}
    for name, expected in contract.items():
        kind, *axes = expected.split()
        if name not in file:
            yield f"dataset {name!r} is missing"
        elif not _is(file[name], kind, axes, sizes):
            yield f"dataset {name!r}: expected {expected}, found {file[name].dtype} {file[name].shape}"


def _is(dataset: h5py.Dataset, kind: str, axes: list[str], sizes: dict[str, int]) -> bool:
    """Compare type and shape, learning what each letter stands for."""
    same = dataset.dtype.kind == "S" if kind == "text" else dataset.dtype == np.dtype(kind)
    if not same or len(dataset.shape) != len(axes):
        return False
    pairs = zip(axes, dataset.shape, strict=True)
    return all(size == (int(axis) if axis.isdigit() else sizes.setdefault(axis, size)) for axis, size in pairs)

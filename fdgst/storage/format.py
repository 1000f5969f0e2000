"""What all HDF5 files of the project share: kind, version, provenance, checksums, atomic writing (docs/format.md).

The first 512 bytes of a file are an HDF5 user block: one line of text with the SHA-256 of all bytes after it, padded
with zeros. It makes any flipped byte visible to `verify`, and names the content of a file in constant time (`digest`).
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from fdgst import __version__
from fdgst.errors import FormatError
from fdgst.storage.access import expect_readable
from fdgst.storage.atomic import atomic
from fdgst.storage.behind import Sink

VERSIONS = {"rois": 2, "dense_bank": 2, "soft_bank": 2, "shard": 2, "predictions": 2}
KINDS = {  # what each is called, and the folder of results that holds it
    "rois": ("a ROI file", "rois"),
    "dense_bank": ("a dense bank", "banks"),
    "soft_bank": ("a soft bank", "banks"),
    "shard": ("a shard", "shards"),
    "predictions": ("predictions", "runs"),
}
USER_BLOCK_BYTES = 512  # the smallest that HDF5 allows
SIGNATURE = b"\x89HDF\r\n\x1a\n"  # of HDF5, which stands after the user block


@contextmanager
def create(path: Path, *, kind: str, settings: Mapping[str, Any]) -> Iterator[h5py.File]:
    """Write an HDF5 file of `kind` atomically; equal content gives equal bytes.

    Parameters
    ----------
    path : Path
        Final name; nothing appears there before the file is whole, checked in and synchronised.
    kind : str
        One of `VERSIONS`.
    settings : mapping
        What made the file, in JSON types: kept as the attribute `settings`.

    Yields
    ------
    h5py.File
        Open for writing, attributes `kind`, `version`, `creator` and `settings` set.
    """
    with atomic(path) as part, Sink(part) as sink:
        with _Written(sink) as file:
            file.attrs["kind"] = kind
            file.attrs["version"] = VERSIONS[kind]
            file.attrs["creator"] = f"fdgst {__version__}"
            file.attrs["settings"] = json.dumps(settings, sort_keys=True)
            yield file
        sink.check()
        sink.send()  # the disk works while the hash is computed
        sink.write_at(0, _user_block(_sha256_after_block(part)))
        sink.synchronise()


class _Written(h5py.File):
    """A file that is written, and knows where to."""

    def __init__(self, sink: Sink) -> None:
        super().__init__(sink, "w", userblock_size=USER_BLOCK_BYTES)
        self.sink = sink


def check(file: h5py.File) -> None:
    """Raise what the system said of writing a file from `create` so far, on a full disk: asked after every item."""
    if isinstance(file, _Written):
        file.sink.check()


@contextmanager
def open_file(path: Path, *, kind: str) -> Iterator[h5py.File]:
    """Open a file of ours for reading.

    Raises
    ------
    FormatError
        If the file is missing, is no HDF5, has another kind or version, or fails a checksum while it is read.
    """
    expect_readable(path, f"a file of kind {kind!r}")
    try:
        with h5py.File(path, "r", locking=False) as file:  # no file of ours changes under its name
            _check_kind(path, file, kind)
            yield file
    except OSError as error:
        raise_of_system(error, path)
        refuse_foreign(path)
        # HDF5's own: a truncated file, or a chunk that fails its fletcher32
        raise FormatError(f"{path}: damaged ({error}); delete it and run snakemake again") from error


def raise_of_system(error: OSError, path: Path) -> None:
    """Raise an error again that is the operating system's, and not HDF5's own; HDF5 hides the one in the other."""
    told = re.search(r"errno = (\d+)", str(error)) if error.filename is None else None
    if told:
        unlocked = "; HDF5_USE_FILE_LOCKING=FALSE in the environment reads it without locks"
        hint = unlocked if "lock file" in str(error) else ""
        raise OSError(int(told[1]), os.strerror(int(told[1])) + hint, str(path)) from error
    if error.errno is not None:  # perhaps about another file
        raise error


def read(dataset: h5py.Dataset, selection: Any) -> np.ndarray:
    """Read a part of a dataset.

    Raises
    ------
    FormatError
        If it is damaged; names the file, of perhaps several that are open.
    """
    try:
        return dataset[selection]
    except OSError as error:
        raise_of_system(error, Path(dataset.file.filename))
        # HDF5's own: a chunk that fails its fletcher32
        name = dataset.name.lstrip("/")
        raise FormatError(
            f"{dataset.file.filename}: damaged {name} ({error}); delete it and run snakemake again"
        ) from error


def add_images(
    group: h5py.Group, name: str, shape: Sequence[int], dtype: Any, *, compression: str, per_item: int = 1
) -> h5py.Dataset:
    """Add a dataset whose chunks hold one item each, so that a random read touches one chunk.

    Parameters
    ----------
    group : h5py.Group
        Where.
    name : str
        Name of the dataset.
    shape : sequence of int
        Full shape.
    dtype : dtype
        Type of the values.
    compression : {'none', 'gzip'}
        gzip needs no plugin either. fletcher32 guards every chunk in both cases.
    per_item : int
        How many leading axes index items: 1 for (N, ...), 2 for (N, L, ...).
    """
    chunk = (1,) * per_item + tuple(shape[per_item:])
    extra = {"compression": "gzip", "compression_opts": 1, "shuffle": True} if compression == "gzip" else {}
    return group.create_dataset(name, shape, dtype, chunks=chunk, fletcher32=True, **extra)


def add_strings(group: h5py.Group, name: str, values: Sequence[str]) -> h5py.Dataset:
    """Add a list of strings as fixed-length UTF-8, readable without a plugin in any language."""
    encoded = [value.encode() for value in values]
    # numpy drops the metadata that says UTF-8 unless the type is named at creation
    kind = h5py.string_dtype("utf-8", max(1, *map(len, encoded), 0))
    return group.create_dataset(name, data=np.array(encoded, dtype=kind), dtype=kind)


def strings(dataset: h5py.Dataset) -> list[str]:
    """Read what `add_strings` wrote."""
    return [value.decode() for value in dataset[:]]


def settings(file: h5py.File) -> dict[str, Any]:
    """Return the attribute `settings` as a dictionary."""
    return json.loads(file.attrs["settings"])


def digest(path: Path) -> str:
    """Return the SHA-256 recorded in the user block: the name of the file's content, in constant time.

    Raises
    ------
    FormatError
        If there is no such file, or its user block is not ours.
    """
    expect_readable(path, "a file of fdgst")
    with path.open("rb") as raw:
        block = raw.read(USER_BLOCK_BYTES)
    recorded = block[15:79].decode("ascii", "replace")
    if block != _user_block(recorded):
        refuse_foreign(path)
        raise FormatError(
            f"{path}: expected a user block of fdgst, found {block[:24]!r}; delete it and run snakemake again"
        )
    return recorded


def verify(path: Path) -> str:
    """Re-read a whole file against its checksum and return its kind.

    Raises
    ------
    FormatError
        If a byte differs anywhere, the user block included, or kind and version are not known.
    """
    expect_readable(path, "a file")
    recorded, found = digest(path), _sha256_after_block(path)
    if recorded != found:
        expected = f"expected SHA-256 {recorded[:12]}..., found {found[:12]}..."
        raise FormatError(f"{path}: damaged: {expected}; delete it and run snakemake again")
    with h5py.File(path, "r", locking=False) as file:
        kind = str(file.attrs.get("kind", "none"))
        _check_kind(path, file, kind)
    return kind


def _check_kind(path: Path, file: h5py.File, kind: str) -> None:
    """Raise FormatError unless `file` is of `kind` in the version this package writes."""
    found, version = file.attrs.get("kind"), file.attrs.get("version")
    if found in VERSIONS and version == 1:
        raise FormatError(
            f"{path}: kind {found!r} version 1, of the first edition, expected version {VERSIONS[found]}; delete it and"
            " run snakemake again: ROI files, banks and shards are made anew"
        )
    if found != kind and found in KINDS and kind in KINDS and version == VERSIONS[found]:
        raise FormatError(
            f"{path}: expected {KINDS[kind][0]}, found {KINDS[found][0]}; {_advice(path, KINDS[kind][1])}"
        )
    if found is None:
        refuse_foreign(path)
    if found != kind or kind not in VERSIONS or version != VERSIONS[kind]:
        raise FormatError(
            f"{path}: expected kind {kind!r} version {VERSIONS.get(kind)}, found {found!r} version {version};"
            " delete it and run snakemake again"
        )


def refuse_foreign(path: Path) -> None:
    """Raise FormatError if a file shows no sign of having been ours, as a damaged one of ours does.

    Signs are the words of the user block, HDF5's signature after it, or nothing but zeros, as a crash leaves them.
    """
    with path.open("rb") as raw:
        head = raw.read(USER_BLOCK_BYTES + len(SIGNATURE))
    if head.strip(b"\0") and not head.startswith(b"fdgst ") and head[USER_BLOCK_BYTES:] != SIGNATURE:
        raise FormatError(f"{path}: expected an HDF5 file of fdgst, found another's ({head[:24]!r}); give one of fdgst")


def _advice(path: Path, folder: str) -> str:
    """Say what to do where a file is sound and of another kind: it is not to be lost."""
    if folder in path.absolute().parts[:-1]:
        return "it is in another's place: move it away and run snakemake again"
    return f"give a file of results/{folder}"


def _user_block(sha256: str) -> bytes:
    """Return the 512 bytes that stand before the HDF5 file."""
    return f"fdgst 1 sha256 {sha256} of all bytes after these {USER_BLOCK_BYTES}\n".encode().ljust(
        USER_BLOCK_BYTES, b"\0"
    )


def _sha256_after_block(path: Path) -> str:
    """Hash a file without its user block."""
    with path.open("rb") as raw:
        raw.seek(USER_BLOCK_BYTES)
        return hashlib.file_digest(raw, "sha256").hexdigest()

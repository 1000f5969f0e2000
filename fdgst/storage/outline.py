"""What any file of ours says of itself, whatever its kind."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py

from fdgst.storage import format as form
from fdgst.storage.contracts import sound
from fdgst.storage.parts import kind_of


@dataclass(frozen=True)
class Outline:
    """The common part of a file, and its datasets in words."""

    kind: str
    version: int
    creator: str
    settings: dict[str, Any]
    digest: str
    size_bytes: int
    datasets: dict[str, str]


def outline(path: Path) -> Outline:
    """Read the common part of a file.

    Raises
    ------
    FormatError
        If it is missing, damaged or none of ours.
    """
    kind, digest = kind_of(path), form.digest(path)
    datasets: dict[str, str] = {}

    def note(name: str, found: h5py.Dataset | h5py.Group) -> None:
        if isinstance(found, h5py.Dataset):
            datasets[name] = _words(found)

    with form.open_file(path, kind=kind) as file:

        def made() -> Outline:
            file.visititems(note)
            return Outline(
                kind=kind,
                version=int(file.attrs["version"]),
                creator=str(file.attrs["creator"]),
                settings=form.settings(file),
                digest=digest,
                size_bytes=path.stat().st_size,
                datasets=datasets,
            )

        return sound(path, file, made)


def _words(dataset: h5py.Dataset) -> str:
    """Say type, shape, chunk and filters of a dataset."""
    kind = "text" if dataset.dtype.kind == "S" else f"{dataset.dtype.kind}{dataset.dtype.itemsize}"
    shape = "x".join(map(str, dataset.shape))
    filters = [
        name for name, on in (("fletcher32", dataset.fletcher32), (dataset.compression, dataset.compression)) if on
    ]
    chunk = f"chunks {'x'.join(map(str, dataset.chunks))}" if dataset.chunks else "contiguous"
    return ", ".join([f"{kind} {shape}", chunk, *filters])

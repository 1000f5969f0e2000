"""What several kinds of files share beyond the common format: structures, attributes, pictures for any viewer."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from fdgst.errors import FormatError
from fdgst.storage import format as form
from fdgst.storage.access import expect_readable

if TYPE_CHECKING:  # the model of a study is heavy to import, and nothing here makes one
    from fdgst.study.task import Structure


def kind_of(path: Path) -> str:
    """Return the kind that a file names itself, ``none`` for an HDF5 file that is not ours.

    Raises
    ------
    FormatError
        If the file is missing or no HDF5.
    """
    expect_readable(path, "an HDF5 file")
    try:
        with h5py.File(path, "r", locking=False) as file:
            return str(file.attrs.get("kind", "none"))
    except OSError as error:
        form.raise_of_system(error, path)
        raise FormatError(f"{path}: expected an HDF5 file ({error})") from error


def records(structures: "Iterable[Structure]") -> list[dict[str, Any]]:
    """Return what a file keeps of structures, in order: id, within, optional."""
    return [{"id": item.id, "within": item.within, "optional": item.optional} for item in structures]


def add_structures(file: h5py.File, structures: Sequence[Mapping[str, Any]]) -> None:
    """Write the attribute `structures`: JSON of what `records` returns; place k is bit k of every mask."""
    file.attrs["structures"] = json.dumps([dict(item) for item in structures])


def structures_of(file: h5py.File) -> list[dict[str, Any]]:
    """Read what `add_structures` wrote."""
    return json.loads(file.attrs["structures"])


def number_or_text(attribute: Any) -> float | str:
    """Return an attribute that may be either, such as `alpha`, as a Python value."""
    return attribute if isinstance(attribute, str) else float(attribute)


def add_picture(group: h5py.Group, name: str, image: np.ndarray) -> None:
    """Add a colour image (height, width, 3) of uint8 that any HDF5 viewer shows (HDF5 image specification 1.2)."""
    dataset = group.create_dataset(name, data=image)
    for attribute, text in (
        ("CLASS", "IMAGE"),
        ("IMAGE_VERSION", "1.2"),
        ("IMAGE_SUBCLASS", "IMAGE_TRUECOLOR"),
        ("INTERLACE_MODE", "INTERLACE_PIXEL"),
    ):
        _add_ascii(dataset, attribute, text)


def _add_ascii(dataset: h5py.Dataset, name: str, text: str) -> None:
    """Add a fixed-length, null-terminated ASCII attribute, as HDF5's own image functions write it."""
    kind = h5py.h5t.C_S1.copy()
    kind.set_size(len(text) + 1)
    attribute = h5py.h5a.create(dataset.id, name.encode(), kind, h5py.h5s.create(h5py.h5s.SCALAR))
    attribute.write(np.array(text.encode(), f"S{len(text) + 1}"), kind)
